"""Where a load test finds both sides."""

import urllib.request
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types
import pytest

from cli.context import Context
from cli.errors import UnavailableError, UsageError
from cli.loadtest_site import ABOUT_STAGES, Wanted, load_site
from cli.settings import Settings
from parity.exchange import Backend
from proxy.stages import Stage
from tests.support.backends import FakeBackend, answering


def wanted(**changes: Any) -> Wanted:
    fields: dict[str, Any] = {
        "legacy": None, "modern": None, "legacy_pid": None, "modern_pid": None, "through": None, "same": False
    }  # fmt: skip
    return Wanted(**(fields | changes))


URL = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"legacy": URL}, "expected both --legacy and --modern, or neither"),
        ({"modern": URL}, "expected both --legacy and --modern, or neither"),
        ({"same": True, "modern": URL}, "--modern: with --aa both sides are the legacy backend"),
        ({"same": True, "through": Stage.LIVE}, "--through: with --aa"),
        (
            {"legacy": URL, "modern": URL, "through": Stage.LIVE},
            "--through: a proxy is put before the bundled",
        ),
        ({"legacy_pid": 7}, "--legacy-pid: the processes of the bundled backends are known"),
    ],
)
def test_what_does_not_go_together_is_refused(chosen: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        wanted(**chosen).check()


def test_every_stage_but_off_says_what_its_ratio_compares() -> None:
    assert [stage for stage in Stage if stage not in ABOUT_STAGES] == [Stage.OFF]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Settings(state_dir=tmp_path), None, jwt_secret="s" * 32, actor="a")


async def test_of_given_backends_only_the_processes_that_are_told_are_watched(
    context: Context, contract: Path
) -> None:
    async with FakeBackend(answering()) as one, FakeBackend(answering()) as other:
        chosen = wanted(legacy=one.url, modern=other.url, modern_pid=7)
        with load_site(context, chosen, ["escrows"], contract, None, yes=True) as site:
            assert (site.legacy, site.modern) == (one.url, other.url)
            assert site.pids == {Backend.MODERN: (7,)}
            assert (site.reset, site.fresh) == (None, None)


async def test_legacy_against_itself_is_one_backend_on_both_sides(context: Context, contract: Path) -> None:
    async with FakeBackend(answering()) as one:
        chosen = wanted(legacy=one.url, same=True)
        with load_site(context, chosen, ["escrows"], contract, None, yes=True) as site:
            assert site.legacy == site.modern == one.url
            assert site.about.startswith("A/A: ")


def test_what_is_no_address_is_told_by_its_option(context: Context, contract: Path) -> None:
    chosen = wanted(legacy="here", modern=URL)

    with (
        pytest.raises(UsageError, match=r"--legacy: expected the address of a backend like .*, got 'here'"),
        load_site(context, chosen, ["escrows"], contract, None, yes=True),
    ):
        pass


def test_a_given_backend_that_does_not_answer_is_said(context: Context, contract: Path) -> None:
    chosen = wanted(legacy=URL, modern=URL)

    with (
        pytest.raises(UnavailableError, match="the legacy backend at"),
        load_site(context, chosen, ["escrows"], contract, None, yes=True),
    ):
        pass


def test_bundled_backends_are_watched_reset_and_started_anew(
    database_url: str, context: Context, contract: Path
) -> None:
    with load_site(context, wanted(), ["escrows"], contract, database_url, yes=True) as site:
        assert {psutil.Process(pid).is_running() for pids in site.pids.values() for pid in pids} == {True}
        assert site.reset is not None
        site.reset()
        assert site.fresh is not None
        with site.fresh(Backend.LEGACY) as url:
            assert urllib.request.urlopen(f"{url}/health", timeout=5).status == 200
