"""Captured bodies within their bounds."""

from hypothesis import given
from hypothesis import strategies as st
from proxy.capture import NO_ROOM, TOO_LARGE, Budget, Capture


def test_a_body_within_its_bounds_is_kept_whole() -> None:
    budget = Budget(100)
    capture = Capture(budget, 10)

    taken = [capture.add(b"abc"), capture.add(b"def")]

    assert (taken, capture.body, capture.overflow, budget.held) == ([True, True], b"abcdef", "", 6)


def test_a_body_over_its_bound_is_forgotten_at_once() -> None:
    budget = Budget(100)
    capture = Capture(budget, 5)

    taken = [capture.add(b"abc"), capture.add(b"def"), capture.add(b"g")]

    assert (taken, capture.body, capture.overflow) == ([True, False, False], b"", TOO_LARGE)
    assert budget.held == 0


def test_a_body_for_which_there_is_no_room_is_forgotten_at_once() -> None:
    budget = Budget(5)
    other = Capture(budget, 10)
    other.add(b"abcd")
    capture = Capture(budget, 10)

    assert (capture.add(b"ab"), capture.overflow, budget.held) == (False, NO_ROOM, 4)


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=12)), max_size=60))
def test_the_budget_is_kept_and_comes_back(steps: list[tuple[int, bytes]]) -> None:
    budget = Budget(40)
    captures = [Capture(budget, 20) for _ in range(4)]

    for which, chunk in steps:
        captures[which].add(chunk)
        assert budget.held == sum(capture.size for capture in captures) <= 40
    for capture in captures:
        capture.release()
        capture.release()

    assert budget.held == 0
