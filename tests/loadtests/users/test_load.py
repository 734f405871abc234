"""What is kept of a request, and when a side is given up."""

import asyncio

import pytest

from tests.loadtests.conftest import Measure
from tests.support.backends import Behaviour, FakeBackend, answering

TOLD = (("X-Query-Count", "3"), ("Server-Timing", "db;dur=1.25, cache;desc=hit"))


@pytest.mark.parametrize(
    ("behaviour", "kept"),
    [
        (answering(headers=TOLD), (3, 1.25, "hit")),
        (answering(headers=(("X-Query-Count", "many"),)), (None, None, "")),
        (answering(headers=()), (None, None, "")),
    ],
)
async def test_what_an_answer_does_not_say_of_itself_is_not_known(
    measure: Measure, behaviour: Behaviour, kept: tuple[int | None, float | None, str]
) -> None:
    options = ("--domain=escrows", "--users=2", "--pace=0.02", "--measured=0.3", "--reads=1")
    async with FakeBackend(behaviour) as backend:
        timings = await asyncio.to_thread(measure, backend.url, *options)

    assert {(timing.query_count, timing.db_ms, timing.cache) for timing in timings} == {kept}


def test_users_of_a_domain_come_in_orders_of_their_own(measure: Measure, quick: str) -> None:
    options = ("--domain=escrows", "--pace=0.02", "--measured=0.5", "--reads=1")

    alone, two = ({one.exchange for one in measure(quick, *options, f"--users={users}")} for users in (1, 2))

    assert alone & two
    assert two - alone
