"""The proxy's side of the books."""

import pytest

from parity.exchange import Backend, Count
from proxy.counters import Counters, requested_key
from proxy.stages import Stage
from tests.proxy.wire.rig import planed


def test_what_is_taken_is_counted_from_zero_again() -> None:
    counters = Counters()
    counters.add(requested_key("a", Backend.MODERN))
    counters.add(requested_key("a", Backend.MODERN))
    counters.not_mirrored("a", "stage")

    first, second = counters.take(), counters.take()

    assert first == (Count("a", "requests", "modern", 2), Count("a", "not_mirrored", "stage", 1))
    assert second == ()
    assert not counters.pending


def test_a_mirrored_request_is_in_flight_until_it_is_shed_or_handed_over() -> None:
    counters = Counters()
    for _ in range(3):
        counters.mirrored("a")
    counters.shed("a", "shadow_queue")
    counters.handed_over(1)

    assert counters.in_flight == 1


def test_totals_hold_what_was_taken_and_what_was_not_yet() -> None:
    counters = Counters()
    counters.failed("a")
    counters.take()
    counters.failed("a")
    counters.mirrored("a")
    counters.take()
    counters.handed_over(1)
    counters.failed("b")

    assert counters.totals() == {("a", "failed", ""): 2, ("a", "mirrored", ""): 1, ("b", "failed", ""): 1}
    assert counters.given == 1


def test_fallbacks_and_failures_are_counted_beside() -> None:
    counters = Counters()
    counters.fell_back("a")
    counters.failed("b")

    assert counters.take() == (Count("a", "fallback", "", 1), Count("b", "failed", "", 1))
    assert counters.in_flight == 0


def test_what_is_captured_is_told_in_the_totals_alone() -> None:
    counters = Counters()
    counters.captured("a")
    counters.captured("a")
    counters.skipped("a", "body_too_large")

    assert (counters.pending, counters.take()) == (False, ())
    assert counters.totals() == {("a", "captured", ""): 2, ("a", "skipped", "body_too_large"): 1}


@pytest.mark.parametrize("stage", Stage)
async def test_requests_are_counted_by_the_backend_that_they_are_for(stage: Stage) -> None:
    flag = {"canary_share": 0.5} if stage is Stage.CANARY else {}
    async with planed(stage, flag=flag) as rig:
        answers = [await rig.ask("GET", "/v1/escrows", f"X-API-Key: {client}") for client in range(8)]

        counted = {one.reason: one.n for one in rig.edge.counters.take() if one.name == "requests"}
        served = [answer.served_by.value for answer in answers if answer.served_by]
        assert counted == {name: served.count(name) for name in served}
