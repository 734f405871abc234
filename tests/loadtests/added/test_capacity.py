"""How many users a backend is asked with until it answers no more."""

from collections.abc import Callable

import pytest

from loadtests.added.capacity import MOST_USERS, find_capacity
from loadtests.added.slices import Sliced
from loadtests.errors import LoadTestError
from tests.loadtests.added.factories import sliced, timing


def answering(rps_of: Callable[[int], int]) -> Callable[[int], Sliced]:
    return lambda users: sliced(timing(5.0) for _ in range(rps_of(users)))


def test_users_are_doubled_until_twice_in_a_row_that_brings_nothing() -> None:
    capacity = find_capacity("legacy", answering(lambda users: min(users, 4) * 50))

    assert [one.users for one in capacity.tried] == [1, 2, 4, 8, 16]
    assert (capacity.backend, capacity.rps, capacity.users) == ("legacy", 200.0, 4)
    assert {one.p50_ms for one in capacity.tried} == {5.0}


def test_one_slow_moment_of_the_machine_does_not_end_the_search() -> None:
    slow_once = {1: 50, 2: 40, 4: 190, 8: 200, 16: 180, 32: 170}

    capacity = find_capacity("legacy", answering(lambda users: slow_once[users]))

    assert (capacity.rps, capacity.users) == (200.0, 8)


def test_a_backend_that_only_grows_is_asked_with_so_many_users_at_most() -> None:
    capacity = find_capacity("legacy", answering(lambda users: users * 3))
    few = find_capacity("legacy", answering(lambda users: users * 3), most_users=2)

    assert (capacity.rps, capacity.users) == (MOST_USERS * 3, MOST_USERS)
    assert [one.users for one in few.tried] == [1, 2]


def test_a_backend_that_is_too_slow_to_answer_has_no_capacity() -> None:
    with pytest.raises(LoadTestError, match="the legacy backend answered nothing in the time"):
        find_capacity("legacy", answering(lambda _: 0))


def test_a_backend_without_answers_ends_the_search_with_what_it_raises() -> None:
    def dead(_: int) -> Sliced:
        raise ConnectionError("no answer")

    with pytest.raises(ConnectionError):
        find_capacity("legacy", dead)
