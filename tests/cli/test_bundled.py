"""Both bundled backends for a load test or a demo."""

import json
import urllib.request
from pathlib import Path

import click
import pytest

from cli.bundled import bundled_backends
from cli.context import Context
from cli.settings import Settings


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

    assert answers == ["legacy", "modern"]
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
