"""A load test as a table and as JSON."""

import json
from typing import Any

import msgspec
import pytest
from rich.console import Console

from loadtests.blocks import plan_blocks
from loadtests.judge import PairOfBlocks, judge
from loadtests.result_table import as_load_test, notes, render_table, to_json
from loadtests.run import BlockRun, LoadResult
from loadtests.timings import Timing
from parity.load_results import ALL, MET
from tests.loadtests.test_judge import sides, timing

LONGEST = "PUT /v1/escrows/{id}/archive"


def result(**overrides: Any) -> LoadResult:
    pairs = sides(0.5, seed=1, queries=2)
    values: dict[str, Any] = {
        "domain": "escrows",
        "users": 20,
        "duration_s": 20.0,
        "pace_s": 0.25,
        "seed": 1,
        "rows": tuple(judge(pairs, ["GET /v1/escrows", LONGEST])),
        "left_out": {"archive": "succeeds only once"},
        "blocks": tuple(BlockRun(block, (timing(),)) for block in plan_blocks(20, seed=1)),
        "planned_blocks": 12,
    }
    return LoadResult(**values | overrides)


def text(load_result: LoadResult) -> str:
    console = Console(width=80, record=True)
    render_table(load_result, console)
    return console.export_text()


def test_the_table_has_both_sides_ratios_and_judgements_of_every_endpoint_in_80_columns() -> None:
    lines = text(result()).splitlines()

    assert lines[0].split() == ["endpoint", "side", "p50", "ms", "p95", "ms", "queries", "errors"]
    assert lines[1].startswith("GET /v1/escrows ")
    assert lines[1].split()[-5] == "legacy"
    assert lines[2].split()[0] == "time"
    assert "pass" in lines[2]
    assert lines[3].strip() == "queries 0.40 pass"
    assert lines[4].startswith(LONGEST)
    assert any(line.startswith("all endpoints") for line in lines)
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]


def test_a_partial_run_says_so_first() -> None:
    blocks = plan_blocks(20, seed=1)
    broken = (
        BlockRun(blocks[0], (timing(),)),
        BlockRun(blocks[1], (), "the modern backend stopped answering"),
    )
    partial = result(blocks=broken, rows=tuple(judge([], ["GET /v1/escrows"])))

    assert notes(partial)[0] == "PARTIAL: the modern backend stopped answering; 1 of 12 blocks went through."
    assert not partial.passed
    assert "unknown undecided" in text(partial)


def test_a_side_that_could_not_keep_the_pace_is_named() -> None:
    slow = [PairOfBlocks([timing()] * 10, [timing()] * 8 + [late()] * 2) for _ in range(6)]

    assert any(
        "20% of the requests to modern were sent late" in note
        for note in notes(result(rows=tuple(judge(slow, []))))
    )
    assert not any("sent late" in note for note in notes(result()))


def late() -> Timing:
    return msgspec.structs.replace(timing(), late_ms=30.0)


def test_what_one_side_answers_otherwise_is_named() -> None:
    left_out = {f"x{n}": "modern answers 400 to x, recorded as 200" for n in range(4)} | {
        "archive": "succeeds only once"
    }

    said = notes(result(left_out=left_out))[-1]

    assert said == "left out, since one side answers otherwise than recorded (4): x0, x1, x2, ..."


def test_the_json_holds_everything_under_a_schema() -> None:
    values = json.loads(json.dumps(to_json(result())))

    assert values["schema"] == "crossfade.loadtest/1"
    assert values["passed"] is True
    assert [row["endpoint"] for row in values["endpoints"]] == ["GET /v1/escrows", LONGEST]
    assert values["endpoints"][0]["time"]["judgement"] == "pass"
    assert values["endpoints"][0]["time"]["ratio"]["value"] == pytest.approx(0.5, rel=0.1)
    assert values["endpoints"][1]["time"] == {"ratio": None, "judgement": "undecided"}
    assert values["overall"]["legacy"]["requests"] == 360
    assert len(values["blocks"]["run"]) == values["blocks"]["planned"] == 12
    assert values["left_out"] == {"archive": "succeeds only once"}


def test_it_has_the_form_of_the_store() -> None:
    kept = as_load_test(result())

    assert [one.endpoint for one in kept.endpoints] == ["GET /v1/escrows", LONGEST]
    assert (kept.domains, kept.judgement, kept.passed) == (["escrows"], MET, True)
    assert [(one.measure, one.judgement, one.binding) for one in kept.overall.judgements] == [
        ("time", MET, True),
        ("queries", MET, True),
    ]
    assert [(row.domain, row.endpoint) for row in kept.by_domain] == [("escrows", ALL)]
    assert (kept.overall.legacy.requests, kept.overall.legacy.db_ms, len(kept.blocks)) == (360, None, 12)
