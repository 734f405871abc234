"""The sentences and numbers of a report, the same in the terminal and on the page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from parity.causes import Cause
from parity.exchange import REHEARSE
from parity.fleeting import LEAST_SEEN, FleetingPath
from parity.group_rows import AcceptedAs, GroupRow, Sample
from parity.noise import LEAST_ASKED, LEAST_DIFFERED, LEAST_SHARE, NoisyPath
from parity.outcome import Aside, Kind, Outcome
from parity.report import Report
from parity.tally import Balance, Tally
from parity.write_sets import NO_DATABASE

MEANINGS: dict[Outcome, str] = {
    Outcome.MATCH: "the answers are the same",
    Outcome.ACCEPTED: "they differ as a person has accepted",
    Outcome.MISMATCH: "they differ",
    Outcome.TRANSIENT: "they differed, and not when asked again",
    Outcome.SHED: "the copy was dropped at a bound",
    Outcome.TIMEOUT: "the shadow gave no answer in time",
    Outcome.ERROR: "a backend gave no whole answer",
    Outcome.SKIPPED: "the answers could not be compared",
}

KINDS: dict[str, str] = {
    Kind.STATUS: "another status",
    Kind.HEADER: "another header",
    Kind.MISSING: "missing in modern",
    Kind.EXTRA: "only in modern",
    Kind.TYPE: "another type",
    Kind.VALUE: "another value",
    Kind.ORDER: "another order",
    Kind.LENGTH: "another length",
}


ASIDES: dict[Aside, str] = {
    Aside.CONFIRMATIONS: "confirmations",
    Aside.UNCONFIRMED: "unconfirmed",
    Aside.NOISE_CHECKS: "noise checks",
    Aside.REHEARSALS: "rehearsed writes",
    Aside.ROWS: "rows of these",
}
CLIENT_CHARACTERS = 8
"""How much of a client's token is shown in a list; samples and JSON have it whole."""


def count(n: int, one: str, many: str = "") -> str:
    """`1 group`, `1,204 groups`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def headline(report: Report) -> str:
    """The verdict in one sentence."""
    compared, mismatches = report.tally.compared, report.tally.mismatches
    if not compared:
        return "Nothing has been compared yet."
    if not mismatches:
        return f"{'The one comparison agrees' if compared == 1 else f'All {compared:,} comparisons agree'}."
    verb = "differs" if mismatches == 1 else "differ"
    return f"{mismatches:,} of {count(compared, 'comparison')} {verb}{_places(report.open_groups)}."


def _places(groups: Sequence[GroupRow]) -> str:
    if not groups:
        return ""
    endpoints = len({group.endpoint for group in groups})
    return f", in {count(len(groups), 'group')} at {count(endpoints, 'endpoint')}"


def remarks(report: Report) -> list[str]:
    """What must be said besides the verdict, most important first."""
    tally = report.tally
    said = [alarm(report.balance)] if not report.balance.balanced else []
    if accepted := tally.outcomes.get(Outcome.ACCEPTED, 0):
        said.append(f"{count(accepted, 'comparison')} differ{'s' if accepted == 1 else ''} only as accepted.")
    if tally.unconfirmed:
        said.append(
            f"{tally.unconfirmed:,} of {count(tally.mismatches, 'mismatch', 'mismatches')} could not be confirmed:"
            f" {reasons(list(tally.asides[Aside.UNCONFIRMED].items()))}."
        )
    if fleeting := [path for path in report.fleeting if path.comes_and_goes]:
        said.append(
            f"{count(len(fleeting), 'path')} {'comes and goes' if len(fleeting) == 1 else 'come and go'}:"
            " what differed there did not when asked again, and legacy answered as before."
        )
    if tally.not_compared:
        parts = [
            f"{tally.outcomes[outcome]:,} {outcome}"
            for outcome in (Outcome.ERROR, Outcome.TIMEOUT, Outcome.SHED, Outcome.SKIPPED)
            if tally.outcomes.get(outcome)
        ]
        verb = "was" if tally.not_compared == 1 else "were"
        said.append(
            f"{count(tally.not_compared, 'mirrored request')} {verb} not compared: {', '.join(parts)}."
        )
    if alone := tally.asides.get(Aside.ROWS, {}).get(NO_DATABASE, 0):
        said.append(
            f"{count(alone, 'row')} of rehearsed writes {'was' if alone == 1 else 'were'} not compared:"
            " write_checks.database is not set."
        )
    if said_removed := _removed(report):
        said.append(said_removed)
    if not tally.compared and not tally.mirrored:
        said.append("No request has been mirrored: a domain is mirrored from stage shadow to live.")
    return said


def _removed(report: Report) -> str:
    """What an older part of the report lacks; empty when it reaches back no further than the store does."""
    before = report.removed_before
    begins = 0.0 if report.since_s is None else report.generated_at - report.since_s
    if before is None or begins >= before:
        return ""
    return (
        f"Of before {moment(before)} there are sums alone: groups, samples and costs of then were removed"
        " (store.max_age_days, store.max_bytes)."
    )


def share_of(group: GroupRow) -> str:
    """`0.25% of 1,204`: the share of the endpoint's comparisons, with their number."""
    return f"{percent(group.share)} of {group.compared:,}" if group.compared else ""


