"""Evidence is looked up in the store, the ledger, what make wrote and the code; what is away or wrong is told."""

import json
import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cli.context import Context
from cli.domain_audit import Audit, audited
from cli.scorecard_sources import Sources
from cli.sections import EndpointRow, StoreSection
from cli.settings import Settings
from loadtests.scorecard.card import NO_EVIDENCE, Found, Scorecard
from parity.exchange import Endpoint
from parity.load_results import MET, MISSED, UNDECIDED
from parity.load_tests import LoadTests
from proxy.stages import Stage
from tests.cli.parity_store import agreeing, differing, fill
from tests.parity.load_results_factory import load_test, partial
from tests.support.command import InProcess

DOMAINS = ["appointments", "clients", "contacts", "escrows", "leads", "listings", "users"]
COVERAGE = {"totals": {"percent_covered": 96.6, "covered_lines": 97, "num_statements": 100}}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    made = Context(Settings(state_dir=tmp_path), None, "", "olivia")
    yield made
    made.engine.dispose()


@cache
def _audit(root: Path) -> Audit:
    """That of our own code, made once: the code does not change meanwhile."""
    return audited(root)


def written(build_dir: Path, name: str, values: Any, *, at: float | None = None) -> Path:
    build_dir.mkdir(exist_ok=True)
    file = build_dir / name
    file.write_text(values if isinstance(values, str) else json.dumps(values))
    os.utime(file, None if at is None else (at, at))
    return file


def ready(domain: str, mismatches: int = 0) -> dict[str, Any]:
    """A domain as `make ready` writes it."""
    return {
        "domain": domain,
        "generated_at": time.time(),
        "since": None,
        "rate": {"comparisons": 1_200, "mismatches": mismatches, "upper": 0.001, "clean_missing": 0},
        "coverage": {"required": []},
        "outcomes": {"accepted": 0},
    }


def looked_up(context: Context, tmp_path: Path) -> tuple[dict[str, Found], Scorecard]:
    """What was found by key, and the whole."""
    card = Sources(context, tmp_path / "build", _audit).scorecard()
    return {row.goal.key: row.found for row in card.rows}, card


def test_where_nothing_was_measured_only_the_code_speaks(context: Context, tmp_path: Path) -> None:
    found, card = looked_up(context, tmp_path)

    told = {key for key, one in found.items() if one.judgement != NO_EVIDENCE}
    assert told == {"structure", "duplicates", "services"}
    assert (len(card.rows), card.left_out, card.unread) == (16, (), ())


def test_a_load_test_in_the_store_is_found_by_its_id(context: Context, tmp_path: Path) -> None:
    tests = LoadTests(context.engine)
    kept = tests.add(load_test(domains=DOMAINS), "olivia")
    for _ in range(25):  # later ones of another kind do not push it out of sight
        tests.add(partial(scenario="smoke"), "olivia")

    found, _ = looked_up(context, tmp_path)

    performance = [found[key] for key in ("time", "time GET /v1/escrows", "statements", "cache")]
    assert {(one.judgement, one.by) for one in performance} == {(MET, f"load test {kept} (steady)")}


def test_a_load_test_that_is_older_than_the_backends_says_so(context: Context, tmp_path: Path) -> None:
    LoadTests(context.engine, clock=lambda: 1_000.0).add(load_test(domains=DOMAINS), "olivia")

    found, _ = looked_up(context, tmp_path)

    (remark,) = found["time"].remarks
    assert " d " in remark
    assert " older than the code here, changed " in remark


def test_comparisons_of_the_store_and_differences_are_found(crossfade: InProcess, tmp_path: Path) -> None:
    fill(crossfade, *agreeing(30))
    some = Context(Settings(state_dir=tmp_path), None, "", "olivia")
    few, _ = looked_up(some, tmp_path)
    fill(crossfade, differing())

    found, _ = looked_up(some, tmp_path)

    some.engine.dispose()
    assert (few["unchanged"].judgement, few["unchanged"].measured) == (UNDECIDED, "0 unaccepted")
    assert (found["unchanged"].judgement, found["unchanged"].measured) == (MISSED, "1 unaccepted")
    assert found["unchanged"].by == "verdicts on what the store has"


def test_what_make_ready_wrote_counts_where_the_store_has_nothing(context: Context, tmp_path: Path) -> None:
    file = written(tmp_path / "build", "ready.json", {"domains": [ready(name) for name in DOMAINS]})

    found, _ = looked_up(context, tmp_path)

    assert (found["unchanged"].judgement, found["unchanged"].by) == (MET, str(file))


