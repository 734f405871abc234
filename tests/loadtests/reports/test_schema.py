"""The published schema of a load test."""

import json

import pytest

from loadtests.reports import to_json
from loadtests.reports.schema import json_schema
from parity.load_results import SCHEMA, LoadTest
from tests.parity.load_results_factory import load_test, mixed, partial
from tests.support.published import faults, published


def test_the_published_one_is_that_of_a_result() -> None:
    written = json.loads(published()[SCHEMA].read_text())

    assert written == json_schema(), (
        "python -m loadtests.reports.schema > docs/reference/loadtest.schema.json"
    )


@pytest.mark.parametrize("test", [load_test(), mixed(), partial()], ids=["met", "missed", "partial"])
def test_a_load_test_is_as_published(test: LoadTest) -> None:
    assert faults(json.dumps(to_json(test))) == []


@pytest.mark.parametrize(
    "change",
    [{"judgement": "pass"}, {"blocks": [{"pair": 1}]}, {"more": 1}, {"overall": None}, {"seed": "1"}],
)
def test_what_is_no_result_is_not_as_published(change: dict[str, object]) -> None:
    assert faults(json.dumps(to_json(load_test()) | change)) != []
