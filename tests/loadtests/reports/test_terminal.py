"""A load test in the terminal."""

import io

import msgspec
import pytest
from rich.console import Console

from loadtests.reports.terminal import render
from parity.load_results import LoadTest
from tests.parity import load_results_factory as made
from tests.parity.load_results_factory import load_test, mixed, side, unmeasured

LONGEST = "PUT /v1/escrows/{id}/a-name-of-an-endpoint/that-is-as-long-as/they-come-in-the-wild"


def lines(test: LoadTest, *, all_endpoints: bool = False) -> list[str]:
    console = Console(width=80, file=io.StringIO(), record=True, highlight=False)
    render(test, console, all_endpoints=all_endpoints)
    return [line.rstrip() for line in console.export_text().splitlines()]


@pytest.mark.parametrize("test", [load_test(), mixed(), made.partial()], ids=["met", "missed", "partial"])
def test_it_fits_80_columns_and_cuts_nothing(test: LoadTest) -> None:
    shown = lines(test, all_endpoints=True)

    assert max(map(len, shown)) <= 80
    assert not [line for line in shown if "…" in line]


def test_the_answer_comes_first_and_then_what_is_not_met_and_what_would_decide_it() -> None:
    shown = lines(mixed(), all_endpoints=True)

    assert shown[0].startswith("Load test · steady (open")
    assert shown[3].startswith("Missed: 2 of 19 binding targets, 1 undecided.")
    begin = shown.index("Not met")
    assert shown[begin + 1 : begin + 3] == [
        "  missed     PUT /v1/escrows/{id}",
        "             not slower 1.14 (1.08-1.20), target at most 1.00 and a margin",
    ]
    assert "9 more pairs of blocks (about 2 min)" in "\n".join(shown[begin:])
    assert shown.index("Not met, and not binding") < shown.index("Warm")


def test_of_much_that_is_not_met_the_first_is_shown_and_the_rest_counted() -> None:
    slow = {told.endpoint: (1.3, 0.1) for told in made.TOLD}
    test = load_test(slow, judgement="missed")

    few, every = lines(test), lines(test, all_endpoints=True)

    begin = few.index("Not met")
    assert len([line for line in few[begin : few.index("Warm")] if line.startswith("  missed")]) == 8
    assert "  not met, too: 9 more, and 11 that do not bind; --all shows them" in few
    assert len([line for line in every[: every.index("Warm")] if line.startswith("  missed")]) == 17 + 11


def test_a_row_has_both_sides_its_ratio_and_its_judgement() -> None:
    shown = lines(load_test(), all_endpoints=True)

    name = shown.index("GET /v1/escrows  met")
    assert (
        " ".join(shown[name + 1].split()) == "25.7 → 13.5 52.2 → 28.4 0.52 (0.49-0.55) 6.0 → 2.0 86% of 620"
    )
    assert shown[name + 2].split()[:4] == ["p99", "68.6", "→", "44.5"]


def test_of_many_endpoints_the_worst_are_shown_and_the_rest_counted() -> None:
    few, every = lines(mixed()), lines(mixed(), all_endpoints=True)

    assert "4 more endpoints, all met: --all shows them" in few
    assert not any(line.startswith("GET /v1/escrows ") for line in few)
    assert any(line.startswith("PUT /v1/escrows/{id} ") for line in few)
    assert all(any(line.startswith(f"{told.endpoint}  ") for line in every) for told in made.TOLD)
    assert not [line for line in every if "--all" in line]


def test_what_is_cold_stands_apart_and_in_full_with_all() -> None:
    few, every = lines(load_test()), lines(load_test(), all_endpoints=True)

    cold = few.index("Cold: just started, nothing cached")
    assert few[cold + 2 : cold + 5] == [
        "all endpoints",
        "  30.0 → 21.0  74.8 → 47.6  -     4.8 → 3.9  0% of 240",
        "  p99 98.8 → 62.7 ms, 8.3 → 8.3 requests/s, database 4.1 → 4.1 ms a request",
    ]
    assert "GET /v1/escrows" in every[every.index("Cold: just started, nothing cached") :]
    assert "Cold: just started, nothing cached" not in lines(load_test(cold=[]))


def test_a_partial_run_says_so_right_after_the_answer() -> None:
    shown = lines(made.partial())

    assert shown[3].startswith("Undecided: the run is not whole")
    assert shown[4].startswith(
        "PARTIAL: the modern backend at http://127.0.0.1:8082 stopped answering; 9 of 24"
    )


def test_errors_are_told_with_their_denominators() -> None:
    rows = load_test().endpoints
    broken = msgspec.structs.replace(rows[0], modern=side(requests=400, errors=3))

    shown = lines(load_test(endpoints=[broken, *rows[1:]]), all_endpoints=True)

    assert f"  errors: legacy 0 of {rows[0].legacy.requests}, modern 3 of 412 (0.73%)" in shown


def test_a_name_that_leaves_no_room_has_its_judgement_below() -> None:
    rows = load_test().endpoints
    long = msgspec.structs.replace(rows[0], endpoint=LONGEST)

    shown = lines(load_test(endpoints=[long]), all_endpoints=True)

    assert LONGEST.replace(" ", "") in "".join(shown).replace(" ", "")
    assert "  met" in shown


def test_what_was_not_measured_is_a_dash() -> None:
    shown = lines(load_test(endpoints=[unmeasured()]), all_endpoints=True)

    name = shown.index("GET /v1/listings/{id}/photos  undecided")
    assert shown[name + 1].split() == ["-"] * 5


def test_nothing_of_it_is_markup() -> None:
    shown = lines(load_test(notes=["[red]not red[/red] [/]"]))

    assert "  [red]not red[/red] [/]" in shown


def test_processes_are_told_or_that_they_are_unknown() -> None:
    known, unknown = lines(load_test()), lines(load_test(processes=[]))

    assert known[known.index("Processes") + 1].startswith(
        "  legacy: 1 process, 6.1 ms CPU a request, 37% of a core;"
    )
    assert "Processes" not in unknown
    assert any("CPU and memory were not measured" in line for line in unknown)