def clients_line(group: GroupRow) -> str:
    """`7: 4f1c09aa (120), 9a0d77e1 (at least 31), …`, by the beginnings of their tokens; empty when none is known."""
    if not group.clients:
        return ""
    named = [
        f"{one.client[:CLIENT_CHARACTERS]} ({'at least ' if one.error else ''}{max(one.n - one.error, 1):,})"
        for one in group.clients
    ]
    more = ", …" if group.client_n > len(group.clients) or not group.is_every_client else ""
    number = f"{group.client_n:,}" if group.is_every_client else f"{group.client_n:,} or more"
    return f"{number}: {', '.join(named)}{more}"


def checks_line(group: GroupRow) -> str:
    """`POST /v1/escrows (12 of 40 exchanges)`: whose writes the group's exchanges check; empty when they check none."""
    if not group.checks and not group.writes:
        return ""
    shown = ", ".join(group.writes) or "writes of which no sample is left"
    return f"{shown} ({group.checks:,} of {count(group.n, 'exchange')})"


def of_check(sample: Sample) -> str:
    """`, checks POST /v1/escrows` behind what a sample read; empty where it checks no write."""
    words = checked_in_words(sample)
    return f", checks {words}" if words else ""


def checked_in_words(sample: Sample) -> str:
    """The write that a sample checks, and that it was rehearsed if it was; empty where it checks none."""
    how = " by a rehearsal" if sample.write_check == REHEARSE else ""
    return f"{sample.write}{how}" if sample.write else ""


def comparing_line(group: GroupRow) -> str:
    """By which rule the place is compared."""
    return f"by {group.compare}: {group.rule}" if group.rule else f"by {group.compare}, no rule holds here"


def accepted_line(accepted: AcceptedAs) -> str:
    """An acceptance with who answers for it and until when."""
    return f"{accepted.label} ({accepted.owner}, until {accepted.expires})"


def cause_sentence(cause: Cause) -> str:
    """`These 4 groups are in the same 120 of 124 exchanges: probably one cause`, as a sentence."""
    number = len(cause.groups)
    share = f"{cause.together:,} of {cause.of:,} exchanges"
    looked_at = "" if cause.exact else f" ({cause.of:,} drawn at random)"
    return f"These {number:,} groups are in the same {share}{looked_at}: probably one cause."


def accept_command(what: str) -> str:
    """The command that accepts a group (its id) or a cause (`--cause ID`)."""
    return f"crossfade parity accept {what} --reason … --owner … --expires …"


def alarm(balance: Balance) -> str:
    """What is wrong with the books."""
    wrong = []
    if balance.off_by > 0:
        wrong.append(f"{count(balance.off_by, 'mirrored request')} without an outcome")
    if balance.off_by < 0:
        wrong.append(f"{count(-balance.off_by, 'outcome')} without a mirrored request")
    if balance.lost:
        wrong.append(
            f"{count(balance.lost, 'exchange')} lost in proxy workers that ended without handing over"
        )
    return f"THE BOOKS DO NOT BALANCE: {' and '.join(wrong)}."


