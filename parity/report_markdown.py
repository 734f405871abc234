"""The report as Markdown for a pull request: a table of the endpoints, and the groups to unfold with a sample each.

Captured text stands only in code: in tables as `<code>` with everything but letters and digits as entities, in
samples between fences that are longer than any in the text. It can neither end its place nor mention anybody.
"""

import difflib
import re

from parity.conditions import Standing
from parity.gate import Gate
from parity.markdown import code, plain
from parity.outcome import Outcome
from parity.report import EndpointRow, GroupRow, Report, Sample
from parity.report_words import (
    KINDS,
    balance_line,
    count,
    headline,
    moment,
    of_check,
    percent,
    ratio,
    remarks,
    subject,
    sum_line,
)

MAX_CHARACTERS = 60_000
"""GitHub takes comments of 65,536 characters; what is over is counted."""
MAX_SIDE = 2_000
_STANDINGS = {
    Standing.HOLDS: "holds",
    Standing.MISSING: "cannot be told",
    Standing.WRONG: "**does not hold**",
}


def render_markdown(report: Report, gate: Gate | None = None) -> str:
    """The document; with a gate that comes first."""
    head = [f"## Parity: {plain(gate.headline if gate else headline(report))}"]
    if gate:
        head += [_gate(gate), plain(headline(report))]
    head += [
        f"<sub>{plain(subject(report))}</sub>",
        *(plain(remark) for remark in remarks(report)),
        f"Outcomes: {plain(sum_line(report))}. Books: {plain(balance_line(report.balance))}.",
    ]
    room = MAX_CHARACTERS - sum(len(part) + 2 for part in head)
    rows = _within(_HEAD, [_endpoint(row) for row in report.endpoints], "endpoint", room // 2, "\n")
    room -= len(rows)
    open_groups = [_group(group) for group in report.open_groups]
    accepted = [_group(group) for group in report.accepted_groups]
    opened = _within("### Differences, largest first\n", open_groups, "group", room, "\n\n")
    closed = _within("### Accepted differences\n", accepted, "group", room - len(opened), "\n\n")
    return "\n\n".join(part for part in (*head, rows, opened, closed) if part) + "\n"


_HEAD = "| endpoint | compared | differ | failed | time | queries |\n|---|---:|---:|---:|---:|---:|"


def _within(heading: str, parts: list[str], what: str, room: int, joint: str) -> str:
    """The parts that there is room for, and how many more there are; empty without any."""
    if not parts:
        return ""
    taken, size = [heading], len(heading) + 100
    for part in parts:
        size += len(part) + len(joint)
        if size > room:
            break
        taken.append(part)
    if len(taken) <= len(parts):
        taken.append(f"\nand {count(len(parts) + 1 - len(taken), what)} more")
    return joint.join(taken)


def _gate(gate: Gate) -> str:
    rows = [
        f"| {plain(condition.name)} | {_STANDINGS[condition.standing]} | {plain(condition.text)} |"
        for condition in gate.conditions
    ]
    return "\n".join(["| gate | | |", "|---|---|---|", *rows])


def _endpoint(row: EndpointRow) -> str:
    tally = row.tally
    failed = tally.outcomes.get(Outcome.ERROR, 0) + tally.outcomes.get(Outcome.TIMEOUT, 0)
    differ = f"**{tally.mismatches:,}**" if tally.mismatches else "0"
    return (
        f"| {code(row.endpoint or '(no endpoint of ours)')} | {tally.compared:,} | {differ} | {failed:,} "
        f"| {ratio(row.costs.duration_ratio)} | {ratio(row.costs.query_ratio)} |"
    )


def _group(group: GroupRow) -> str:
    kind = KINDS.get(group.kind, group.kind)
    summary = (
        f"<summary>{count(group.n, 'exchange')} ({percent(group.share)}): {code(group.endpoint)} "
        f"{code(group.path)} {kind}</summary>"
    )
    parts = [f"<details>\n{summary}"]
    if group.accepted_by:
        parts.append(f"Accepted: {plain(f'{group.accepted_by} ({group.owner}, until {group.expires})')}")
    seen = (
        f"First seen {moment(group.first_seen_at)}, last {moment(group.last_seen_at)}, group {code(group.id)}"
    )
    parts.append(seen)
    if group.samples:
        parts.append(_sample(group.samples[0]))
    return "\n\n".join([*parts, "</details>"])


def _sample(sample: Sample) -> str:
    legacy, modern = (
        [f"status {status}", *(_side(value) if sample.path != "$status" else [])]
        for status, value in ((sample.legacy_status, sample.legacy), (sample.modern_status, sample.modern))
    )
    lines = [f"  {sample.path}", f"  {moment(sample.at)} {sample.target}{of_check(sample)}"]
    # the first two lines would name files
    lines += list(difflib.unified_diff(legacy, modern, lineterm=""))[2:]
    return _fenced("\n".join(lines))


def _side(value: str | None) -> list[str]:
    if value is None:
        return ["nothing"]
    short = value if len(value) <= MAX_SIDE else f"{value[:MAX_SIDE]}…"
    return short.splitlines()


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"
