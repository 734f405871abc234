"""A load test beside a baseline as JUnit XML: what got worse fails."""

from xml.etree import ElementTree as ET

from parity.load_baselines import LoadBaseline
from parity.load_comparison import compare
from parity.load_junit import render_junit
from parity.load_tests import KeptLoadTest
from tests.parity.load_results_factory import small_row, small_test, unmeasured


def test_an_endpoint_that_got_worse_fails_and_one_of_which_nothing_is_known_is_skipped() -> None:
    rows = [small_row("GET /v1/escrows", time=(0.9, 0.88, 0.92)), unmeasured("escrows", "PUT /v1/<escrows>")]
    before = [small_row("GET /v1/escrows"), unmeasured("escrows", "PUT /v1/<escrows>")]
    now, then = (
        KeptLoadTest(test_id, 1.0, "olivia", small_test(overall=small_row(domain=""), endpoints=own))
        for test_id, own in (("l-2", rows), ("l-1", before))
    )

    text = render_junit(compare(now, LoadBaseline("main", 1.0, "piet", then)))

    root = ET.fromstring(text)  # noqa: S314  what we have written ourselves

    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    assert [suite.get("name") for suite in root] == ["all domains", "escrows"]
    failed = root.find(".//testcase[failure]")
    assert failed is not None
    assert failed.get("name") == "GET /v1/escrows"
    assert failed[0].text == (
        "time: 0.57 (0.52 to 0.61) then, 0.9 (0.88 to 0.92) now, change 1.58 (1.46 to 1.76): regression"
    )
    assert root.find(".//testcase[@name='PUT /v1/<escrows>']/skipped") is not None
