"""The view of `crossfade watch`, 80 columns wide and as high as it may be, and the same as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.flag_words import change_json, flag_json, step_words, words_of
from cli.glances import DomainRow, Glance
from parity.report_words import count, ratio
from parity.tally import tally_json
from parity.verdict import Readiness, Verdict
from proxy.flag_rows import Change, Worker
from proxy.flags import Flag
from proxy.guard_overview import Shown
from proxy.operations import GuardRow
from proxy.stages import Stage

SCHEMA = "crossfade.watch/1"
_STYLES = {Readiness.READY: "green", Readiness.NOT_YET: "yellow", Readiness.NO: "bold red"}
_COLUMNS = ("domain", "stage", "modern", "req/s", "compared", "differ", "other", "verdict", "time", "queries")
_LEFT = {"stage", "verdict"}


def view_of(glance: Glance, *, now: float, height: int | None = None, hint: str = "") -> RenderableType:
    """What a person sees; without a height all of it. `hint` says how to end it."""
    head = Text(f"{_clock(now)} UTC  flag version {glance.version}", style="bold")
    head.append(f"  {hint}" if hint else "", style="dim")
    if glance.trouble:
        head.append(f"\n{_trouble(glance)}", style="bold red")
    if glance.at is None:
        return Group(head, Text("waiting for the store ..."))
    workers = _workers(glance)
    ledger = [_change_line(change) for change in glance.changes]
    notes = [*_guard_notes(glance.guards), *_notes(glance.domains)]
    rows, left_out = _fitting(glance.domains, height, len(workers) + len(ledger) + len(notes) + 6)
    parts: list[RenderableType] = [head, Text(), _table(rows)]
    if left_out:
        parts.append(Text(f"and {count(left_out, 'domain')} more (a higher window shows them)", style="dim"))
    parts += notes
    parts += [Text(), *workers]
    if ledger:
        parts += [Text(), *ledger]
    return Group(*parts)


def _trouble(glance: Glance) -> str:
    if glance.at is None:
        return glance.trouble
    return f"{glance.trouble}; what stands here is of {_clock(glance.at)} UTC"


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def _fitting(
    domains: tuple[DomainRow, ...], height: int | None, others: int
) -> tuple[tuple[DomainRow, ...], int]:
    """Those for which there is room: first those on their way, each in its place."""
    room = len(domains) if height is None else max(1, height - others - 1)
    if room >= len(domains):
        return domains, 0
    on_the_way = {Stage.SHADOW, Stage.CANARY, Stage.LIVE}
    first = sorted(domains, key=lambda row: row.flag.stage not in on_the_way)[:room]
    return tuple(row for row in domains if row in first), len(domains) - room


def _table(rows: tuple[DomainRow, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    # the names alone give way to a narrow window
    table.add_column(_COLUMNS[0])
    for name in _COLUMNS[1:]:
        table.add_column(name, justify="left" if name in _LEFT else "right", no_wrap=True)
    for row in rows:
        verdict = row.verdict
        table.add_row(
            Text(row.name, no_wrap=True, overflow="ellipsis"),
            row.flag.stage.value,
            _split(row.flag),
            f"{row.per_s:,.{0 if row.per_s >= 100 else 1}f}",
            _short(row.tally.compared),
            Text(_short(row.tally.mismatches), style="bold red" if row.tally.mismatches else ""),
            _short(row.tally.not_compared),
            Text(verdict.readiness.value, style=_STYLES[verdict.readiness]) if verdict else Text("-"),
            *_ratios(verdict),
        )
    return table


def _split(flag: Flag) -> str:
    match flag.stage:
        case Stage.OFF | Stage.SHADOW:
            return "0%"
        case Stage.CANARY:
            return f"{flag.canary_share * 100:.3g}%"
        case Stage.LIVE | Stage.COMPLETE:
            return "100%"


def _short(n: int) -> str:
    """At most seven characters."""
    if n < 1_000_000:
        return f"{n:,}"
    return f"{n / 1e6:,.1f}M" if n < 1e9 else f"{n / 1e9:,.1f}G"


def _ratios(verdict: Verdict | None) -> tuple[str, str]:
    return ratio(_value(verdict, "latency")), ratio(_value(verdict, "queries"))


def _guard_notes(guards: tuple[GuardRow, ...]) -> Iterator[Text]:
    """Those that somebody should know of: one line for all of a domain that stand so."""
    unwatched = sorted({row.domain for row in guards if row.state == Shown.UNWATCHED})
    if unwatched:
        yield _line(
            f"no process watches the guards of {', '.join(unwatched)} (crossfade up does)", "bold red"
        )
    alike: dict[tuple[str, str, str, bool], list[str]] = {}
    for row in guards:
        is_known = row.is_alarming and row.state != Shown.UNWATCHED
        if is_known or row.state.startswith(("holding", "latched")):
            alike.setdefault((row.domain, row.state, row.note, row.is_alarming), []).append(
                row.measure.replace("_", " ")
            )
    for (domain, state, note, is_alarming), measures in alike.items():
        why = f": {note}" if note else ""
        yield _line(
            f"{domain}: guard of {', '.join(measures)} {state}{why}", "bold red" if is_alarming else "yellow"
        )


def _notes(domains: tuple[DomainRow, ...]) -> Iterator[Text]:
    """What the table has no room for."""
    for row in domains:
        for key, flag in row.own_flags.items():
            yield _line(f"{key}: {words_of(flag)} (a row of its own)")
        bad = [
            f"{n:,} {word}"
            for n, word in (
                (row.tally.fallback, "answered by legacy for modern"),
                (row.tally.failed, "failed"),
            )
            if n
        ]
        if bad:
            yield _line(f"{row.name}: {', '.join(bad)}", "yellow")


def _workers(glance: Glance) -> list[Text]:
    if not glance.workers:
        return [_line("no proxy worker is running (crossfade up starts one)", "yellow")]
    return [_worker_line(worker, glance.version) for worker in glance.workers]


def _worker_line(worker: Worker, version: int) -> Text:
    serves = "nothing yet" if worker.version < 0 else f"version {worker.version}"
    if worker.version == version:
        return _line(f"{worker.name} (pid {worker.pid}) serves {serves}")
    return _line(f"{worker.name} (pid {worker.pid}) serves {serves}, behind {version}", "bold red")


def _change_line(change: Change) -> Text:
    steps = [step_words(row.key, row.before, row.after) for row in change.rows] or [change.key]
    more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
    forced = ", forced" if change.forced else ""
    why = f": {change.reason}" if change.reason else ""
    return _line(
        f"{change.changed_at:%m-%d %H:%M:%S} {change.action} {steps[0]}{more}, by {change.actor}{forced}{why}"
    )


def _line(text: str, style: str = "") -> Text:
    # a reason is free text: one line, whatever stands in it
    return Text(" ".join(text.split()), style=style, no_wrap=True, overflow="ellipsis")


def json_of(glance: Glance, *, now: float) -> dict[str, Any]:
    """JSON values of one moment; times are Unix seconds, `trouble` is empty when the store answers."""
    return {
        "at": now,
        "read_at": glance.at,
        "trouble": glance.trouble,
        "version": glance.version,
        "domains": [
            {
                "domain": row.name,
                **flag_json(row.flag),
                "endpoints": {key: flag_json(flag) for key, flag in row.own_flags.items()},
                "requests_per_s": round(row.per_s, 3),
                **tally_json(row.tally),
                "verdict": None if row.verdict is None else row.verdict.readiness.value,
                "latency_ratio": _value(row.verdict, "latency"),
                "query_ratio": _value(row.verdict, "queries"),
            }
            for row in glance.domains
        ],
        "workers": [
            {"worker": one.name, "id": one.id, "pid": one.pid, "version": one.version}
            for one in glance.workers
        ],
        "guards": [asdict(row) for row in glance.guards],
        "changes": [change_json(change) for change in glance.changes],
    }


def _value(verdict: Verdict | None, name: str) -> float | None:
    found = None if verdict is None else getattr(verdict.domain, name)
    return None if found is None else float(found.value)
