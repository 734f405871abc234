"""What the rounds came to, by domain: the verdict, what was accepted by which declaration, what was not compared and why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadtests.ready_runs import Played
from parity.conditions import Standing, rate_text
from parity.outcome import Outcome
from parity.report import GroupRow, Report
from parity.report_words import balance_line, count, ratio
from parity.tally import Tally, tally_json
from parity.verdict import Verdict
from parity.verdict_text import STYLES, render_conditions

SCHEMA = "crossfade.ready/1"
_NOT_COMPARED = (Outcome.SKIPPED, Outcome.SHED, Outcome.TIMEOUT, Outcome.ERROR)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one declaration took: difference groups, and exchanges over all of them (one may be in several)."""

    by: str
    groups: int
    exchanges: int


@dataclass(frozen=True, slots=True)
class DomainResult:
    """One domain at the end."""

    verdict: Verdict
    tally: Tally
    accepted: Sequence[Accepted]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            **self.verdict.to_json(),
            **tally_json(self.tally),
            "accepted": [asdict(one) for one in self.accepted],
        }


@dataclass(frozen=True, slots=True)
class ReadyResult:
    """All domains, what was sent to them in `seconds`, and the books of all."""

    domains: Sequence[DomainResult]
    played: Played
    seconds: float
    report: Report

    @property
    def is_ready(self) -> bool:
        """Whether every domain is, every recorded request was sent, and the books balance."""
        return (
            all(one.verdict.is_ready for one in self.domains)
            and self.report.balance.balanced
            and not self.played.unsendable
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values; `SCHEMA` is the version of their form."""
        balance = self.report.balance
        return {
            "schema": SCHEMA,
            "ready": self.is_ready,
            "seconds": round(self.seconds, 1),
            "rounds": self.played.rounds,
            "requests": self.played.requests,
            "writes": self.played.writes,
            "different_reads": len(self.played.reads),
            "unsendable": dict(self.played.unsendable),
            "balance": {**asdict(balance), "off_by": balance.off_by, "balanced": balance.balanced},
            "domains": [one.to_json() for one in self.domains],
        }


def accepted_by(groups: Sequence[GroupRow]) -> list[Accepted]:
    """The accepted groups by the quirk or else the whole label of what accepts them."""
    found: dict[str, Accepted] = {}
    for group in groups:
        by = group.accepted_by.partition(":")[0]
        before = found.get(by, Accepted(by, 0, 0))
        found[by] = Accepted(by, before.groups + 1, before.exchanges + group.n)
    return sorted(found.values(), key=lambda one: one.by)


def render_ready(result: ReadyResult, console: Console) -> None:
    """All verdicts as a table, then of each domain what was not a plain match, and the books."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("domain", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for heading in ("compared", "accepted", "differ", "under", "cells", "time", "queries"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in result.domains:
        table.add_row(*_row(one))
    console.print(table)
    notes = (
        "under: bound of the mismatch rate; cells: required ones seen; time, queries: modern's by legacy's"
    )
    console.print(Text(notes, style="dim"))
    for one in result.domains:
        _details(one, console)
    console.print()
    played, balance = result.played, result.report.balance
    console.print(
        f"{played.requests:,} requests, {played.writes:,} of them writes, {len(played.reads):,} different reads, in "
        f"{count(played.rounds, 'round')} and {result.seconds:,.0f} s"
    )
    for name, n in played.unsendable.items():
        console.print(
            f"[red]not sent[/] {escape(name)}, {n:,} times: it wants a value of an answer that has none"
        )
    said = "the books balance" if balance.balanced else "[red]the books do not balance[/]"
    console.print(f"{said}: {balance_line(balance)}")


def _row(one: DomainResult) -> list[str | Text]:
    judged, outcomes = one.verdict.domain, one.tally.outcomes
    coverage = judged.grounds.coverage
    required = len(coverage.required)
    return [
        Text(judged.name),
        Text(judged.readiness.value, style=STYLES[judged.readiness]),
        f"{judged.rate.comparisons:,}",
        f"{outcomes.get(Outcome.ACCEPTED, 0):,}",
        f"{judged.rate.mismatches:,}",
        rate_text(judged.rate.upper),
        f"{required - len(coverage.missing)}/{required}",
        ratio(None if judged.latency is None else judged.latency.value),
        ratio(None if judged.queries is None else judged.queries.value),
    ]


def _details(one: DomainResult, console: Console) -> None:
    lines = [
        (
            "accepted",
            ", ".join(f"{row.by} {row.exchanges:,} in {count(row.groups, 'group')}" for row in one.accepted),
        ),
        ("transient", _reasons(one.tally.reasons.get(Outcome.TRANSIENT, {}))),
        *((outcome.value, _reasons(one.tally.reasons.get(outcome, {}))) for outcome in _NOT_COMPARED),
        ("not mirrored", _reasons(one.tally.not_mirrored)),
    ]
    console.print()
    console.print(Text(one.verdict.domain.name, style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=13)
    table.add_column(overflow="fold")
    for name, text in lines:
        if text:
            table.add_row(name, Text(text))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    domain = one.verdict.domain
    render_conditions([*domain.standing(Standing.WRONG), *domain.standing(Standing.MISSING)], console)


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {n:,}" for reason, n in sorted(reasons.items()))
