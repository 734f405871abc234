"""The exchange of a capture has each answer on its side."""

import pytest

from parity.completing import exchange_of, not_completed
from parity.exchange import Backend, Observation
from tests.parity.factories import capture, exchange, observation


@pytest.mark.parametrize("authoritative", Backend)
def test_each_answer_is_on_its_side(authoritative: Backend) -> None:
    captured = capture(exchange(authoritative=authoritative))
    answer, shadow = observation(status=200), observation(status=404)

    found = exchange_of(captured, "token", answer, shadow, raced=True)

    assert (found.observation(authoritative), found.shadow) == (answer, shadow)
    assert (found.id, found.client, found.authoritative, found.raced) == (
        captured.id,
        "token",
        authoritative,
        True,
    )


def test_a_fault_of_our_own_is_skipped_and_says_so() -> None:
    found = not_completed(capture(exchange()))

    assert (found.skipped, found.legacy, found.modern) == ("completing_failed", Observation(), Observation())
