"""`crossfade parity accept | unaccept`: differences that a person takes on purpose, for a bounded time."""

import re
import time
from datetime import UTC, date, datetime

import click
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, message, print_json
from cli.parity_acceptances import acceptance_json, scope
from parity.acceptances import accept as add_acceptance
from parity.acceptances import withdraw
from parity.accepting import Wish, acceptance_for, group_of
from parity.database import complete_tables, storing
from parity.holdings import read_holdings
from parity.outcome import Acceptance, Kind
from parity.report import build_report
from parity.tables import METADATA

_QUIRK = re.compile(r"Q-\d{1,4}\Z", re.ASCII)
_TICKET = re.compile(r"https?://[\x21-\x7e]{1,1000}\Z")
_LONGEST = 500
_LONGEST_OWNER = 200
_KINDS = [*(kind.value for kind in Kind), "any"]


@click.command()
@click.argument("group_id", metavar="GROUP")
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
@json_option
@pass_context
def accept(
    context: Context,
    group_id: str,
    reason: str,
    owner: str,
    expires: str,
    quirk: str,
    ticket: str,
    kind: str | None,
    path: str,
    by_shape: bool,
    as_json: bool,
) -> None:
    """Accept the differences of a group of the report, on purpose and until a day.

    They count as accepted from now on, also in a parity worker that runs. What was counted before stays counted.
    """
    wish = Wish(
        group=group_id,
        reason=_words("--reason", reason, _LONGEST),
        owner=_words("--owner", owner, _LONGEST_OWNER),
        expires=_day(expires),
        quirk=_quirk(quirk),
        ticket=_ticket(ticket, quirk),
        kind=_kind(kind),
        path=path,
        by_shape=by_shape,
    )
    complete_tables(context.engine, METADATA)
    with storing("read the groups"), context.engine.connect() as connection:
        today = datetime.now(UTC).date()
        group = group_of(connection, group_id)
        acceptance = acceptance_for(
            connection,
            wish,
            present=read_holdings(connection, context.declared(), today).present,
            today=today,
            max_days=context.settings.parity.max_acceptance_days,
        )
    change = context.flags.note(
        "accept",
        _place(acceptance),
        actor=context.actor,
        reason=acceptance.label,
        apply=lambda connection: add_acceptance(connection, acceptance, by=context.actor, at=time.time()),
    )
    if as_json:
        print_json(
            "crossfade.accept/1", {"version": change.version, "acceptance": acceptance_json(acceptance)}
        )
        return
    out = console()
    out.print(Text(f"accepted {acceptance.id} until {acceptance.expires}: {acceptance.label}"))
    out.print(Text(f"  {scope(acceptance)}"))
    for legacy, modern in acceptance.shapes:
        out.print(Text(f"  only where legacy has {legacy} and modern {modern}"))
    out.print(f"undo: crossfade parity unaccept {acceptance.id} --reason WHY", soft_wrap=True)
    _name_the_others(context, str(group["id"]))


def _name_the_others(context: Context, group_id: str) -> None:
    """An exchange is accepted when all that differs in it is: the groups that come along are worth naming."""
    report = build_report(context.engine)
    beside = {one for cause in report.causes if group_id in cause.groups for one in cause.groups}
    open_ones = [group for group in report.groups if group.id in beside - {group_id} and not group.accepts]
    if open_ones:
        message("these are in the same exchanges, which stay mismatches until they are accepted too:")
        for group in open_ones:
            message(f"  {group.id}  {group.path} ({group.kind})")


@click.command()
@click.argument("acceptance_id", metavar="ACCEPTANCE")
@click.option("--reason", required=True, help="Why; it goes to the ledger.")
@json_option
@pass_context
def unaccept(context: Context, acceptance_id: str, reason: str, as_json: bool) -> None:
    """Withdraw an acceptance of the store: its differences count as mismatches from now on."""
    words = _words("--reason", reason, _LONGEST)
    complete_tables(context.engine, METADATA)
    withdrawn: list[Acceptance] = []
    change = context.flags.note(
        "unaccept",
        acceptance_id[:100],
        actor=context.actor,
        reason=words,
        apply=lambda connection: withdrawn.append(withdraw(connection, acceptance_id, at=time.time())),
    )
    if as_json:
        print_json(
            "crossfade.unaccept/1", {"version": change.version, "acceptance": acceptance_json(withdrawn[0])}
        )
        return
    out = console()
    out.print(Text(f"withdrawn {acceptance_id}: these count as mismatches again"))
    out.print(Text(f"  {scope(withdrawn[0])}"))


def _place(acceptance: Acceptance) -> str:
    return f"{acceptance.id} {scope(acceptance)}, {acceptance.owner} until {acceptance.expires}"[:300]


def _words(option: str, text: str, longest: int) -> str:
    words = " ".join(text.split())
    if not words or len(words) > longest or not words.isprintable():
        raise UsageError(f"{option} {text[:60]!r}: expected some words, {longest} characters at most")
    return words


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
