"""JUnit XML as CI systems read it: counts that are right, one failure a test case, nothing that breaks the document."""

import re
from xml.etree import ElementTree as ET

import pytest

from parity.gate import judge_gate
from parity.outcome import Outcome
from parity.report import EndpointRow, Report
from parity.report_junit import render_junit
from parity.tally import Balance, Costs, Tally
from tests.parity.reports import HOSTILE, group, report, sample

LIST, DETAIL = "GET /v1/escrows", "GET /v1/escrows/{id}"


def row(endpoint: str, **outcomes: int) -> EndpointRow:
    counted = {Outcome(name): n for name, n in outcomes.items()}
    mirrored = sum(counted.values())
    tally = Tally(requests=mirrored + 5, mirrored=mirrored, not_mirrored={"write": 5}, outcomes=counted)
    return EndpointRow(endpoint, "escrows" if "escrows" in endpoint else "", tally, Costs())


def three(**changes: object) -> Report:
    rows = (row(LIST, match=7), row(DETAIL, match=3, mismatch=1), row("POST /v1/escrows"), row(""))
    total = Tally(mirrored=11, outcomes={Outcome.MATCH: 10, Outcome.MISMATCH: 1})
    return report(**{"endpoints": rows, "tally": total, "balance": Balance(11, 11), **changes})


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  what we have written ourselves


def cases(root: ET.Element) -> dict[str, list[str]]:
    """What each test case has become."""
    return {
        case.get("name", ""): [child.tag for child in case if child.tag != "system-out"]
        for case in root.iter("testcase")
    }


def test_an_endpoint_is_a_test_case_that_fails_where_something_differs() -> None:
    root = parsed(render_junit(three()))

    assert cases(root) == {
        "books": [],
        "(no endpoint of ours)": ["skipped"],
        LIST: [],
        DETAIL: ["failure"],
        "POST /v1/escrows": ["skipped"],
    }
    assert [suite.get("name") for suite in root] == ["books", "no domain of ours", "escrows"]
    assert root.find(".//skipped[@message='nothing was compared (write 5)']") is not None


def test_the_failure_says_how_many_and_shows_each_open_group() -> None:
    failure = parsed(render_junit(three())).find(".//failure")

    assert failure is not None
    assert failure.attrib == {"message": "1 of 4 comparisons differs (25.00%)", "type": "mismatch"}
    assert "$.data.details.purchasePrice another value (3 exchanges" in (failure.text or "")
    assert "legacy 200: 445000\n  modern 200: 445001" in (failure.text or "")
    assert "items gain field" not in (failure.text or "")


@pytest.mark.parametrize("gate", [None, judge_gate(three(), min_comparisons=100, max_rate=0)])
def test_the_counts_are_those_of_the_cases(gate: object) -> None:
    root = parsed(render_junit(three(), gate))  # type: ignore[arg-type]  # a gate or none

    for suite in (root, *root):
        found = list(suite.iter("testcase"))
        assert int(suite.attrib["tests"]) == len(found)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == sum(case.find(tag) is not None for case in found)
    assert int(root.attrib["tests"]) == sum(int(suite.attrib["tests"]) for suite in root)


def test_the_document_has_the_form_that_readers_agree_on() -> None:
    root = parsed(render_junit(three(), judge_gate(three(), min_comparisons=1, max_rate=0)))

    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"} <= set(suite.attrib)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        assert {child.tag for child in suite} <= {"testcase", "system-out"}
        for case in suite.iter("testcase"):
            assert {"name", "classname", "time"} <= set(case.attrib)
            results = [child for child in case if child.tag in {"failure", "error", "skipped"}]
            assert len(results) <= 1
            assert all(one.get("message") for one in results)


def test_books_that_do_not_balance_are_an_error() -> None:
    root = parsed(render_junit(three(balance=Balance(mirrored=12, outcomes=11))))

    assert cases(root)["books"] == ["error"]
    assert root.get("errors") == "1"


def test_what_a_gate_tolerates_is_told_and_is_no_failure() -> None:
    tolerant = judge_gate(three(), min_comparisons=1, max_rate=0.5)

    root = parsed(render_junit(three(), tolerant))

    assert root.get("failures") == "0"
    assert "purchasePrice another value" in "".join(root.itertext())


def test_a_gate_that_does_not_hold_and_one_that_cannot_be_told_differ() -> None:
    strict = parsed(render_junit(three(), judge_gate(three(), min_comparisons=100, max_rate=0)))

    assert cases(strict) | {"comparisons": ["error"], "mismatch rate": ["failure"]} == cases(strict)


def test_nothing_that_was_captured_breaks_the_document() -> None:
    hostile = f"{HOSTILE}]]></failure>&amp;\x00\x1b[31m\ufffe\ud800"
    found = group(path=hostile, samples=(sample(legacy=hostile, modern=None, target=hostile),))

    root = parsed(render_junit(three(groups=(found,))))

    text = "".join(root.itertext())
    assert HOSTILE in text
    assert "modern 200: nothing" in text
    assert not re.search("[\x00\x1b\ufffe]", text)
    assert len(list(root.iter("failure"))) == 1


def test_a_long_value_is_cut() -> None:
    found = group(samples=(sample(legacy="x" * 5_000),))

    assert len(render_junit(three(groups=(found,)))) < 5_000


def test_a_sample_of_a_write_check_says_so() -> None:
    checked = group(samples=(sample(write="POST /v1/escrows"),))

    assert ", checks POST /v1/escrows" in render_junit(three(groups=(checked,)))
