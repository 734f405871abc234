"""The switch of the planted faults: off by default, and one at a time."""

from typing import Any

import pytest

from domains.shared.faults import FAULTS
from tests.domains.support import Modern, escrow

OFF = dict.fromkeys((fault.name for fault in FAULTS), False)


async def show(modern: Modern, method: str, path: str) -> tuple[int, Any]:
    async with modern.client.request(method, path) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_without_the_switch_there_is_nothing_to_switch(modern: Modern, method: str) -> None:
    status, _ = await show(modern, method, "/__faults/wrong-price")

    assert status == 404


async def test_every_fault_is_off_until_it_is_switched_on(faulty: Modern) -> None:
    before = await show(faulty, "GET", "/__faults")
    on = await show(faulty, "PUT", "/__faults/wrong-price")
    off = await show(faulty, "DELETE", "/__faults/wrong-price")

    assert before == off == (200, OFF)
    assert on == (200, OFF | {"wrong-price": True})


async def test_an_unknown_fault_is_not_found(faulty: Modern) -> None:
    status, body = await show(faulty, "PUT", "/__faults/earthquake")

    assert (status, body) == (404, {"error": f"no fault earthquake; there are: {', '.join(OFF)}"})


async def test_wrong_price_makes_reads_one_dollar_dearer_and_changes_nothing_else(faulty: Modern) -> None:
    async def reads() -> tuple[object, object, object]:
        one = await faulty.send("admin_ada", "GET", escrow(1))
        page = await faulty.send("admin_ada", "GET", "/v1/escrows?search=ESC-2025-0001")
        row = page.body["data"]["escrows"][0]
        return one.body["data"]["details"]["purchasePrice"], row["purchasePrice"], row["purchase_price"]

    right = await reads()
    await show(faulty, "PUT", "/__faults/wrong-price")
    wrong = await reads()
    await show(faulty, "DELETE", "/__faults/wrong-price")

    assert right == await reads() == (415000, "415000.00", "415000.00")
    assert wrong == (415001, "415001.00", "415001.00")
    assert faulty.rows("SELECT purchase_price::text FROM escrows WHERE numeric_id = 1") == [("415000.00",)]


async def test_two_faults_at_one_endpoint_both_act(faulty: Modern) -> None:
    await show(faulty, "PUT", "/__faults/wrong-price")
    await show(faulty, "PUT", "/__faults/field-dropped")

    one = await faulty.send("admin_ada", "GET", escrow(1))

    assert one.body["data"]["details"]["purchasePrice"] == 415001
    assert "escrowNumber" not in one.body["data"]["details"]
