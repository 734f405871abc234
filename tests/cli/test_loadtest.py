"""`crossfade loadtest`: refusals, and short runs against bundled backends and stubs."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.context import Context
from cli.loadtest import exit_code, keep
from cli.sections import StoreSection
from cli.settings import Settings
from loadtests.block_runs import INTERRUPTED
from parity.database import open_database
from parity.load_results import MET, MISSED, TIME, UNDECIDED, LoadJudgement, LoadTest
from parity.load_tests import LoadTests
from tests.loadtests.stub_backend import SECRET
from tests.loadtests.stubs import stub
from tests.parity import load_results_factory as made
from tests.support.command import InProcess, run_process

GIVEN = ("--legacy", "http://127.0.0.1:1", "--modern", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--domain", "bogus"), "'bogus' is not a domain; expected one of: "),
        (("--duration", "long"), "'long': expected a duration"),
        (("--duration", "1s"), "a duration of 1 s is too short: expected 1.5 s at least"),
        (("--users", "0"), "0 is not in the range"),
        (("--scenario", "rush"), "no scenario 'rush', only smoke, steady, spike, soak, 100-concurrent"),
        (("--workload", "closed", "--rate", "5"), "--rate: users of a closed workload"),
        (("--targets", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("--contract", "nowhere"), "--contract: there is no recording of any domain in nowhere/exchanges"),
        (("--legacy", "http://127.0.0.1:1"), "expected both --legacy and --modern"),
        ((*GIVEN, "--through", "live"), "--through: a proxy is put before the bundled backends only"),
        (("--through", "off"), "'off' is not one of 'shadow', 'canary', 'live', 'complete'"),
        (GIVEN, "the legacy backend at http://127.0.0.1:1 does not answer"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_exit_code_2(
    crossfade: InProcess, arguments: tuple[str, ...], message: str
) -> None:
    ran = crossfade("loadtest", *arguments)

    assert ran.code == 2
    assert message in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("test", "code"),
    [
        (made.load_test(), 0),
        (made.load_test(judgement=UNDECIDED), 1),
        (made.mixed(), 1),
        (made.partial(), 2),
        (made.partial(problem=INTERRUPTED), 130),
    ],
    ids=["met", "undecided", "missed", "not to the end", "Ctrl-C"],
)
def test_the_exit_code_says_what_came_out(test: LoadTest, code: int) -> None:
    assert exit_code(test) == code


def test_legacy_against_itself_is_well_where_nothing_is_decided() -> None:
    def rows(word: str) -> dict[str, Any]:
        judged = LoadJudgement(TIME, 1.0, None, word)
        whole = msgspec.structs.replace(made.load_test().overall, judgements=[])
        return {
            "overall": whole,
            "by_domain": [],
            "endpoints": [msgspec.structs.replace(whole, judgements=[judged])],
        }

    assert exit_code(made.load_test(**rows(UNDECIDED)), same=True) == 0
    assert exit_code(made.load_test(**rows(MISSED)), same=True) == 1
    assert exit_code(made.load_test(**rows(MET)), same=True) == 1
    assert exit_code(made.partial(**rows(UNDECIDED)), same=True) == 2


def of_store(state_dir: Path) -> list[LoadTest]:
    engine = open_database(f"sqlite:///{state_dir}/store.sqlite3")
    kept = [one.test for one in LoadTests(engine).latest(10)]
    engine.dispose()
    return kept


def test_a_short_run_measures_both_sides_of_every_endpoint_warm_and_cold(
    database_url: str, tmp_path: Path
) -> None:
    ran = run_process(
        "loadtest", "--domain", "contacts", "--users", "24", "--duration", "1.5s", "--warm-up", "0.1s", "--json", "--yes",
        "--html", str(tmp_path / "test.html"), "--junit", str(tmp_path / "test.xml"),
        "--database-url", database_url, state_dir=tmp_path, timeout_s=180,
    )  # fmt: skip

    assert ran.code in {0, 1}, ran.err
    values = json.loads(ran.out)
    assert values.pop("schema") == "crossfade.loadtest/2"
    test = msgspec.convert(values, LoadTest)
    assert of_store(tmp_path) == [test]
    assert "kept as l-" in ran.err
    assert "block 12 of 12 on legacy, " in ran.err
    assert "GET /v1/contacts" in {row.endpoint for row in test.endpoints}
    assert (test.domains, test.scenario, test.through) == (["contacts"], "steady", "direct")
    assert (test.overall.legacy.errors, test.overall.modern.errors) == (0, 0)
    assert test.overall.modern.queries is not None
    assert test.overall.modern.db_ms is not None
    assert test.cold[-1].legacy.judged > 0
    assert (test.cold[-1].legacy.errors, test.cold[-1].modern.errors) == (0, 0)
    assert [one.side for one in test.processes] == ["legacy", "modern"]
    assert "contacts" in (tmp_path / "test.html").read_text()
    assert "<testsuite" in (tmp_path / "test.xml").read_text()
    assert "Traceback" not in ran.err


def test_through_the_proxy_modern_serves_the_one_side_and_legacy_the_other(
    crossfade: InProcess, database_url: str
) -> None:
    ran = crossfade(
        "loadtest", "--domain", "contacts", "--users", "24", "--duration", "1.5s", "--warm-up", "0.1s",
        "--through", "live", "--json", "--yes", "--database-url", database_url,
    )  # fmt: skip

    assert ran.code in {0, 1}, ran.err
    values = json.loads(ran.out)
    test = msgspec.convert(values, LoadTest)
    assert test.through == "live"
    assert (test.overall.legacy.errors, test.overall.modern.errors) == (0, 0)
    # only modern has a cache
    assert test.overall.legacy.cache_lookups == 0 < test.overall.modern.cache_lookups
    assert {one.pids for one in test.processes} == {4}  # a proxy, its parity worker, both backends
    assert test.notes[0] == (
        "through the proxy at live: modern serves and legacy gets copies of the reads, beside legacy alone; "
        "statements are not seen there"
    )
    assert test.notes[-1] == "cold backends were not measured: through the proxy only warm backends are"


def test_a_side_that_dies_leaves_what_was_measured_and_exit_code_2(
    crossfade: InProcess, tmp_path: Path
) -> None:
    with (
        stub(tmp_path, "legacy") as (legacy, _),
        stub(tmp_path, "modern", "--die-after=450") as (modern, pid),
    ):
        ran = crossfade(
            "loadtest", "--domain", "escrows", "--users", "30", "--duration", "3s", "--warm-up", "0.2s", "--yes",
            "--legacy", legacy, "--modern", modern, "--modern-pid", str(pid), CROSSFADE_JWT_SECRET=SECRET,
        )  # fmt: skip

    assert ran.code == 2, ran.err
    (kept,) = of_store(tmp_path)
    assert kept.problem == f"the modern backend at {modern} stopped answering"
    assert kept.blocks[0].requests
    assert f"stopped in block {len(kept.blocks)}: {kept.problem}" in ran.err
    assert "stopped answering" in ran.out
    assert "Traceback" not in ran.err


def test_a_run_of_legacy_against_legacy_is_not_kept(crossfade: InProcess, tmp_path: Path) -> None:
    with stub(tmp_path, "legacy", "--delay-ms=0") as (legacy, pid):
        ran = crossfade(
            "loadtest", "--domain", "contacts", "--users", "20", "--duration", "1.5s", "--warm-up", "0.1s",
            "--yes", "--aa", "--legacy", legacy, "--legacy-pid", str(pid), CROSSFADE_JWT_SECRET=SECRET,
        )  # fmt: skip

    assert ran.code in {0, 1}, ran.err
    assert "kept as" not in ran.err
    assert not (tmp_path / "store.sqlite3").exists()
    assert "A/A: both sides are the same legacy backend" in " ".join(ran.out.split())


def test_a_store_that_does_not_answer_is_told_and_changes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(store=StoreSection(url=f"sqlite:///{tmp_path}/nowhere/store.sqlite3"))

    keep(Context(settings, None, "", "olivia"), made.load_test())

    assert "the console will not show this load test: cannot keep the load test" in capsys.readouterr().err
