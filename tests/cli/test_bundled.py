"""Both bundled backends for a load test or a demo."""

import json
import urllib.request
from pathlib import Path

import click
import psutil  # type: ignore[import-untyped]  # psutil ships no types
import pytest

from cli.bundled import Bundled, bundled_backends, in_front_of
from cli.context import Context
from cli.errors import UnavailableError
from cli.settings import Settings
from parity.exchange import Backend


def test_both_sides_run_on_the_seeded_database_and_end_with_the_context(
    database_url: str, contract: Path, tmp_path: Path
) -> None:
    context = Context(Settings(state_dir=tmp_path), None, jwt_secret="s", actor="a")

    with bundled_backends(context, contract, database_url, purpose="test", yes=True) as bundled:
        answers = [
            json.load(urllib.request.urlopen(f"{url}/health", timeout=5))["backend"]
            for url in (bundled.legacy, bundled.modern)
        ]
        bundled.reset()
        assert bundled.fresh is not None
        with bundled.fresh(Backend.MODERN) as fresh:
            status = urllib.request.urlopen(f"{fresh}/health", timeout=5).status
        assert {psutil.Process(pid).is_running() for pid in bundled.pids.values()} == {True}
        with (
            pytest.raises(UnavailableError, match="already runs in"),
            bundled_backends(context, contract, database_url, purpose="test", yes=True),
        ):
            pass

    assert answers == ["legacy", "modern"]
    assert status == 200
    assert fresh not in {bundled.legacy, bundled.modern}
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{fresh}/health", timeout=5)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{bundled.legacy}/health", timeout=5)


def test_a_given_database_is_not_replaced_without_a_yes(
    contract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(Settings(state_dir=tmp_path), None, jwt_secret="s", actor="a")
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")

    with (
        pytest.raises(click.Abort),
        bundled_backends(context, contract, "postgresql://nobody@127.0.0.1:1/x", purpose="test", yes=False),
    ):
        pass


def test_what_runs_before_them_begins_with_an_empty_directory_of_its_own(tmp_path: Path) -> None:
    backends = Bundled("http://127.0.0.1:1", "http://127.0.0.1:2", lambda: None, "postgresql://nobody")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "store.sqlite3").write_text("of the last time")
    context = Context(Settings(state_dir=tmp_path), None, jwt_secret="s", actor="a")

    own = in_front_of(backends, context, tmp_path / "own", actor="bench")

    assert not (tmp_path / "own").exists()
    assert (own.settings.backends.legacy, own.settings.backends.modern) == (backends.legacy, backends.modern)
    assert own.settings.state_dir == tmp_path / "own"
    assert (own.settings.proxy.listen, own.actor) == ("127.0.0.1:0", "bench")
