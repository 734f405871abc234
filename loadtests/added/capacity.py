"""What a backend answers at most: users who never pause, twice as many each time, until that brings nothing more."""

from collections.abc import Callable

from loadtests.added.result import Capacity, Tried
from loadtests.added.slices import Sliced
from loadtests.interval import percentile

FIRST_USERS, MOST_USERS = 2, 128
GROWTH = 1.05
"""Twice as many users that bring less than this times as many answers have met the capacity."""


def find_capacity(backend: str, send: Callable[[int], Sliced]) -> Capacity:
    """`send` loads the backend with that many users; what it raises ends the search."""
    tried: list[Tried] = []
    users = FIRST_USERS
    while users <= MOST_USERS:
        sliced = send(users)
        durations = sorted(timing.duration_ms for timing in sliced.timings if timing.status)
        best = max((one.rps for one in tried), default=0.0)
        tried.append(
            Tried(users, round(sliced.rps, 1), round(percentile(durations, 0.5), 2) if durations else None)
        )
        if sliced.rps < GROWTH * best:
            break
        users *= 2
    most = max(tried, key=lambda one: one.rps)
    return Capacity(backend, most.rps, most.users, tried)
