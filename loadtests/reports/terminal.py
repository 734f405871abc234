"""A load test in the terminal: the answer first, then what is not met, then every number; 80 columns, colour or not."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from loadtests.reports.distributions import together
from loadtests.reports.words import (
    Judged,
    beside,
    by_need,
    change,
    deciding,
    errors,
    headline,
    hits,
    measured,
    milliseconds,
    notes,
    number,
    partial,
    place,
    process,
    remedies,
    subject,
    time_judgement,
    unmet,
    worst_of,
)
from parity.load_results import ALL, MET, MISSED, UNDECIDED, LoadEndpoint, LoadProcess, LoadTest
from parity.report_text import heading
from parity.report_words import count

SHOWN_ENDPOINTS = 8
SHOWN_UNMET = 8
_STYLES = {MET: "green", MISSED: "red", UNDECIDED: "yellow"}
_HEADINGS = ("p50 ms", "p95 ms", "time", "queries", "cache hits")
_GAP = "  "


def render(test: LoadTest, console: Console, *, all_endpoints: bool = False) -> None:
    """Print it; without `all_endpoints` only the worst of many. Nothing of it is taken as markup."""
    console.print(Text(f"Load test · {subject(test)}", style="dim"))
    console.print()
    style = "yellow" if test.problem else _STYLES.get(test.judgement, "")
    console.print(Text(headline(test), style=f"bold {style}"))
    if test.problem:
        console.print(Text(partial(test), style="bold red"))
    _unmet(test, console, whole=all_endpoints)
    shown = list(test.endpoints) if all_endpoints else by_need(test.endpoints)[:SHOWN_ENDPOINTS]
    _numbers("Warm", _groups(test, shown), console, whole=all_endpoints)
    _hidden(test.endpoints, shown, console)
    if cold := together(test.cold):
        rows = [row for row in test.cold if row.endpoint != ALL] if all_endpoints else []
        _numbers("Cold: just started, nothing cached", [[cold, *rows]], console, whole=all_endpoints)
    _processes(test.processes, console)
    heading("Notes", console)
    for note in notes(test):
        _indented(Text(note), console)


def _indented(text: Text, console: Console, columns: int = 2) -> None:
    for line in text.wrap(console, console.width - columns):
        console.print(Text(" " * columns) + line)


def _unmet(test: LoadTest, console: Console, *, whole: bool) -> None:
    """Those that bind, of these only the first of many, and how many others there are; all of them when `whole`."""
    found = unmet(test)
    bound, others = (
        [one for one in found if one.judgement.binding is is_binding] for is_binding in (True, False)
    )
    _listed("Not met", bound if whole else bound[:SHOWN_UNMET], test, console)
    if whole:
        _listed("Not met, and not binding", others, test, console)
        return
    hidden = [f"{len(bound) - SHOWN_UNMET:,} more"] if len(bound) > SHOWN_UNMET else []
    hidden += [f"{len(others):,} that do not bind"] if others else []
    if hidden:
        console.print(Text(f"  not met, too: {', and '.join(hidden)}; --all shows them", style="dim"))


def _listed(title: str, found: Sequence[Judged], test: LoadTest, console: Console) -> None:
    if found:
        heading(title, console)
    for one, said in zip(found, remedies(found, test), strict=True):
        word = (f"{one.judgement.judgement:<9}", _STYLES[one.judgement.judgement])
        console.print(Text.assemble("  ", word, "  ", one.place))
        _indented(Text(one.said), console, 13)
        if said:
            _indented(Text(said, style="dim"), console, 13)


def _groups(test: LoadTest, shown: Sequence[LoadEndpoint]) -> list[list[LoadEndpoint]]:
    """All together, then each domain with the endpoints of it that are shown."""
    sums = test.by_domain if len(test.by_domain) > 1 else []
    domains = dict.fromkeys([*test.domains, *(row.domain for row in shown)])
    of_each = [[row for row in (*sums, *shown) if row.domain == domain] for domain in domains]
    return [[test.overall], *filter(None, of_each)]


def _numbers(title: str, groups: Sequence[Sequence[LoadEndpoint]], console: Console, *, whole: bool) -> None:
    """A row's name with what is judged, and its numbers below the headings; more of sums, and of all when `whole`."""
    made = [[(row, _cells(row)) for row in group] for group in groups]
    every = [_HEADINGS, *(cells for group in made for _, cells in group)]
    widths = [max(len(cells[column]) for cells in every) for column in range(len(_HEADINGS))]
    heading(title, console)
    console.print(Text(_line(_HEADINGS, widths), style="dim"))
    for group in made:
        if group is not made[0]:
            console.print()
        for row, cells in group:
            _name(row, console)
            console.print(Text(_line(cells, widths)), soft_wrap=True)
            if whole or row.endpoint == ALL:
                _indented(Text(beside(row), style="dim"), console)
            _troubles(row, console)


def _name(row: LoadEndpoint, console: Console) -> None:
    said = deciding(row)
    style = _STYLES.get(worst_of(row), "")
    name = Text(place(row), style="bold")
    if said and len(name) + len(said) + 2 > console.width:
        console.print(name)
        _indented(Text(said, style=style), console)
    else:
        console.print(Text.assemble(name, "  ", (said, style)) if said else name)


def _troubles(row: LoadEndpoint, console: Console) -> None:
    if row.legacy.errors or row.modern.errors:
        said = f"errors: legacy {errors(row.legacy)}, modern {errors(row.modern)}"
        _indented(Text(said, style="red" if row.modern.errors else ""), console)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP + _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cells(row: LoadEndpoint) -> tuple[str, ...]:
    legacy, modern = row.legacy, row.modern
    judged = time_judgement(row)
    return (
        change(milliseconds(legacy.p50_ms), milliseconds(modern.p50_ms)),
        change(milliseconds(legacy.p95_ms), milliseconds(modern.p95_ms)),
        measured(judged),
        change(number(legacy.queries), number(modern.queries)),
        hits(modern),
    )


def _hidden(rows: Sequence[LoadEndpoint], shown: Sequence[LoadEndpoint], console: Console) -> None:
    if len(rows) > len(shown):
        more = count(len(rows) - len(shown), "more endpoint")
        which = "all met" if all(worst_of(row) == MET for row in rows if row not in shown) else "not all met"
        console.print(Text(f"{more}, {which}: --all shows them", style="dim"))


def _processes(processes: Sequence[LoadProcess], console: Console) -> None:
    if processes:
        heading("Processes", console)
    for one in processes:
        _indented(Text(f"{one.side}: {process(one)}"), console)
