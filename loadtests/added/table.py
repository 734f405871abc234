"""What the proxy adds, as tables of 80 columns, and as JSON."""

from collections.abc import Iterator

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from loadtests.added.result import SCHEMA, FlipsFound, PathMeasured, ProxyLoadTest
from loadtests.interval import percentile
from parity.load_results import LoadRatio

_LATE_WORTH_SAYING = 0.02
_LARGE_MS = 100.0
_NOT_COMPARED = ("shed", "timeout", "error", "skipped")


def to_json(result: ProxyLoadTest) -> dict[str, object]:
    """JSON values, and what follows from them."""
    values: dict[str, object] = msgspec.to_builtins(result)
    balance = {} if result.books is None else {"balance": result.books.balance}
    books = None if result.books is None else msgspec.to_builtins(result.books) | balance
    return {"schema": SCHEMA, **values, "books": books, "exit_code": result.exit_code}


def render_added(result: ProxyLoadTest, console: Console) -> None:
    """Times on every path, what the proxy adds, what it counted, the flips, and what was wrong."""
    for one in result.capacities:
        console.print(f"capacity of {one.backend}: {one.rps:,.0f} requests a second, {one.users} users")
    if result.stages:
        console.print()
        console.print(_paths(result))
        console.print()
        console.print("added by the proxy, ms: a percentile through it minus that of the same sent directly")
        console.print(_added(result))
        console.print()
        console.print("what the proxy counted")
        console.print(_counted(result))
    console.print()
    for line in _lines(result):
        console.print(escape(line))
    for fault in result.faults:
        console.print(Text(f"wrong: {fault}", style="red"))
    for note in notes(result):
        console.print(escape(note), style="dim")
    if not result.faults and not result.problem:
        console.print(Text("all well: no request failed, and the books balance", style="green"))


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _paths(result: ProxyLoadTest) -> Table:
    table = _table("asked", "load", "sent/s", "answers/s", "p50 ms", "p90", "p99", "failed")
    for direct in result.direct:
        table.add_row(direct.backend, f"{direct.level:.0%}", *_measured(direct.measured))
        for row in result.stages:
            if (row.backend, row.level) == (direct.backend, direct.level):
                table.add_row(f"  at {row.stage}", f"{row.level:.0%}", *_measured(row.measured))
    return table


def _measured(measured: PathMeasured) -> list[str]:
    answered = f"{measured.rps:,.0f}" if measured.keeps_up else f"{measured.rps:,.0f}!"
    times = [_ms(value) for value in (measured.p50_ms, measured.p90_ms, measured.p99_ms)]
    return [f"{measured.offered_rps:,.0f}", answered, *times, f"{measured.failed:,}"]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _added(result: ProxyLoadTest) -> Table:
    table = _table("stage", "load", "p50", "p90", "p99")
    for row in result.stages:
        added = (row.added_p50_ms, row.added_p90_ms, row.added_p99_ms)
        table.add_row(row.stage, f"{row.level:.0%}", *map(_interval, added))
    return table


def _interval(added: LoadRatio | None) -> str:
    if added is None:
        return "-"
    digits = 1 if max(map(abs, (added.value, added.low, added.high))) < _LARGE_MS else 0
    value, low, high = (f"{one:+.{digits}f}" for one in (added.value, added.low, added.high))
    return f"{value} ({low}..{high})"


def _counted(result: ProxyLoadTest) -> Table:
    table = _table("stage", "load", "requests", "mirrored", "compared", "differ", *_NOT_COMPARED)
    for row in result.stages:
        counted = row.counted
        outcomes = [f"{counted.outcomes.get(name, 0):,}" for name in ("mismatch", *_NOT_COMPARED)]
        numbers = (counted.requests, counted.mirrored, counted.compared)
        table.add_row(row.stage, f"{row.level:.0%}", *(f"{n:,}" for n in numbers), *outcomes)
    return table


def _lines(result: ProxyLoadTest) -> Iterator[str]:
    if result.flips is not None:
        yield from _flips(result.flips)
    if result.books is not None:
        books = result.books
        outcomes = " + ".join(f"{n:,} {name}" for name, n in books.outcomes.items()) or "0"
        yield f"books: {books.sent:,} sent, {books.counted:,} counted; {books.mirrored:,} mirrored = {outcomes}"


def _flips(flips: FlipsFound) -> Iterator[str]:
    for rolled_back, name in ((False, "flips"), (True, "rollbacks")):
        ms = sorted(one.ms for one in flips.made if one.rolled_back is rolled_back)
        if ms:
            yield (
                f"{len(ms)} {name} under load: acknowledged in {percentile(ms, 0.5):,.0f} ms (median), "
                f"{ms[-1]:,.0f} ms (longest)"
            )
    measured = flips.measured
    yield (
        f"{measured.failed:,} of {measured.sent:,} requests failed meanwhile; after acknowledged rollbacks modern "
        f"answered {flips.by_modern:,} of {flips.after_rollback:,}"
    )


def notes(result: ProxyLoadTest) -> list[str]:
    """What a reader of the tables must know, a sentence each."""
    measured = (
        f"Load is in shares of the capacity; {result.rounds} rounds of {result.slice_s:g} s a slice in shuffled order, "
        "arrivals at random, times from when each was due, intervals of 95 % over rounds. Capacity is what backend and "
        "Locust reach on this machine: Locust, proxy, parity worker, backends and database share it "
        f"({result.machine})."
    )
    lines = [measured]
    if result.problem:
        lines.insert(
            0, f"PARTIAL: {result.problem}; {result.rounds} of {result.planned_rounds} rounds went through."
        )
    if any(not measured.keeps_up for measured in _all_measured(result)):
        lines.append(
            "! fewer answers than requests: that path is over its capacity, and its times grow while it is measured."
        )
    if otherwise := sum(row.measured.unexpected for row in result.direct):
        lines.append(f"{otherwise:,} answers of backends asked directly had another status than recorded.")
    if not_sent := sum(measured.not_sent for measured in _all_measured(result)):
        lines.append(f"{not_sent:,} requests were not sent: too many were unanswered when they were due.")
    late = max((measured.late for measured in _all_measured(result)), default=0.0)
    if late > _LATE_WORTH_SAYING:
        lines.append(
            f"Up to {late:.0%} of the requests of a path were sent late by a busy Locust; their times hold that wait."
        )
    deviating = [name for name, reason in result.left_out.items() if " answers " in reason]
    if deviating:
        lines.append(f"Left out, since one side answers otherwise than recorded: {len(deviating)} exchanges.")
    return lines


def _all_measured(result: ProxyLoadTest) -> list[PathMeasured]:
    return [*(row.measured for row in result.direct), *(row.measured for row in result.stages)]
