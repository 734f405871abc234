"""The report as JUnit XML, which every CI system shows: a test suite a domain, a test case an endpoint.

As the tools that read it agree (Jenkins, GitLab, Azure; there is no standard): one failure a test case at most, counts
at every suite and at the root. An endpoint fails with its open difference groups, and is skipped where nothing was
compared. What cannot be told is an error.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from parity.conditions import Condition, Standing, books, named
from parity.gate import Gate
from parity.report import EndpointRow, GroupRow, Report
from parity.report_words import count, headline, moment, of_check, percent, reasons, sum_line

NAME = "crossfade parity"
SHOWN_CHARACTERS = 500

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, gate: Gate | None = None) -> str:
    """The document. With a gate its conditions are test cases too, and an endpoint fails only where the gate does."""
    root = ET.Element("testsuites", name=NAME)
    at = moment(report.generated_at).removesuffix(" UTC").replace(" ", "T")
    own = _suite(root, "gate" if gate else "books", at)
    for condition in gate.conditions if gate else (books(report.balance),):
        _condition(own, condition)
    is_tolerated = gate is not None and all(one.standing is not Standing.WRONG for one in gate.conditions)
    for domain in sorted({row.domain for row in report.endpoints}):
        suite = _suite(root, domain or "no domain of ours", at)
        for row in report.endpoints:
            if row.domain == domain:
                groups = [group for group in report.open_groups if group.endpoint == row.endpoint]
                _endpoint(suite, row, groups, is_tolerated=is_tolerated)
    for suite in (*root, root):
        _count(suite)
    _text(own, "system-out", f"{headline(report)}\noutcomes {sum_line(report)}")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, at: str) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=_clean(name), timestamp=at, time="0")


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=f"parity.{suite.get('name')}", name=_clean(name), time="0"
    )


def _condition(suite: ET.Element, condition: Condition) -> None:
    case = _case(suite, condition.name)
    match condition.standing:
        case Standing.HOLDS:
            _text(case, "system-out", condition.text)
        case Standing.MISSING:
            _text(case, "error", condition.text, message=condition.text, type="cannot be told")
        case Standing.WRONG:
            _text(case, "failure", condition.text, message=condition.text, type="does not hold")


def _endpoint(suite: ET.Element, row: EndpointRow, groups: list[GroupRow], *, is_tolerated: bool) -> None:
    tally = row.tally
    case = _case(suite, row.endpoint or "(no endpoint of ours)")
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
            _text(case, "failure", text, message=message, type="mismatch")
    elif not tally.compared:
        why = reasons(list(tally.not_mirrored.items()))
        ET.SubElement(case, "skipped", message=_clean(f"nothing was compared{f' ({why})' if why else ''}"))
    _text(case, "system-out", "\n".join(said))


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


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    element = ET.SubElement(parent, tag, {name: _clean(value) for name, value in attributes.items()})
    element.text = _clean(text)


def _clean(text: str) -> str:
    """What XML has no way to write, not even escaped, is replaced."""
    return _NO_XML.sub("\ufffd", text)


def _count(suite: ET.Element) -> None:
    cases = list(suite.iter("testcase"))
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(_having(cases, tag)))


def _having(cases: Iterable[ET.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)
