"""`crossfade parity accept`: differences that a person takes on purpose, for a bounded time."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import click
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, message, print_json
from cli.parity_acceptances import acceptance_json, scope
from parity.accepting import Wish
from parity.chosen import wishes_of_cause
from parity.outcome import Acceptance, Kind

_QUIRK = re.compile(r"Q-\d{1,4}\Z", re.ASCII)
_TICKET = re.compile(r"https?://[\x21-\x7e]{1,1000}\Z")
LONGEST = 500
_LONGEST_OWNER = 200
_KINDS = [*(kind.value for kind in Kind), "any"]


@click.command()
@click.argument("group_ids", metavar="[GROUP]...", nargs=-1)
@click.option("--cause", "cause_id", metavar="CAUSE", help="All groups that the report tells as this cause.")
@click.option("--reason", required=True, help="Why; the report shows it, the ledger keeps it.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--expires", required=True, metavar="YYYY-MM-DD", help="The last day on which it holds.")
@click.option("--quirk", default="", metavar="Q-NN", help="The quirk that it comes from.")
@click.option("--ticket", default="", metavar="URL", help="Where the work on it is tracked.")
@click.option("--kind", metavar="KIND", help="The group's own kind (default), or any.")
@click.option(
    "--path", default="", metavar="GLOB", help="A wider path than the group's, such as '$.data.**'."
)
@click.option("--shape", "by_shape", is_flag=True, help="Only values of the shapes that the samples have.")
@click.option("--dry-run", is_flag=True, help="Print what would be accepted, and accept nothing.")
@json_option
@pass_context
def accept(
    context: Context,
    group_ids: tuple[str, ...],
    cause_id: str | None,
    reason: str,
    owner: str,
    expires: str,
    quirk: str,
    ticket: str,
    kind: str | None,
    path: str,
    by_shape: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Accept the differences of groups of the report, or of a whole cause, on purpose and until a day.

    Each group becomes an acceptance with its entry in the ledger: all of them or none. They count as accepted from now on, also in a parity worker that runs. What was counted before stays counted.
    """
    _check_widths(group_ids, cause_id, kind, path)
    wish = Wish(
        group="",
        reason=words("--reason", reason),
        owner=words("--owner", owner, _LONGEST_OWNER),
        expires=_day(expires),
        quirk=_quirk(quirk),
        ticket=_ticket(ticket, quirk),
        kind=_kind(kind),
        path=path,
        by_shape=by_shape,
    )
    wishes = [replace(wish, group=group_id) for group_id in group_ids]
    if cause_id is not None:
        wishes, already = wishes_of_cause(context.operations.report().report, cause_id, wish)
        for group in already:
            message(f"accepted already: {group.id}  {group.path} ({group.kind})")
    done = context.operations.accept(wishes, dry_run=dry_run)
    found = done.acceptances
    if as_json:
        values = [acceptance_json(one) for one in found]
        print_json(
            "crossfade.accept/1",
            {"version": done.version, "dry_run": dry_run, "acceptance": values[0], "acceptances": values},
        )
        return
    _print(found, dry_run=dry_run)
    if not dry_run:
        _name_the_others(context, found)


def _check_widths(group_ids: Sequence[str], cause_id: str | None, kind: str | None, path: str) -> None:
    if bool(group_ids) == (cause_id is not None):
        given = "both" if group_ids else "neither"
        raise UsageError(f"expected GROUP, one or several, or --cause CAUSE; {given} was given")
    if cause_id is None and len(group_ids) == 1:
        return
    for option, value in (("--kind", kind), ("--path", path)):
        if value:
            raise UsageError(f"{option} {value!r}: expected with one group alone, whose place it widens")


def _print(found: Sequence[Acceptance], *, dry_run: bool) -> None:
    out = console()
    for one in found:
        done = "would accept" if dry_run else f"accepted {one.id}"
        out.print(Text(f"{done} until {one.expires}: {one.label}"))
        out.print(Text(f"  {scope(one)}"))
        for legacy, modern in one.shapes:
            out.print(Text(f"  only where legacy has {legacy} and modern {modern}"))
    if dry_run:
        out.print("nothing was accepted (--dry-run)")
        return
    ids = " ".join(one.id for one in found)
    out.print(f"undo: crossfade parity unaccept {ids} --reason WHY", soft_wrap=True)


def _name_the_others(context: Context, found: Sequence[Acceptance]) -> None:
    """An exchange is accepted when all that differs in it is: the groups that come along are worth naming."""
    report = context.operations.report().report
    now = {one.id for one in found}
    taken = {group.id for group in report.groups if now & {one.name for one in group.accepts}}
    for cause in report.causes:
        left = [group for group in report.groups if group.id in cause.groups and not group.accepts]
        if left and taken & set(cause.groups):
            message("these are in the same exchanges, which stay mismatches until they are accepted too:")
            for group in left:
                message(f"  {group.id}  {group.path} ({group.kind})")
            message(f"all of them at once: crossfade parity accept --cause {cause.id}")


def words(option: str, text: str, longest: int = LONGEST) -> str:
    """Some printable words on one line; raises UsageError that names the option."""
    found = " ".join(text.split())
    if not found or len(found) > longest or not found.isprintable():
        raise UsageError(f"{option} {text[:60]!r}: expected some words, {longest} characters at most")
    return found


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise UsageError(f"--expires {text!r}: expected a day like 2027-01-31") from error


def _quirk(text: str) -> str:
    if text and not _QUIRK.match(text):
        raise UsageError(f"--quirk {text!r}: expected the number of a quirk, like Q-7")
    return text


def _ticket(text: str, quirk: str) -> str:
    if text and quirk:
        raise UsageError(f"--ticket {text!r}: expected either a ticket or a quirk, and --quirk is {quirk!r}")
    if text and not _TICKET.match(text):
        raise UsageError(f"--ticket {text!r}: expected an address like https://tracker.example/4711")
    return text


def _kind(text: str | None) -> str | None:
    if text is not None and text not in _KINDS:
        raise UsageError(f"--kind {text!r}: expected one of: {', '.join(_KINDS)}")
    return text
