"""Tokens: a share of what was seen, a floor by time, never more than the bucket holds."""

from parity.allowance import Allowance


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(allowance: Allowance, tries: int) -> int:
    """How many of so many tries got a token."""
    n = 0
    for _ in range(tries):
        if allowance.has_one:
            allowance.take()
            n += 1
    return n


def test_requests_bring_their_share() -> None:
    allowance = Allowance(0.05, 0.0, 10.0, begins_with=0.0, clock=Clock())

    for _ in range(101):
        allowance.seen()

    assert taken(allowance, 100) == 5


def test_time_brings_the_floor() -> None:
    clock = Clock()
    allowance = Allowance(0.0, 0.5, 10.0, begins_with=1.0, clock=clock)

    at_once = taken(allowance, 5)
    clock.now = 4.0

    assert (at_once, taken(allowance, 5)) == (1, 2)


def test_a_long_quiet_time_saves_up_no_flood() -> None:
    clock = Clock()
    allowance = Allowance(1.0, 5.0, 3.0, begins_with=0.0, clock=clock)

    clock.now = 1_000.0
    for _ in range(1_000):
        allowance.seen()

    assert taken(allowance, 100) == 3
