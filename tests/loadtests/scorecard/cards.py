"""Scorecards with one row of each judgement."""

from typing import Any

from loadtests.scorecard.card import Found, Row, Scorecard
from loadtests.scorecard.goals import COVERAGE, FAILED, NO_REGRESSION, TIME_OF_ALL, UNCHANGED, Goal
from parity.load_results import MET, MISSED, UNDECIDED

AT = 1_796_000_000.0
HOSTILE = "<img src=x onerror=alert(1)> | **bold** `code` [link](x) @olivia"
RUN = "load test l-1 (steady)"
PARTIAL = "l-2 is partial and no evidence: it died"


def rows() -> tuple[Row, ...]:
    """Two of one load test, one of a file, one that is undecided, one without evidence."""
    return (
        Row(
            TIME_OF_ALL,
            Found(
                MET,
                "-41 % (-43 to -39)",
                "16.9 → 9.9 ms at the median",
                {"value": 0.59},
                RUN,
                AT,
                (PARTIAL,),
            ),
        ),
        Row(
            NO_REGRESSION,
            Found(MISSED, "1 of 12 slower", "11 of 12 endpoints surely not slower", {"slower": 1}, RUN, AT,
                  ("slower: PUT /v1/escrows/{id}", PARTIAL)),
        ),
        Row(COVERAGE, Found(MET, "96.6 %", "97 of 100 statements", {"percent": 96.6}, "build/coverage.json", AT)),
        Row(UNCHANGED, Found(UNDECIDED, "0 unaccepted", "of 20 comparisons", {}, "verdicts", None)),
        Row(FAILED, Found()),
    )  # fmt: skip


def card(**changes: Any) -> Scorecard:
    """One with these rows."""
    fields: dict[str, Any] = {"generated_at": AT, "rows": rows()}
    return Scorecard(**(fields | changes))


def hostile() -> Scorecard:
    """One whose every text from outside would be markup."""
    goal = Goal("x", HOSTILE, HOSTILE, HOSTILE, 0.0, HOSTILE)
    found = Found(MISSED, HOSTILE, HOSTILE, {}, HOSTILE, AT, (HOSTILE,))
    return card(
        rows=(Row(goal, found), Row(goal, Found())), left_out=((HOSTILE, HOSTILE),), unread=(HOSTILE,)
    )
