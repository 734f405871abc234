"""The report in the terminal: fits 80 columns, and says everything without colour too."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parity.fleeting import FleetingPath
from parity.group_rows import SamePlace
from parity.noise import NoisyPath
from parity.outcome import Outcome
from parity.report import EndpointRow, GroupRow, Report, Sample
from parity.report_words import (
    KINDS,
    accept_command,
    accepted_line,
    alarm,
    books,
    cause_sentence,
    checks_line,
    clients_line,
    comparing_line,
    count,
    fleeting_meaning,
    headline,
    moment,
    noise_meaning,
    of_check,
    percent,
    ratio,
    reasons,
    remarks,
    share_of,
    subject,
)
from parity.verdict_summary import VerdictSummary

SHOWN_GROUPS = 10
SHOWN_CHARACTERS = 160


def render_text(report: Report, console: Console) -> None:
    """Print the report. Nothing that was captured is taken as markup."""
    console.print(Text(f"Parity report · {subject(report)}", style="dim"))
    console.print()
    verdict = "bold red" if report.differs else "bold green" if report.tally.compared else "bold"
    console.print(Text(headline(report), style=verdict))
    for remark in remarks(report):
        is_alarm = not report.balance.balanced and remark == alarm(report.balance)
        console.print(Text(remark, style="bold red" if is_alarm else ""))
    _verdicts(report.verdicts, console)
    _books(report, console)
    _endpoints(report.endpoints, console)
    _causes(report, console)
    _groups("Differences", report.open_groups, console)
    _groups("Accepted differences", report.accepted_groups, console)
    _fleeting(report.fleeting, console)
    _noise(report.noise, console)


def heading(text: str, console: Console) -> None:
    """One of the parts of what is printed."""
    console.print()
    console.print(Text(text, style="bold"))


def _verdicts(verdicts: Sequence[VerdictSummary], console: Console) -> None:
    if not verdicts:
        return
    heading("May a domain advance?", console)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for verdict in verdicts:
        table.add_row(Text(verdict.domain), Text(verdict.line))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    console.print(Text("  crossfade parity verdict DOMAIN has the numbers", style="dim"))


def _books(report: Report, console: Console) -> None:
    heading("Books", console)
    by_reason = [
        (f"  {outcome}", reasons(list(found.items())))
        for outcome, found in report.tally.reasons.items()
        if found
    ]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in books(report, by_reason=by_reason):
        table.add_row(Text(name), Text(value))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _endpoints(rows: tuple[EndpointRow, ...], console: Console) -> None:
    if not rows:
        return
    heading("Endpoints", console)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("endpoint", overflow="fold", ratio=1)
    for name in ("compared", "differ", "failed", "time", "queries"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        differ = row.tally.mismatches
        failed = row.tally.outcomes.get(Outcome.ERROR, 0) + row.tally.outcomes.get(Outcome.TIMEOUT, 0)
        table.add_row(
            Text(row.endpoint or "(no endpoint of ours)"),
            f"{row.tally.compared:,}",
            Text(f"{differ:,}", style="red" if differ else ""),
            Text(f"{failed:,}", style="yellow" if failed else ""),
            ratio(row.costs.duration_ratio),
            ratio(row.costs.query_ratio),
        )
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    console.print(
        Text("  time and queries: modern's mean by legacy's; below 1 modern needs less", style="dim")
    )


def _groups(title: str, groups: tuple[GroupRow, ...], console: Console) -> None:
    if not groups:
        return
    heading(f"{title}, largest first", console)
    for group in groups[:SHOWN_GROUPS]:
        console.print()
        line = Text(f"  {count(group.n, 'exchange')} ({share_of(group)})  ", style="bold")
        line.append(group.endpoint, style="not bold")
        console.print(line, soft_wrap=False)
        console.print(
            Padding(Text(f"{group.path}  {KINDS.get(group.kind, group.kind)}", overflow="fold"), (0, 0, 0, 4))
        )
        if group.accepted_by:
            until = f"accepted: {group.accepted_by} ({group.owner}, until {group.expires})"
            console.print(Padding(Text(until), (0, 0, 0, 4), expand=False))
        if group.is_expired:
            console.print(
                Padding(Text("expired: it counts as a mismatch again", style="bold red"), (0, 0, 0, 4))
            )
        _facts(group, console)
    if groups[0].accepted_by == "":
        hint = f"  to accept one: {accept_command('GROUP')}"
        console.print()
        console.print(Text(hint, style="dim"))
    if len(groups) > SHOWN_GROUPS:
        console.print(
            Text(f"\n  and {count(len(groups) - SHOWN_GROUPS, 'group')} more (--html shows all)", style="dim")
        )


def _noise(paths: Sequence[NoisyPath], console: Console) -> None:
    rows = [
        (
            f"{path.differed:,} of {path.asked:,} ({percent(path.share)})",
            path.endpoint,
            (
                f"{path.path}  {path.shape}",
                f"{noise_meaning(path)}, last seen {moment(path.last_seen_at)}",
            ),
        )
        for path in paths
    ]
    _paths("Noise, where legacy differs from itself", rows, console)


def _fleeting(paths: Sequence[FleetingPath], console: Console) -> None:
    rows = [
        (
            f"{path.n:,} of {path.compared:,} ({percent(path.share)})",
            path.endpoint,
            (
                f"{path.path}  {KINDS.get(path.kind, path.kind)}",
                fleeting_meaning(path),
                f"first {moment(path.first_seen_at)}, last {moment(path.last_seen_at)}",
            ),
        )
        for path in paths
    ]
    _paths("Comes and goes, gone when asked again", rows, console)


def _paths(title: str, rows: Sequence[tuple[str, str, Sequence[str]]], console: Console) -> None:
    """Paths by how often out of how many, their endpoints, and what else is known of them."""
    if not rows:
        return
    heading(title, console)
    for share, endpoint, facts in rows[:SHOWN_GROUPS]:
        console.print()
        line = Text(f"  {share}  ", style="bold")
        line.append(endpoint, style="not bold")
        console.print(line)
        for text in facts:
            console.print(Padding(Text(text, overflow="fold"), (0, 0, 0, 4), expand=False))
    if len(rows) > SHOWN_GROUPS:
        console.print(
            Text(f"\n  and {count(len(rows) - SHOWN_GROUPS, 'path')} more (--html shows all)", style="dim")
        )


def _causes(report: Report, console: Console) -> None:
    if not report.causes:
        return
    heading("Probably one cause", console)
    groups = {group.id: group for group in report.groups}
    for cause in report.causes[:SHOWN_GROUPS]:
        console.print()
        console.print(Padding(Text(cause.endpoint, style="bold"), (0, 0, 0, 2), expand=False))
        said = f"{cause_sentence(cause)} Look at {cause.look_at} first."
        console.print(Padding(Text(said, overflow="fold"), (0, 0, 0, 4), expand=False))
        for group_id in cause.groups[:SHOWN_GROUPS]:
            place = f"{group_id}  {groups[group_id].path}"
            console.print(Padding(Text(place, overflow="fold"), (0, 0, 0, 4), expand=False))
        if any(not groups[group_id].accepts for group_id in cause.groups):
            whole = accept_command(f"--cause {cause.id}")
            console.print(Padding(Text(whole, style="dim", overflow="fold"), (0, 0, 0, 4), expand=False))


def _facts(group: GroupRow, console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sample in group.samples[:1]:
        for name, value in _sides(sample):
            table.add_row(Text(name), Text(value))
        latest = f"{moment(sample.at)} {sample.target}{of_check(sample)}"
        table.add_row(Text("latest", style="dim"), Text(latest, style="dim"))
    facts = [("first", moment(group.first_seen_at)), ("clients", clients_line(group))]
    facts.append(("checks", checks_line(group)))
    facts += [("rule", comparing_line(group))] if group.rule else []
    facts += [
        ("taken", f"from now on: {accepted_line(one)}, {one.name}")
        for one in group.accepts
        if not group.accepted_by
    ]
    facts += [("also", _elsewhere(other)) for other in group.same_place]
    facts.append(("group", group.id))
    for name, value in facts:
        if value:
            table.add_row(Text(name, style="dim"), Text(value, style="dim"))
    console.print(Padding(table, (0, 0, 0, 4), expand=False))


def _elsewhere(other: SamePlace) -> str:
    state = f"accepted: {other.accepted_by}" if other.accepted_by else "before it was accepted"
    return f"{count(other.n, 'exchange')} {state} ({other.id})"


def _sides(sample: Sample) -> list[tuple[str, str]]:
    has_value = sample.path != "$status"
    sides = (
        ("legacy", sample.legacy, sample.legacy_status),
        ("modern", sample.modern, sample.modern_status),
    )
    return [
        (name, f"{status}  {_flat(value)}" if has_value else str(status)) for name, value, status in sides
    ]


def _flat(value: str | None) -> str:
    if value is None:
        return "nothing"
    flat = " ".join(value.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else flat[:SHOWN_CHARACTERS] + "…"
