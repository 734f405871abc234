"""The planted faults: off by default, and doing what they say."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.domains.support import Modern, escrow, serving


@pytest.fixture
async def faulty(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """The modern backend with its fault switch."""
    async with serving(seeded_database, contract, faults=True) as running:
        yield running


async def show(modern: Modern, method: str, path: str) -> tuple[int, object]:
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

    assert before == off == (200, {"wrong-price": False, "drop-answer": False})
    assert on == (200, {"wrong-price": True, "drop-answer": False})


async def test_an_unknown_fault_is_not_found(faulty: Modern) -> None:
    status, body = await show(faulty, "PUT", "/__faults/earthquake")

    assert (status, body) == (404, {"error": "no fault earthquake; there are: wrong-price, drop-answer"})


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


async def test_drop_answer_closes_the_connection_of_a_read_of_one_escrow(faulty: Modern) -> None:
    await show(faulty, "PUT", "/__faults/drop-answer")

    with pytest.raises(aiohttp.ClientConnectionError):
        await faulty.send("admin_ada", "GET", escrow(1))

    page = await faulty.send("admin_ada", "GET", "/v1/escrows")
    await show(faulty, "DELETE", "/__faults/drop-answer")
    one = await faulty.send("admin_ada", "GET", escrow(1))
    assert (page.status, one.status) == (200, 200)