def subject(report: Report) -> str:
    """What the report is about and when it was made."""
    about = report.domain or "all domains"
    span = "since the beginning" if report.since_s is None else f"last {duration(report.since_s)}"
    return f"{about} · {span} · {moment(report.generated_at)}"


def balance_line(balance: Balance) -> str:
    """The books as an equation."""
    lost = f" + {balance.lost:,} lost" if balance.lost else ""
    return (
        f"{balance.mirrored:,} mirrored {'=' if balance.off_by == 0 else '≠'} {balance.outcomes:,} outcomes"
        f" + {balance.in_flight:,} in flight{lost}"
    )


def sum_line(report: Report) -> str:
    """The outcomes as a sum, those that are zero left out."""
    parts = [f"{n:,} {outcome}" for outcome, n in report.tally.outcomes.items() if n]
    return f"{' + '.join(parts) or '0'} = {report.tally.total:,}"


def reasons(found: Sequence[tuple[str, int]]) -> str:
    """`stage 200, sampled out 84`, largest first."""
    largest = sorted(found, key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason.replace('_', ' ') or 'no reason given'} {n:,}" for reason, n in largest)


def books(
    report: Report, *, mirrored: Sequence[tuple[str, str]] = (), by_reason: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """What became of requests, row by row; with what is also told of the mirrored ones, and of outcomes."""
    tally = report.tally
    rows = [("requests", f"{tally.requests:,}"), *mirrored]
    if tally.not_mirrored:
        rows.append(("not mirrored", reasons(list(tally.not_mirrored.items()))))
    if tally.fallback:
        rows.append(("fallback", f"{count(tally.fallback, 'read')} answered by legacy because modern failed"))
    if tally.failed:
        rows.append(("failed", f"{tally.failed:,}"))
    rows += [("outcomes", sum_line(report)), *by_reason, *asides(tally)]
    everywhere = "" if report.domain is None and report.since_s is None else " (all domains, all time)"
    return [*rows, ("balance", balance_line(report.balance) + everywhere)]


def asides(tally: Tally) -> list[tuple[str, str]]:
    """What asking again brought: name and reasons of what is counted beside the outcomes."""
    return [(ASIDES[aside], reasons(list(found.items()))) for aside, found in tally.asides.items()]


def noise_meaning(path: NoisyPath) -> str:
    """What becomes of differences at a noisy path."""
    if not path.is_proven:
        return f"no noise yet: {LEAST_DIFFERED} of {LEAST_ASKED} and {LEAST_SHARE:.0%} are wanted"
    if path.is_by_shape:
        return "compared by shape, where no rule says otherwise"
    return "differs in more than its value: compared as before, wants a rule"


def fleeting_meaning(path: FleetingPath) -> str:
    """What a difference that was gone when asked again is taken for."""
    if path.comes_and_goes:
        return "comes and goes: a fault, for legacy answered as before"
    if path.is_over:
        return f"seen too seldom to call it a fault: {LEAST_SEEN} times are wanted"
    return f"not in more than {percent(path.max_share)}: may be chance"


def moment(at: float) -> str:
    """A time as `2026-11-23 11:13:31 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """`90 s`, `15 min`, `2 h`, `7 d`: the largest unit that is exact."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def milliseconds(seconds: float) -> str:
    """A duration with three digits that matter."""
    value = seconds * 1_000
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value: float | None) -> str:
    """A ratio as `0.82x`, or a dash."""
    return "-" if value is None else f"{value:.2f}x"


def percent(value: float | None) -> str:
    """A share, never rounded to 0 or 100 when it is neither; a dash for none."""
    if value is None:
        return "-"
    if value in (0, 1):
        return f"{value:.0%}"
    return f"{min(max(value * 100, 0.01), 99.99):.2f}%"