def test_rollbacks_of_the_ledger_are_timed(context: Context, tmp_path: Path) -> None:
    context.flags.flip("escrows", Stage.SHADOW, actor="olivia", reason="go")
    context.flags.roll_back("escrows", actor="olivia", reason="back")
    context.flags.add_served(2, 38.0)

    found, _ = looked_up(context, tmp_path)

    assert (found["rollback"].judgement, found["rollback"].measured) == (MET, "38 ms at most")
    assert found["rollback"].by == "ledger, version 2"


def test_what_make_wrote_is_evidence_with_the_time_of_its_file(context: Context, tmp_path: Path) -> None:
    newer = time.time() + 60
    coverage = written(tmp_path / "build", "coverage.json", COVERAGE, at=newer)
    rows = [
        {"name": "SQLite, 1 worker: change served, p99 ms", "value": 57.0},
        {"name": "failed of 4,000 requests, over 10 flips", "value": 0},
    ]
    flags = written(tmp_path / "build", "bench-flags.json", {"figures": rows}, at=newer)

    found, _ = looked_up(context, tmp_path)

    assert [(found[key].judgement, found[key].by) for key in ("coverage", "failed", "rollback")] == [
        (MET, str(coverage)),
        (MET, str(flags)),
        (MET, str(flags)),
    ]
    assert found["coverage"].at == pytest.approx(newer)
    assert found["coverage"].remarks == ()


def test_stages_changed_under_load_are_evidence_of_the_moment_of_that_run(
    context: Context, tmp_path: Path
) -> None:
    ended_at = time.time() + 60
    flips = {"figures": {"sent": 500, "failed": 1}, "made": [{"rolled_back": True, "ms": 60.0}]}
    run = {"ended_at": ended_at, "flips": flips}
    written(tmp_path / "build", "loadtest-proxy.json", run)

    found, _ = looked_up(context, tmp_path)
    written(tmp_path / "build", "loadtest-proxy.json", run | {"flips": None})
    without, _ = looked_up(context, tmp_path)

    assert (found["failed"].judgement, found["failed"].measured) == (MISSED, "1 of 500")
    assert (found["rollback"].judgement, found["rollback"].at) == (MET, ended_at)
    assert {without[key].judgement for key in ("failed", "rollback")} == {NO_EVIDENCE}


def test_coverage_that_is_older_than_the_code_says_by_how_much(context: Context, tmp_path: Path) -> None:
    written(tmp_path / "build", "coverage.json", COVERAGE, at=1_000.0)

    found, _ = looked_up(context, tmp_path)

    assert found["coverage"].judgement == MET
    assert " older than the code here, changed " in found["coverage"].remarks[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"totals": {"percent_covered": "x"}}', '{"totals": null}'])
def test_a_file_that_is_something_else_is_told_and_no_evidence(
    context: Context, tmp_path: Path, text: str
) -> None:
    file = written(tmp_path / "build", "coverage.json", text)

    found, card = looked_up(context, tmp_path)

    assert card.unread == (f"{file}: expected what `make coverage` writes",)
    assert found["coverage"].judgement == NO_EVIDENCE


def test_a_store_that_is_away_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    away = StoreSection(url=f"sqlite:///{tmp_path}/nowhere/store.sqlite3")
    written(tmp_path / "build", "ready.json", {"domains": [ready(name) for name in DOMAINS]})

    found, card = looked_up(Context(Settings(store=away), None, "", "olivia"), tmp_path)

    assert [line.partition(":")[0] for line in card.unread] == ["the store"]
    assert (found["unchanged"].judgement, found["structure"].judgement) == (MET, MET)
    assert not card.is_blind


def test_of_backends_of_your_own_what_does_not_apply_is_left_out_with_a_word(tmp_path: Path) -> None:
    row = EndpointRow(domain="books", method="GET", path="/v1/escrows")
    settings = Settings(state_dir=tmp_path, endpoints=(row,))
    own = Context(settings, None, "", "olivia")
    written(tmp_path / "build", "ready.json", {"domains": [ready("books")]})

    found, card = looked_up(own, tmp_path)

    own.engine.dispose()
    assert own.endpoints == (Endpoint("books", "GET", "/v1/escrows"),)
    assert list(found) == [
        *("time", "time GET /v1/escrows", "statements", "cache", "not slower", "concurrent"),
        *("unchanged", "failed", "rollback"),
    ]
    (unchanged,) = [row for row in card.rows if row.goal.key == "unchanged"]
    assert unchanged.source == "no evidence; to have it: crossfade flip DOMAIN shadow"
    assert dict(card.left_out) == {
        "GET /v1/listings": "the configuration has no such endpoint",
        "GET /v1/clients": "the configuration has no such endpoint",
        "POST /v1/escrows": "the configuration has no such endpoint",
        **dict.fromkeys(
            ("test coverage", "consistent structure", "duplicate code", "service coverage"),
            "that can be told of the reference CRM's code alone",
        ),
    }
