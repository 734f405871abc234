"""What a run says that no figure does."""

from dataclasses import replace

import pytest

from loadtests.run_notes import requests_of, share_of_reads, too_short, what_was_not_measured
from loadtests.scenarios import Workload, scenario_named

STEADY = replace(scenario_named("steady"), users=20, pace_s=0.25, duration_s=60)
OPEN = replace(STEADY, workload=Workload.OPEN, rate_rps=2.0)


def test_users_send_at_their_pace_and_arrivals_come_at_their_rate() -> None:
    assert (requests_of(STEADY), requests_of(OPEN)) == (4_800, 120)


def test_where_some_endpoint_surely_has_too_few_requests_that_is_said_with_what_would_do() -> None:
    said = too_short(OPEN, endpoints=20)

    assert said == (
        "too short to decide: about 120 requests a side for 20 endpoints, of which each needs 10; "
        "expect `undecided`, or give it 100 s at least"
    )


@pytest.mark.parametrize("endpoints", [12, 480])
def test_where_it_may_do_nothing_is_said(endpoints: int) -> None:
    assert too_short(OPEN if endpoints == 12 else STEADY, endpoints) == ""


def test_what_was_not_measured_is_told_with_its_reason() -> None:
    assert what_was_not_measured("", {"legacy", "modern"}) == []
    assert what_was_not_measured("because", set()) == [
        "cold backends were not measured: because",
        "CPU and memory not measured: no process of legacy and modern was watched",
    ]


def test_how_much_of_the_load_reads_is_told_where_it_is_not_as_recorded() -> None:
    assert share_of_reads(0.95) == "95% of the requests only read, whatever was recorded"
    assert share_of_reads(None) == ""
