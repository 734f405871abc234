"""The report as JUnit XML, which every CI system shows: a test suite a domain, a test case an endpoint.

An endpoint fails with its open difference groups, and is skipped where nothing was compared. What cannot be told is an
error.
"""

from xml.etree import ElementTree as ET

from parity.conditions import Condition, Standing, books, named
from parity.gate import Gate
from parity.junit import add_case, add_skipped, add_suite, add_text, begin, close
from parity.report import EndpointRow, GroupRow, Report
from parity.report_words import count, headline, moment, of_check, percent, reasons, sum_line

NAME = "crossfade parity"
SHOWN_CHARACTERS = 500


def render_junit(report: Report, gate: Gate | None = None) -> str:
    """The document. With a gate its conditions are test cases too, and an endpoint fails only where the gate does."""
    root = begin(NAME)
    at = report.generated_at
    own = add_suite(root, "gate" if gate else "books", at)
    for condition in gate.conditions if gate else (books(report.balance),):
        _condition(own, condition)
    is_tolerated = gate is not None and all(one.standing is not Standing.WRONG for one in gate.conditions)
    for domain in sorted({row.domain for row in report.endpoints}):
        suite = add_suite(root, domain or "no domain of ours", at)
        for row in report.endpoints:
            if row.domain == domain:
                groups = [group for group in report.open_groups if group.endpoint == row.endpoint]
                _endpoint(suite, row, groups, is_tolerated=is_tolerated)
    add_text(own, "system-out", f"{headline(report)}\noutcomes {sum_line(report)}")
    return close(root)


def _condition(suite: ET.Element, condition: Condition) -> None:
    case = add_case(suite, "parity", condition.name)
    match condition.standing:
        case Standing.HOLDS:
            add_text(case, "system-out", condition.text)
        case Standing.MISSING:
            add_text(case, "error", condition.text, message=condition.text, type="cannot be told")
        case Standing.WRONG:
            add_text(case, "failure", condition.text, message=condition.text, type="does not hold")


def _endpoint(suite: ET.Element, row: EndpointRow, groups: list[GroupRow], *, is_tolerated: bool) -> None:
    tally = row.tally
    case = add_case(suite, "parity", row.endpoint or "(no endpoint of ours)")
    said = [f"{tally.requests:,} requests, {tally.mirrored:,} mirrored, {tally.compared:,} compared"]
    said += [
        f"{outcome}: {reasons(list(found.items()))}" for outcome, found in tally.reasons.items() if found
    ]
    if tally.mismatches:
        verb = "differs" if tally.mismatches == 1 else "differ"
        share = percent(tally.mismatch_rate)
        message = f"{tally.mismatches:,} of {count(tally.compared, 'comparison')} {verb} ({share})"
        text = "\n\n".join([message, *(_group(group) for group in groups)])
        if is_tolerated:
            said.append(text)
        else:
            add_text(case, "failure", text, message=message, type="mismatch")
    elif not tally.compared:
        why = reasons(list(tally.not_mirrored.items()))
        add_skipped(case, f"nothing was compared{f' ({why})' if why else ''}")
    add_text(case, "system-out", "\n".join(said))


def _group(group: GroupRow) -> str:
    lines = [named(group)]
    if group.samples:
        sample = group.samples[0]
        lines += [
            f"  at {sample.path}",
            f"  legacy {sample.legacy_status}: {_short(sample.legacy)}",
            f"  modern {sample.modern_status}: {_short(sample.modern)}",
            f"  seen {moment(sample.at)} {sample.target}{of_check(sample)}",
        ]
    return "\n".join(lines)


def _short(value: str | None) -> str:
    if value is None:
        return "nothing"
    flat = " ".join(value.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else f"{flat[:SHOWN_CHARACTERS]}…"
