"""What a backend answers at most: users who never pause, twice as many each time, until that brings nothing more."""

from collections.abc import Callable

from loadtests.added.result import Capacity, Tried
from loadtests.added.slices import Sliced
from loadtests.errors import LoadTestError
from loadtests.interval import percentile

MOST_USERS = 128
GROWTH = 1.05
"""Twice as many users that bring less than this times as many answers are at the capacity."""
_IN_VAIN = 2  # once may be the machine's


def find_capacity(backend: str, send: Callable[[int], Sliced], *, most_users: int = MOST_USERS) -> Capacity:
    """`send` loads the backend with that many users; what it raises ends the search.

    Raises LoadTestError when nothing is answered in the time of a try.
    """
    tried: list[Tried] = []
    users, best, in_vain = 1, 0.0, 0
    while users <= most_users and in_vain < _IN_VAIN:
        sliced = send(users)
        durations = sorted(timing.duration_ms for timing in sliced.timings if timing.status)
        p50 = round(percentile(durations, 0.5), 2) if durations else None
        tried.append(Tried(users, round(sliced.rps, 1), p50))
        in_vain = 0 if sliced.rps >= GROWTH * best else in_vain + 1
        best = max(best, sliced.rps)
        users *= 2
    most = max(tried, key=lambda one: one.rps)
    if not most.rps:
        raise LoadTestError(
            f"the {backend} backend answered nothing in the time in which its capacity is looked for"
        )
    return Capacity(backend, most.rps, most.users, tried)
