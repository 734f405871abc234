"""JUnit XML as the tools that read it agree (Jenkins, GitLab, Azure; there is no standard).

Suites with cases, one failure a case at most, and counts at every suite and at the root.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from parity.report_words import moment

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def begin(name: str) -> ET.Element:
    """A document without suites; `close` makes it text."""
    return ET.Element("testsuites", name=name)


def add_suite(root: ET.Element, name: str, at: float) -> ET.Element:
    """One that ran at that time (Unix seconds)."""
    timestamp = moment(at).removesuffix(" UTC").replace(" ", "T")
    return ET.SubElement(root, "testsuite", name=clean(name), timestamp=timestamp, time="0")


def add_case(suite: ET.Element, kind: str, name: str) -> ET.Element:
    """One that passes, as long as nothing else is said in it; its class is `kind.suite`."""
    return ET.SubElement(
        suite, "testcase", classname=f"{kind}.{suite.get('name')}", name=clean(name), time="0"
    )


def add_text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    """A `failure`, an `error`, or the `system-out` of a case or suite."""
    element = ET.SubElement(parent, tag, {name: clean(value) for name, value in attributes.items()})
    element.text = clean(text)


def add_skipped(case: ET.Element, why: str) -> None:
    """Neither passes nor fails, for that reason."""
    ET.SubElement(case, "skipped", message=clean(why))


def clean(text: str) -> str:
    """What XML has no way to write, not even escaped, is replaced."""
    return _NO_XML.sub("\ufffd", text)


def close(root: ET.Element) -> str:
    """The document as text, with everything counted."""
    for suite in (*root, root):
        _count(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _count(suite: ET.Element) -> None:
    cases = list(suite.iter("testcase"))
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(_having(cases, tag)))


def _having(cases: Iterable[ET.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)
