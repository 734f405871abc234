"""What the page shows of one group and of one cause, as values for its templates."""

from dataclasses import dataclass
from typing import Any

from parity.causes import Cause
from parity.curl import HOW_TO_FILL_IN, curl_of
from parity.exchange import Backend
from parity.group_rows import AcceptedAs, GroupRow, Sample
from parity.report import Report
from parity.report_words import (
    KINDS,
    accept_command,
    accepted_line,
    cause_sentence,
    checked_in_words,
    checks_line,
    clients_line,
    comparing_line,
    count,
    moment,
    percent,
    share_of,
)
from parity.side_by_side import side_by_side


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a fact: text, a link within the page or to a ticket, or words to be typed."""

    text: str
    href: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is known of a group."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """A word beside a group's kind."""

    text: str
    tone: str = ""


def cause_cards(report: Report) -> list[dict[str, Any]]:
    """The causes with their groups, the one to look at first in front."""
    groups = {group.id: group for group in report.groups}
    return [
        {
            "anchor": _anchor(number),
            "name": _name(number),
            "endpoint": cause.endpoint,
            "sentence": cause_sentence(cause),
            "first": groups[cause.groups[0]],
            "groups": [_named(groups[group_id]) for group_id in cause.groups],
            "id": cause.id,
            "command": accept_command(f"--cause {cause.id}")
            if any(not groups[group_id].accepts for group_id in cause.groups)
            else "",
        }
        for number, cause in enumerate(report.causes, start=1)
    ]


def _named(group: GroupRow) -> dict[str, Any]:
    return {"id": group.id, "path": group.path, "kind": KINDS.get(group.kind, group.kind), "n": group.n}


def _anchor(number: int) -> str:
    return f"cause-{number}"


def _name(number: int) -> str:
    return f"Cause {number}"


def group_card(group: GroupRow, report: Report) -> dict[str, Any]:
    """One group with its facts and samples; the latest and the first are in sight, the rest is folded."""
    latest = [sample for sample in group.samples[:1] if not sample.is_first]
    first = [sample for sample in group.samples if sample.is_first]
    shown = [*latest, *first]
    return {
        "row": group,
        "kind": KINDS.get(group.kind, group.kind),
        "share": share_of(group),
        "badges": _badges(group, report),
        "facts": _facts(group, report),
        "shown": [_sample(sample, group) for sample in shown],
        "others": [_sample(sample, group) for sample in group.samples if sample not in shown],
    }


def _cause_of(group: GroupRow, report: Report) -> tuple[int, Cause] | None:
    return next(
        ((number, cause) for number, cause in enumerate(report.causes, start=1) if group.id in cause.groups),
        None,
    )


def _badges(group: GroupRow, report: Report) -> list[Badge]:
    badges = []
    if group.checks:
        badges.append(Badge("write check"))
    if (found := _cause_of(group, report)) is not None:
        badges.append(Badge(_name(found[0]).lower()))
    if group.is_expired:
        badges.append(Badge("expired", "bad"))
    if not group.accepted_by and group.accepts:
        badges.append(Badge("accepted since", "good"))
    return badges


def _facts(group: GroupRow, report: Report) -> list[Fact]:
    facts = [
        Fact("seen", (Part(f"{moment(group.first_seen_at)} to {moment(group.last_seen_at)}"),)),
        Fact(
            "exchanges",
            (
                Part(
                    f"{group.n:,} ({percent(group.share)} of {group.compared:,} comparisons of this endpoint)"
                ),
            ),
        ),
        Fact("clients", (Part(clients_line(group) or "not known"),)),
        Fact("compared", (Part(comparing_line(group)),)),
    ]
    if checks := checks_line(group):
        facts.append(Fact("checks", (Part(checks),)))
    if (found := _cause_of(group, report)) is not None:
        number, cause = found
        facts.append(
            Fact("cause", (Part(_name(number), f"#{_anchor(number)}"), Part(f": {cause_sentence(cause)}")))
        )
    if group.acceptance is not None:
        facts.append(Fact("accepted", _accepted(group.acceptance, group)))
    if not group.accepted_by:
        facts.extend(Fact("accepted since", _accepted(taken, group)) for taken in group.accepts)
    facts.extend(
        Fact(
            "same place",
            (Part(count(other.n, "exchange"), f"#group-{other.id}"), Part(f" {_state(other.accepted_by)}")),
        )
        for other in group.same_place
    )
    if not group.accepted_by and not group.accepts:
        facts.append(Fact("to accept it", (Part(accept_command(group.id), code=True),)))
    facts.append(Fact("group", (Part(group.id, f"#group-{group.id}"),)))
    return facts


def _state(accepted_by: str) -> str:
    return f"accepted: {accepted_by}" if accepted_by else "that nobody had accepted"


def _accepted(accepted: AcceptedAs, group: GroupRow) -> tuple[Part, ...]:
    parts = [Part(f"{accepted_line(accepted)}, {accepted.name}")]
    if accepted.accepted_at is not None:
        parts.append(Part(f", from {moment(accepted.accepted_at)} on"))
    if accepted.ticket.startswith(("https://", "http://")):
        parts += [Part(", "), Part("ticket", accepted.ticket)]
    if group.is_expired:
        parts.append(Part(": expired, what comes now is a mismatch again"))
    return tuple(parts)


def _sample(sample: Sample, group: GroupRow) -> dict[str, Any]:
    name = "first" if sample.is_first else "latest" if sample is group.samples[0] else "sample"
    return {
        "row": sample,
        "group_path": group.path,
        "name": name,
        "at": moment(sample.at),
        "checks": checked_in_words(sample),
        "blocks": side_by_side(sample.legacy, sample.modern),
        "curl": [(backend.value, curl_of(sample, backend, group.endpoint)) for backend in Backend],
        "note": HOW_TO_FILL_IN,
    }
