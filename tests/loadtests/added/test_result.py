"""What follows from what was found."""

import pytest

from loadtests.added.result import SERVING, STAGES, Books, ProxyLoadTest
from loadtests.block_runs import INTERRUPTED
from proxy.stages import READS, Stage
from tests.loadtests.added.factories import result


@pytest.mark.parametrize("stage", Stage)
def test_who_serves_everybody_at_a_stage_is_as_the_proxy_has_it(stage: Stage) -> None:
    assert SERVING[stage] == READS[stage].within.authoritative


def test_the_stages_are_those_of_the_proxy_in_its_order() -> None:
    assert tuple(Stage) == STAGES


@pytest.mark.parametrize(
    ("books", "balance"),
    [
        (Books(10, 10, 8, {"match": 6, "shed": 2}, 0, 0), True),
        (Books(10, 9, 8, {"match": 8}, 0, 0), False),
        (Books(10, 10, 8, {"match": 7}, 0, 0), False),
        (Books(10, 10, 8, {"match": 8}, 1, 0), False),
        (Books(10, 10, 8, {"match": 8}, 0, 1), False),
    ],
)
def test_books_balance_when_all_is_counted_and_has_one_outcome(books: Books, *, balance: bool) -> None:
    assert books.balance is balance


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (result(), 0),
        (result(faults=["1 of 9 requests failed"]), 1),
        (result(problem="the legacy backend stopped answering"), 2),
        (result(problem=INTERRUPTED), 130),
        (result(problem="the legacy backend stopped answering", faults=["1 of 9 requests failed"]), 2),
    ],
)
def test_the_exit_code_says_whether_it_is_whole_and_all_went_well(found: ProxyLoadTest, code: int) -> None:
    assert found.exit_code == code
