"""The proxy's side of the books."""

from parity.exchange import Backend, Count
from proxy.counters import Counters, requested_key


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
