"""What a run says that no number does."""

from dataclasses import replace

import pytest

from loadtests.run_notes import (
    extra_words,
    of_extra,
    requests_of,
    share_of_reads,
    too_short,
    what_was_not_measured,
)
from loadtests.scenarios import Scenario, WorkloadKind, scenario_named

STEADY = replace(scenario_named("steady"), users=20, pace_s=0.25, duration_s=60, reads=None)
OPEN = replace(STEADY, workload=WorkloadKind.OPEN, rate_rps=2.0)


def test_users_send_at_their_pace_and_arrivals_come_at_their_rate() -> None:
    assert (requests_of(STEADY), requests_of(OPEN)) == (4_800, 120)


def names(reading: int, writing: int = 0) -> list[str]:
    return [*(f"GET /v1/{n}" for n in range(reading)), *(f"PUT /v1/{n}" for n in range(writing))]


def test_where_some_endpoint_surely_has_too_few_requests_that_is_said_with_what_would_do() -> None:
    said = too_short(OPEN, names(15, 5))

    assert said == (
        "too short to decide: about 120 requests a side for 20 endpoints, of which each needs 10; "
        "expect `undecided`, or give it 100 s at least"
    )


def test_where_few_requests_write_there_may_be_too_few_for_those_endpoints_alone() -> None:
    said = too_short(replace(STEADY, reads=0.95), names(20, 48))

    assert said == (
        "too short to decide: about 240 requests a side for 48 endpoints that write, of which each needs 10; "
        "expect `undecided`, or give it 120 s at least"
    )


@pytest.mark.parametrize(
    ("scenario", "endpoints"),
    [
        (OPEN, names(6, 6)),
        (STEADY, names(480)),
        (replace(STEADY, reads=0.95), names(50, 24)),
        (replace(STEADY, reads=1.0), names(50, 0)),
    ],
)
def test_where_there_may_be_enough_nothing_is_said(scenario: Scenario, endpoints: list[str]) -> None:
    assert too_short(scenario, endpoints) == ""


def test_what_comes_of_extra_pairs_is_said_with_how_much_was_measured() -> None:
    assert extra_words(1) == "1 endpoint is asked too seldom to be decided"
    assert of_extra(40, 12, 240) == (
        "40 endpoints are asked too seldom to be decided in that load: what is said of them comes of 12 extra pairs of "
        "blocks in which nothing else was asked (240 s a side)"
    )


def test_what_was_not_measured_is_told_with_its_reason() -> None:
    assert what_was_not_measured("", {"legacy", "modern"}) == []
    assert what_was_not_measured("because", set()) == [
        "cold backends were not measured: because",
        "CPU and memory not measured: no process of legacy and modern was watched",
    ]


def test_how_much_of_the_load_reads_is_told_where_it_is_not_as_recorded() -> None:
    assert share_of_reads(0.95) == "95% of the requests only read, whatever was recorded"
    assert share_of_reads(None) == ""
