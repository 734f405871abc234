"""Faults of whole answers."""

import aiohttp
import pytest

from domains.shared.faults import Shown
from domains.shared.faults.of_answers import OF_ANSWERS
from tests.domains.shared.faults.support import switch, wrong_faults
from tests.domains.support import Modern, escrow

FAULT = {fault.name: fault for fault in OF_ANSWERS}


async def test_each_shows_in_the_group_that_it_names_and_in_no_other(faulty: Modern) -> None:
    comparable = [fault for fault in OF_ANSWERS if fault.shown is Shown.BY_READ]

    assert await wrong_faults(faulty, comparable) == {}


async def test_drop_answer_closes_the_connection_of_a_read_of_one_escrow(faulty: Modern) -> None:
    await switch(faulty, FAULT["drop-answer"], on=True)

    with pytest.raises(aiohttp.ClientConnectionError):
        await faulty.send("admin_ada", "GET", escrow(1))

    page = await faulty.send("admin_ada", "GET", "/v1/escrows")
    await switch(faulty, FAULT["drop-answer"], on=False)
    one = await faulty.send("admin_ada", "GET", escrow(1))
    assert (page.status, one.status) == (200, 200)
