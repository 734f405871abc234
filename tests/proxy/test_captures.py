"""Bodies that are kept within their bounds."""

from hypothesis import given
from hypothesis import strategies as st

from proxy.captures import NO_ROOM, TOO_LARGE, Budget, KeptBody


def test_a_body_within_its_bounds_is_kept_whole() -> None:
    budget = Budget(100)
    body = KeptBody(budget, 10)

    taken = [body.add(b"abc"), body.add(b"def")]

    assert (taken, body.content, body.overflow, budget.held) == ([True, True], b"abcdef", "", 6)


def test_a_body_over_its_bound_is_forgotten_at_once() -> None:
    budget = Budget(100)
    body = KeptBody(budget, 5)

    taken = [body.add(b"abc"), body.add(b"def"), body.add(b"g")]

    assert (taken, body.content, body.overflow) == ([True, False, False], b"", TOO_LARGE)
    assert budget.held == 0


def test_a_body_for_which_there_is_no_room_is_forgotten_at_once() -> None:
    budget = Budget(5)
    other = KeptBody(budget, 10)
    other.add(b"abcd")
    body = KeptBody(budget, 10)

    assert (body.add(b"ab"), body.overflow, budget.held) == (False, NO_ROOM, 4)


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=12)), max_size=60))
def test_the_budget_is_kept_and_comes_back(steps: list[tuple[int, bytes]]) -> None:
    budget = Budget(40)
    bodies = [KeptBody(budget, 20) for _ in range(4)]

    for which, chunk in steps:
        bodies[which].add(chunk)
        assert budget.held == sum(body.size for body in bodies) <= 40
    for body in bodies:
        body.release()
        body.release()

    assert budget.held == 0


def test_one_body_is_one_value_however_often_it_is_asked_for() -> None:
    body = KeptBody(Budget(100), 10)
    assert body.content == b""
    body.add(b"abc")
    body.add(b"def")

    assert body.content is body.content
    assert body.content == b"abcdef"


def test_a_body_that_was_given_back_holds_nothing() -> None:
    budget = Budget(100)
    body = KeptBody(budget, 10)
    body.add(b"abc")

    body.release()

    assert (body.content, body.size, body.overflow, budget.held) == (b"", 0, "", 0)
