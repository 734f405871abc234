"""A load test beside a baseline as JUnit XML: a suite a domain, a test case an endpoint, which fails when it got worse."""

from itertools import groupby
from xml.etree import ElementTree as ET

from parity.load_comparison import Change, LoadChange, LoadComparison

NAME = "crossfade loadtest"


def render_junit(found: LoadComparison) -> str:
    """The document; what could not be told is skipped."""
    root = ET.Element("testsuites", name=NAME)
    suites: dict[str, ET.Element] = {}
    for (domain, endpoint), changes in groupby(found.changes, key=lambda one: (one.domain, one.endpoint)):
        name = domain or "all domains"
        suite = suites.get(name)
        if suite is None:
            suite = suites[name] = ET.SubElement(root, "testsuite", name=name, time="0")
        _case(suite, endpoint, list(changes))
    for element in (*suites.values(), root):
        element.set("tests", str(len(element.findall(".//testcase"))))
        element.set("failures", str(len(element.findall(".//failure"))))
        element.set("errors", "0")
        element.set("skipped", str(len(element.findall(".//skipped"))))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(suite: ET.Element, endpoint: str, changes: list[LoadChange]) -> None:
    classname = f"loadtest.{suite.get('name')}"
    case = ET.SubElement(suite, "testcase", classname=classname, name=endpoint, time="0")
    worse = [one for one in changes if one.says == Change.REGRESSION]
    if worse:
        text = "; ".join(map(_told, worse))
        ET.SubElement(case, "failure", message=text, type="regression").text = text
    elif all(one.says == Change.UNDECIDED for one in changes):
        ET.SubElement(case, "skipped", message="undecided")
    ET.SubElement(case, "system-out").text = "\n".join(map(_told, changes))


def _told(change: LoadChange) -> str:
    told = [
        "not measured" if one is None else f"{one.value:.3g} ({one.low:.3g} to {one.high:.3g})"
        for one in (change.then, change.now, change.change)
    ]
    return f"{change.measure}: {told[0]} then, {told[1]} now, change {told[2]}: {change.says}"
