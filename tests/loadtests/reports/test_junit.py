"""A load test as JUnit XML."""

from xml.etree import ElementTree as ET

import msgspec

from loadtests.reports.junit import render_junit
from parity.load_results import LoadTest
from tests.parity import load_results_factory as made
from tests.parity.load_results_factory import load_test, mixed, unmeasured


def read(test: LoadTest) -> ET.Element:
    return ET.fromstring(render_junit(test))  # noqa: S314  we wrote it


def cases(root: ET.Element, tag: str) -> list[tuple[str | None, str | None]]:
    """Name and message of those that have it."""
    return [
        (case.get("name"), found.get("message"))
        for case in root.iter("testcase")
        for found in case.findall(tag)
    ]


def test_a_missed_target_fails_and_an_undecided_one_is_skipped_with_what_would_decide_it() -> None:
    undecided = (
        "response time 0.68 (0.59-0.77), target at most 0.67; the interval holds the target; "
        "9 more pairs of blocks (about 2 min) would decide it"
    )

    root = read(mixed())

    assert cases(root, "failure") == [
        (
            "PUT /v1/escrows/{id}: not slower",
            "not slower 1.14 (1.08-1.20), target at most 1.00 and a margin",
        ),
        ("GET /v1/clients: response time", "response time 0.72 (0.67-0.77), target at most 0.61"),
    ]
    assert cases(root, "skipped") == [("POST /v1/escrows: response time", undecided)]
    assert [root.get(name) for name in ("failures", "skipped", "errors")] == ["2", "1", "0"]


def test_each_binding_judgement_is_a_case_in_the_suite_of_its_domain() -> None:
    root = read(load_test())

    suites = {suite.get("name"): [case.get("name") for case in suite.iter("testcase")] for suite in root}
    assert list(suites) == ["run", "all endpoints", "escrows", "listings", "clients"]
    assert suites["all endpoints"] == [
        f"all endpoints: {measure}" for measure in ("response time", "queries a request", "cache hits")
    ]
    assert suites["clients"] == [
        "GET /v1/clients: response time",
        "GET /v1/clients: not slower",
        "GET /v1/clients/{id}: not slower",
        "PATCH /v1/clients/{id}/status: not slower",
    ]


def test_an_endpoint_that_nothing_binds_is_a_case_that_says_its_numbers() -> None:
    row = load_test().endpoints[0]
    unbound = msgspec.structs.replace(row, judgements=[made.judgement()])

    root = read(load_test(endpoints=[unbound, unmeasured()]))

    said = {case.get("name"): case.findtext("system-out") for case in root.iter("testcase")}
    assert "response time 0.60 (0.56-0.64), target at most 0.80: met" in str(said["GET /v1/escrows"])
    assert "p50 25.7 → 13.5 ms" in str(said["GET /v1/escrows"])
    assert cases(root, "skipped") == [
        ("GET /v1/listings/{id}/photos", "fewer than 5 pairs of blocks have answers of both sides")
    ]


def test_a_run_that_is_not_whole_is_an_error() -> None:
    root = read(made.partial())

    assert cases(root, "error") == [
        (
            "every block went through",
            "PARTIAL: the modern backend at http://127.0.0.1:8082 stopped answering; 9 of 24 blocks went through.",
        )
    ]
    assert cases(read(load_test()), "error") == []


def test_the_run_says_its_answer_and_how_long_it_took() -> None:
    (run, *_) = read(load_test())

    assert run.get("time") == "168.8"
    assert str(run.findtext("system-out")).startswith("Met: modern answers in 0.59")
