"""Verdicts in the terminal: 80 columns, no colour needed, nothing captured taken as markup."""

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from parity.conditions import Condition, Standing
from parity.coverage import Cell, Requirement, cover
from parity.tally import Balance
from parity.verdict import Judged, Verdict
from parity.verdict_conditions import Grounds, weigh
from parity.verdict_limits import VerdictLimits
from parity.verdict_text import SHOWN_CELLS, render_conditions, render_verdict, render_verdicts
from tests.parity.factories import DETAIL, LIST
from tests.parity.reports import HOSTILE, group
from tests.parity.test_verdict_conditions import grounds

LIMITS = VerdictLimits()


def judged(name: str, given: Grounds) -> Judged:
    return Judged(
        name,
        given,
        given.rate(LIMITS),
        given.durations.ratio(),
        given.queries.ratio(),
        tuple(weigh(given, LIMITS)),
    )


def verdict(**changes: Any) -> Verdict:
    given = grounds(**changes)
    missing = cover({}, [Requirement(DETAIL)])
    rows = (judged(LIST, given), judged(DETAIL, Grounds(coverage=missing)))
    return Verdict(1_795_000_040.0, 1_794_999_000.0, LIMITS, judged("escrows", given), rows, Balance())


def rendered(found: Verdict, *more: Verdict) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    if more:
        render_verdicts([found, *more], console)
    else:
        render_verdict(found, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # the file is the one from above
    return str(text)


def test_a_verdict_says_domain_result_and_span_first() -> None:
    lines = rendered(verdict()).splitlines()

    assert lines[0] == "escrows: READY"
    assert lines[1].strip() == "since 2026-11-18 10:50:00 UTC, as of 2026-11-18 11:07:20 UTC"


def test_every_condition_is_under_how_it_stands() -> None:
    text = rendered(verdict(open_groups=(group(),), recent=0))

    wrong, holds = text.index("\nWrong\n"), text.index("\nHolds\n")
    assert text.startswith("escrows: NO")
    assert wrong < text.index("1 open difference group") < holds < text.index("required cell compared")


def test_endpoints_and_cells_have_their_numbers() -> None:
    lines = [" ".join(line.split()) for line in rendered(verdict()).splitlines()]

    assert f"{LIST} 0 4,000 0.0854% 0.80x 0.50x ready" in lines
    assert f"4,000 {LIST} 2xx" in lines
    assert not [line for line in lines if DETAIL in line]


def test_cells_that_are_required_and_were_not_compared_are_all_listed() -> None:
    required = [Requirement(DETAIL, f"{n}xx") for n in (1, 2, 3, 4, 5)]

    lines = [" ".join(line.split()) for line in rendered(verdict(coverage=cover({}, required))).splitlines()]

    assert lines[lines.index("Not compared") + 1 :] == [f"0 {DETAIL} {n}xx" for n in (1, 2, 3, 4, 5)]


def test_it_fits_eighty_columns_whatever_was_captured() -> None:
    long = f"GET /{'x' * 120}{HOSTILE}"
    cells = {Cell(long, "2xx", "&".join(f"parameter{letter}" for letter in "abcdefgh")): 1_000_000}
    required = [Requirement(long, "4xx")]

    text = rendered(verdict(coverage=cover(cells, required), open_groups=(group(endpoint=long),)))

    assert max(len(line) for line in text.splitlines()) <= 80
    assert "[bold red]" in text.replace("\n", "").replace(" ", "").replace("[boldred]", "[bold red]")


def test_many_cells_are_counted() -> None:
    cells = {Cell(LIST, "2xx", f"p{n}"): 1 for n in range(SHOWN_CELLS + 2)}

    assert "and 2 cells more (--json shows all)" in rendered(verdict(coverage=cover(cells, [])))


def test_several_verdicts_say_only_what_is_missing_or_wrong() -> None:
    ready, lacking = verdict(), verdict(recent=0, coverage=cover({}, [Requirement(DETAIL)]))
    other = replace(lacking, domain=replace(lacking.domain, name="leads"), since=None)

    text = rendered(ready, other)

    assert "escrows: READY" in text
    assert "leads: NOT YET\n  ever since, as of" in text
    assert "coverage 0 of 1 required cell compared, missing: GET /v1/escrows/{id} 2xx" in " ".join(
        text.split()
    )
    assert "comparisons" not in text


def test_conditions_stand_one_under_the_other() -> None:
    console = Console(file=io.StringIO(), width=80)

    render_conditions(
        [Condition("books", Standing.HOLDS, "a [b]"), Condition("x", Standing.HOLDS, "c")], console
    )

    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # the file is the one from above
    assert [line.strip() for line in lines] == ["books           a [b]", "x               c"]
