"""The breaker before a shadow backend."""

from proxy.breaker import Breaker


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def a_breaker() -> tuple[Breaker, Clock, list[bool]]:
    clock = Clock()
    changes: list[bool] = []
    return Breaker(3, 2.0, changes.append, clock), clock, changes


def test_it_admits_until_enough_failures_came_on_end() -> None:
    breaker, _, changes = a_breaker()
    for failed in (True, True, False, True, True):
        breaker.failed() if failed else breaker.succeeded()
    before = breaker.admits()

    breaker.failed()

    assert (before, breaker.admits(), changes) == (True, False, [True])


def test_it_cools_down_from_the_last_failure_and_from_each_probe_on() -> None:
    breaker, clock, _ = a_breaker()
    before = breaker.cools_down
    for _ in range(3):
        breaker.failed()
    failed = breaker.cools_down
    clock.now = 2.0
    due = breaker.cools_down
    breaker.admits()

    assert (before, failed, due, breaker.cools_down) == (False, True, False, True)


def test_how_long_it_cools_down_is_told_and_never_0_before_the_shadow_is_up() -> None:
    breaker, clock, _ = a_breaker()
    up = breaker.left_s
    for _ in range(3):
        breaker.failed()
    left = []
    for clock.now in (0.0, 1.5, 2.0, 60.0):
        left.append(breaker.left_s)
    breaker.succeeded()

    assert (up, left, breaker.left_s) == (0.0, [2.0, 0.5, 0.001, 0.001], 0.0)


def test_after_the_cool_down_one_probe_is_admitted() -> None:
    breaker, clock, _ = a_breaker()
    for _ in range(3):
        breaker.failed()
    clock.now = 2.0

    assert [breaker.admits(), breaker.admits()] == [True, False]


def test_a_probe_that_fails_begins_another_cool_down() -> None:
    breaker, clock, changes = a_breaker()
    for _ in range(3):
        breaker.failed()
    clock.now = 2.0
    breaker.admits()
    clock.now = 2.5
    breaker.failed()
    clock.now = 4.4

    assert not breaker.admits()
    clock.now = 4.5
    assert breaker.admits()
    assert changes == [True]


def test_a_probe_that_succeeds_opens_the_way() -> None:
    breaker, clock, changes = a_breaker()
    for _ in range(3):
        breaker.failed()
    clock.now = 2.0
    breaker.admits()
    breaker.succeeded()

    assert [breaker.admits(), breaker.admits()] == [True, True]
    assert changes == [True, False]
