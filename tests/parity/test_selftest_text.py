"""The results of the self-test for a terminal."""

import io

from rich.console import Console

from parity.selftest_results import ShapeShareRow, TrialRow
from parity.selftest_text import render_selftest

LIST = "GET /v1/escrows"
ROWS = [
    TrialRow(LIST, "escrows", "drop", "", 3, 3, 0, 0, "", 10.0),
    TrialRow(LIST, "escrows", "change", "rule $.at of * (the time)", 2, 0, 2, 0, "change at $.at", 10.0),
    TrialRow(
        LIST, "escrows", "retype", "acceptance $.rows[*].x of * (wide)", 4, 0, 0, 4, "null at $.rows[*]", 10.0
    ),
]


def text(rows: list[TrialRow], shares: list[ShapeShareRow]) -> str:
    out = io.StringIO()
    render_selftest(rows, shares, Console(file=out, width=80))
    return out.getvalue()


def test_everything_is_said_in_eighty_columns() -> None:
    assert text(ROWS, [ShapeShareRow(LIST, "escrows", 2, 40, 10)]).splitlines() == [
        "GET /v1/escrows  2 pairs, 25% of 40 values by shape alone",
        "  drop 3, retype 0 of 4, change 0 of 2",
        "  passed by rule 2: rule $.at of * (the time)",
        "  not caught 4: null at $.rows[*]",
        "    to blame: acceptance $.rows[*].x of * (wide)",
        "",
        "9 mutations tried: 3 caught, 2 passed by rule, 4 not caught",
    ]


def test_where_all_are_caught_that_is_said() -> None:
    assert text(ROWS[:1], []).splitlines()[-1] == "3 mutations tried: 3 caught, 0 passed by rule, none missed"
