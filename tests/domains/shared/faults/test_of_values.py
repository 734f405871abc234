"""Faults of single values."""

from domains.shared.faults.of_values import OF_VALUES
from tests.domains.shared.faults.support import CONTACT, wrong_faults
from tests.domains.support import Modern


async def test_each_shows_in_the_group_that_it_names_and_in_no_other(faulty: Modern) -> None:
    accented = {"city": "Łódź", "company": "Café Crème"}
    assert (await faulty.send("agent_ann", "PUT", CONTACT, accented)).status == 200

    assert await wrong_faults(faulty, OF_VALUES) == {}
