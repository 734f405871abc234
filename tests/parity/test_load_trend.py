"""Load tests in one line: only those that asked the same, and worse only where the intervals are apart."""

from collections.abc import Sequence
from typing import Any

import pytest

from parity.load_results import MET, MISSED, UNDECIDED, LoadRatio
from parity.load_tests import KeptLoadTest
from parity.load_trend import LoadTrend, bars, history, trends
from tests.parity.load_results_factory import MAY_MEET, small_row, small_test


def kept(number: int, ratio: tuple[float, float, float] = (0.6, 0.58, 0.62), **changes: Any) -> KeptLoadTest:
    test = small_test(overall=small_row(domain="", time=ratio), **changes)
    return KeptLoadTest(f"l-{number}", float(number), "olivia", test)


def around(*values: float) -> list[KeptLoadTest]:
    """Newest first, each with an interval of 0.02 on both sides."""
    return [
        kept(number, (value, value - 0.02, value + 0.02))
        for number, value in reversed(list(enumerate(values)))
    ]


def test_a_point_has_what_was_found_of_all_of_a_domain_or_of_an_endpoint() -> None:
    both = small_test(
        domains=["escrows", "leads"],
        judgement=MISSED,
        by_domain=[small_row(time=(0.5, 0.4, 0.6)), small_row(time=MAY_MEET, domain="leads")],
    )
    tests = [KeptLoadTest("l-1", 1.0, "olivia", both)]

    (all_of_it,), (own,), (others,), (one,) = (
        history(tests, *of)
        for of in ((), ("escrows",), ("leads",), ("leads", "GET /v1/leads"))
    )  # fmt: skip

    assert (all_of_it.judgement, own.judgement, others.judgement, one.judgement) == (
        MISSED,
        MET,
        UNDECIDED,
        MET,
    )
    assert own.time == LoadRatio(0.5, 0.4, 0.6)
    assert own.queries == LoadRatio(0.4, 0.4, 0.4)
    assert (own.cache, own.errors) == (LoadRatio(0.8, 0.78, 0.82), 0)
    assert own.p95_ms == pytest.approx(12.4)
    assert history(tests, "listings") == history(tests, "leads", "GET /v1/none") == []


@pytest.mark.parametrize(
    ("values", "says", "than"),
    [
        ((0.50, 0.51, 0.50), "", ""),
        ((0.50, 0.50, 0.60), "worse", "l-1"),
        ((0.60, 0.60, 0.50), "better", "l-1"),
        # slower by little and little: beside the one before nothing is to be seen
        ((0.50, 0.52, 0.54, 0.56), "worse", "l-0"),
        # one in the middle that looked better by chance is no measure
        ((0.60, 0.54, 0.58), "", ""),
        ((0.60, 0.50, 0.53, 0.57), "", ""),
    ],
)
def test_worse_is_said_only_where_the_intervals_are_apart(
    values: Sequence[float], says: str, than: str
) -> None:
    (found,) = trends(history(around(*values)))

    assert (found.says, found.than) == (says, than)


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": "spike"},
        {"workload": "open"},
        {"through": "shadow"},
        {"machine": "8 cores"},
        {"users": 50},
        {"rate_rps": 40.0},
        {"domains": ["escrows", "leads"]},
    ],
)
def test_those_that_asked_something_else_are_lines_of_their_own(changes: dict[str, Any]) -> None:
    found = trends(history([kept(3), kept(2, (0.9, 0.88, 0.92), **changes), kept(1)]))

    assert [(one.ids, one.says) for one in found] == [(["l-3", "l-1"], ""), (["l-2"], "")]


def test_a_partial_one_is_shown_and_says_nothing_of_the_trend() -> None:
    found = trends(history([kept(2, (0.9, 0.88, 0.92), problem="modern stopped"), kept(1)]))

    assert found == [LoadTrend(["l-2", "l-1"], "▁", "", "")]


def test_bars_go_from_the_lowest_to_the_highest() -> None:
    assert bars([0.5, 0.62, 0.53, 1.2]) == "▁▂▁█"
    assert bars([0.5, 0.5]) == "▁▁"
    assert bars([]) == ""
