"""Faults of lists."""

from domains.shared.faults.of_lists import OF_LISTS
from tests.domains.shared.faults.support import switch, wrong_faults
from tests.domains.support import Modern

FAULT = {fault.name: fault for fault in OF_LISTS}


async def test_each_shows_in_the_group_that_it_names_and_in_no_other(faulty: Modern) -> None:
    assert await wrong_faults(faulty, OF_LISTS) == {}


async def test_a_leak_shows_rows_that_are_really_of_others(faulty: Modern) -> None:
    before = await faulty.send("agent_ann", "GET", "/v1/clients?limit=200")
    of_all = await faulty.send("admin_ada", "GET", "/v1/clients?limit=200")
    await switch(faulty, FAULT["tenant-leak"], on=True)
    leaked = await faulty.send("agent_ann", "GET", "/v1/clients?limit=200")

    assert before.body["data"]["clients"] == []
    assert leaked.body == of_all.body
    assert len(leaked.body["data"]["clients"]) > 20


async def test_a_leak_lets_nobody_in_who_does_not_say_who_they_are(faulty: Modern) -> None:
    await switch(faulty, FAULT["tenant-leak"], on=True)

    refused = await faulty.send(None, "GET", "/v1/clients")

    assert refused.status == 401


async def test_a_page_that_is_no_number_is_asked_for_as_it_is(faulty: Modern) -> None:
    await switch(faulty, FAULT["page-off-by-one"], on=True)

    refused = await faulty.send("admin_ada", "GET", "/v1/clients?page=abc")

    assert refused.status == 400
