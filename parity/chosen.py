"""The groups that a person means who names a cause of the report."""

from dataclasses import replace

from parity.accepting import Wish
from parity.errors import AcceptanceError
from parity.group_rows import GroupRow
from parity.report import Report

NAMED = 3
"""Causes that the sentence about an unknown one names."""


def groups_of_cause(report: Report, cause_id: str) -> list[GroupRow]:
    """The groups of a cause, the one to look at first in front; raises AcceptanceError when the report has no such cause."""
    groups = {group.id: group for group in report.groups}
    for cause in report.causes:
        if cause.id == cause_id:
            return [groups[group_id] for group_id in cause.groups]
    known = ", ".join(f"{cause.id} ({cause.endpoint})" for cause in report.causes[:NAMED])
    more = ", …" if len(report.causes) > NAMED else ""
    there = f"; those of now are {known}{more}" if known else "; there is none now"
    raise AcceptanceError(
        f"--cause {cause_id[:60]!r}: expected a cause of crossfade parity report, such as c-3f9c0a77, whose id is"
        f" another one when its groups have changed{there}"
    )


def wishes_of_cause(report: Report, cause_id: str, wish: Wish) -> tuple[list[Wish], list[GroupRow]]:
    """The wish for each group of a cause that nobody has accepted yet, and the groups that somebody has.

    Raises AcceptanceError when the report has no such cause, or nothing of it is left.
    """
    groups = groups_of_cause(report, cause_id)
    left = [replace(wish, group=group.id) for group in groups if not group.accepts]
    if not left:
        raise AcceptanceError(f"--cause {cause_id}: all of its groups are accepted already")
    return left, [group for group in groups if group.accepts]
