"""A load test as a table and as JSON."""

import json

import msgspec
from rich.console import Console

from loadtests.result_table import notes, render_table, to_json
from parity.load_results import LoadTest
from tests.parity.load_results_factory import load_test, mixed, partial, side, summed, unmeasured


def text(test: LoadTest) -> str:
    console = Console(width=80, record=True)
    render_table(test, console)
    return console.export_text()


def test_the_table_has_both_sides_ratios_and_judgements_of_every_endpoint_in_80_columns() -> None:
    test = load_test()

    lines = text(test).splitlines()

    assert lines[0].split() == ["endpoint", "side", "p50", "ms", "p95", "ms", "queries", "errors"]
    assert lines[1].startswith(f"{test.endpoints[0].endpoint} ")
    assert lines[1].split()[-5] == "legacy"
    assert lines[2].split()[0] == "time"
    assert "met" in lines[2]
    assert lines[3].strip().startswith("queries 0.")
    assert "in all: met" in lines
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]


def test_what_was_not_measured_is_unknown() -> None:
    assert "time unknown undecided" in text(load_test(endpoints=[unmeasured()]))


def test_a_partial_run_says_so_first() -> None:
    test = partial()

    whole = sum(not block.problem for block in test.blocks)
    assert notes(test)[0] == f"PARTIAL: {test.problem}; {whole} of {test.planned_blocks} blocks went through."
    assert "in all: met" not in text(test)


def test_a_run_that_ended_early_says_why() -> None:
    assert notes(load_test(stopped="everything was decided"))[0] == "Ended early: everything was decided."


def test_a_side_that_could_not_keep_the_pace_is_named() -> None:
    late = msgspec.structs.replace(summed(load_test().endpoints), modern=side(late=0.2))

    said = "20% of the requests to modern were sent late"
    assert any(said in note for note in notes(load_test(overall=late)))
    assert not any(said in note for note in notes(load_test()))


def test_what_one_side_answers_otherwise_is_named() -> None:
    left_out = {f"x{n}": "modern answers 400 to x, recorded as 200" for n in range(4)} | {
        "archive": "succeeds only once"
    }

    said = notes(load_test(left_out=left_out))[-1]

    assert said == "left out, since one side answers otherwise than recorded (4): x0, x1, x2, ..."


def test_arrivals_are_told_by_their_rate_and_users_by_their_pace() -> None:
    assert "steady: 20 users at a pace of" in " ".join(notes(load_test(users=20, rate_rps=None)))
    assert "steady: 30 arrivals a second" in " ".join(notes(load_test(workload="open", rate_rps=30.0)))


def test_the_json_is_the_whole_result_under_its_schema() -> None:
    test = mixed()

    values = json.loads(json.dumps(to_json(test)))

    assert values.pop("schema") == "crossfade.loadtest/2"
    assert msgspec.convert(values, LoadTest) == test
