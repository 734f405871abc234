"""The sections of an escrow by name, through the running backend and a real database."""

import asyncio
import csv
import io
from typing import Any

import pytest

from domains.escrows.tests.test_services import SECTIONS
from tests.domains.support import Modern, escrow

OF_ANN, OF_BEN = 9, 11


@pytest.mark.parametrize(
    ("suffix", "body", "column"),
    [
        ("/checklist-loan", [{f"item{n}": True} for n in range(8)], "checklists->'loan'"),
        ("/people", [{f"role{n}": "x"} for n in range(8)], "people"),
        ("/financials", [{f"key{n}": n} for n in range(8)], "financials"),
    ],
)
async def test_of_many_merges_at_once_none_is_lost(
    modern: Modern, suffix: str, body: list[dict[str, Any]], column: str
) -> None:
    path = f"{escrow(OF_ANN)}{suffix}"

    replies = await asyncio.gather(*(modern.send("agent_ann", "PUT", path, one) for one in body))

    [[stored]] = modern.rows(f"SELECT {column} FROM escrows WHERE numeric_id = {OF_ANN}")
    assert {reply.status for reply in replies} == {200}
    assert {key for one in body for key in one} <= stored.keys()


async def test_of_many_notes_at_once_none_is_lost(modern: Modern) -> None:
    path = f"{escrow(OF_ANN)}/notes"

    replies = await asyncio.gather(
        *(modern.send("agent_ann", "POST", path, {"note": f"note {n}"}) for n in range(6))
    )
    notes = await modern.send("agent_ann", "GET", path)

    assert {reply.status for reply in replies} == {200}
    assert sorted(reply.body["data"]["totalNotes"] for reply in replies) == [2, 3, 4, 5, 6, 7]
    assert {note["content"] for note in notes.body["data"]} > {f"note {n}" for n in range(6)}


async def test_an_object_does_not_destroy_a_stored_timeline(modern: Modern) -> None:
    path = f"{escrow(OF_ANN)}/timeline"
    before = modern.rows(f"SELECT timeline, updated_at FROM escrows WHERE numeric_id = {OF_ANN}")

    refused = await modern.send("agent_ann", "PUT", path, {"inspection": "2027-01-01"})
    stranger = await modern.send("agent_ben", "PUT", path, {"inspection": "2027-01-01"})

    assert refused.refusal == (400, "VALIDATION_ERROR")
    assert refused.faults == ["timeline"]
    assert stranger.refusal == (403, "FORBIDDEN")
    assert modern.rows(f"SELECT timeline, updated_at FROM escrows WHERE numeric_id = {OF_ANN}") == before


@pytest.mark.parametrize("sent", [[], [{"label": "A"}], [{"label": str(n)} for n in range(5)]])
async def test_an_array_is_merged_into_a_stored_timeline_and_stays_one(
    modern: Modern, sent: list[dict[str, str]]
) -> None:
    [[stored]] = modern.rows(f"SELECT timeline FROM escrows WHERE numeric_id = {OF_ANN}")

    reply = await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/timeline", sent)

    assert reply.body["data"] == [*sent, *stored[len(sent) :]]


async def test_an_object_is_merged_into_what_legacy_made_of_a_timeline(modern: Modern) -> None:
    modern.execute("UPDATE escrows SET timeline = '{\"a\": 1}' WHERE numeric_id = 9")

    await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}/timeline", {"b": 2})

    assert modern.rows("SELECT timeline FROM escrows WHERE numeric_id = 9") == [({"a": 1, "b": 2},)]


@pytest.mark.parametrize(
    ("method", "suffix", "body", "faults"),
    [
        ("PUT", "/property-details", {"owner_id": "x", "moat": 1}, ["owner_id", "moat"]),
        ("PUT", "/property-details", {"version": 3}, ["version"]),
        ("PUT", "/property-details", {"bedrooms": "many"}, ["bedrooms"]),
        (
            "PUT",
            "/details",
            {"scheduledCoeDate": "soon", "purchasePrice": []},
            ["purchasePrice", "scheduledCoeDate"],
        ),
        ("PUT", "/details", {"propertyAddress": None}, ["propertyAddress"]),
        ("PUT", "/financials", {"agentSplit": "lots"}, ["agentSplit"]),
        ("PUT", "/financials", {"commissionPercentage": 12345}, ["commissionPercentage"]),
        ("PATCH", "/checklist", {"value": "yes"}, ["item", "value"]),
        ("POST", "/notes", {"note": [""], "type": 4}, ["note", "type"]),
        ("PUT", "/documents", {"id": "d1"}, ["documents"]),
    ],
)
async def test_every_fault_of_a_body_names_its_field(
    modern: Modern, method: str, suffix: str, body: dict[str, Any], faults: list[str]
) -> None:
    reply = await modern.send("agent_ann", method, f"{escrow(OF_ANN)}{suffix}", body)

    assert reply.refusal == (400, "VALIDATION_ERROR")
    assert sorted(reply.faults) == sorted(faults)


@pytest.mark.parametrize("suffix", ["/people", "/financials", "/documents", "/checklist-house"])
async def test_a_nul_character_is_the_clients_error(modern: Modern, suffix: str) -> None:
    body: Any = ["x\0y"] if suffix == "/documents" else {"x": "y\0z"}

    reply = await modern.send("agent_ann", "PUT", f"{escrow(OF_ANN)}{suffix}", body)

    assert reply.refusal == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("method", "suffix", "body", "budget"),
    [
        *(("GET", suffix, None, 2) for method, suffix in SECTIONS if method == "GET" and suffix != "/people"),
        ("GET", "/people", None, 3),
        ("PUT", "/people", {"buyer": "x"}, 2),
        ("PUT", "/financials", {"agentSplit": 5}, 2),
        ("PUT", "/checklist-loan", {"cd": True}, 2),
        ("PATCH", "/checklist", {"item": "loan.cd", "value": True}, 2),
        ("PUT", "/details", {"leadSource": "x"}, 2),
        ("PUT", "/property-details", {"pool": True}, 2),
        ("POST", "/notes", {"note": "x"}, 3),
    ],
)
async def test_a_section_stays_within_its_budget_of_statements(
    modern: Modern, method: str, suffix: str, body: Any, budget: int
) -> None:
    reply = await modern.send("admin_ada", method, f"{escrow(1)}{suffix}", body)

    assert (reply.status, reply.query_count) == (200, budget)


async def test_the_health_checks_say_who_asks_and_that_the_database_answers(modern: Modern) -> None:
    who = await modern.send("agent_ann", "GET", "/v1/escrows/health/auth")
    database = await modern.send("agent_ann", "GET", "/v1/escrows/health/db")

    assert who.body["data"]["role"] == "agent"
    assert list(database.body["data"]) == ["connected", "database", "serverTime"]
    assert (who.query_count, database.query_count) == (1, 2)


async def test_the_statistics_are_those_of_the_scope(modern: Modern) -> None:
    everything = await modern.send("admin_ada", "GET", "/v1/escrows/stats")
    own = await modern.send("agent_ann", "GET", "/v1/escrows/stats?scope=user")
    closed = await modern.send("agent_ann", "GET", "/v1/escrows/stats?scope=all")

    [[total, archived, price]] = modern.rows(
        "SELECT count(*) FILTER (WHERE deleted_at IS NULL), count(deleted_at),"
        " sum(purchase_price) FILTER (WHERE deleted_at IS NULL) FROM escrows"
    )
    data = everything.body["data"]
    assert (data["total"], data["archived"], sum(data["byStatus"].values())) == (total, archived, total)
    assert data["totals"]["purchasePrice"] == str(price)
    assert 0 < own.body["data"]["total"] < total
    assert closed.refusal == (403, "FORBIDDEN")
    assert everything.query_count == 2


async def test_the_export_is_what_the_list_shows_as_a_file(modern: Modern) -> None:
    modern.execute("UPDATE escrows SET property_address = '=1+1' WHERE numeric_id = 9")
    headers = modern.credentials.headers("agent_ann")

    async with modern.client.get("/v1/escrows/export?scope=user", headers=headers) as answer:
        text = await answer.text()

    table = list(csv.DictReader(io.StringIO(text, newline="")))
    own = modern.rows(
        "SELECT display_id FROM escrows WHERE deleted_at IS NULL"
        " AND owner_id = 'c0ffee00-0000-4000-8000-000000000003' ORDER BY id"
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="escrows.csv"'
    assert answer.headers["X-Query-Count"] == "2"
    assert [row["display_id"] for row in table] == [display_id for (display_id,) in own]
    assert next(row for row in table if row["display_id"] == "ESC-2025-0009")["property_address"] == "'=1+1"


async def test_a_long_export_comes_in_pieces_and_every_row_once(modern: Modern) -> None:
    modern.execute(
        "INSERT INTO escrows (property_address, display_id)"
        " SELECT 'Long Lane', 'ESC-2020-' || n FROM generate_series(1, 2500) AS n"
    )
    headers = modern.credentials.headers("admin_ada")

    async with modern.client.get("/v1/escrows/export", headers=headers) as answer:
        names = [row["display_id"] for row in csv.DictReader(io.StringIO(await answer.text(), newline=""))]

    assert len(names) == len(set(names)) == 2557


@pytest.mark.parametrize("query", ["?page=abc", "?scope=galaxy"])
async def test_an_export_of_what_does_not_exist_is_refused(modern: Modern, query: str) -> None:
    reply = await modern.send("admin_ada", "GET", f"/v1/escrows/export{query}")

    assert reply.status == 400


async def test_an_export_can_be_asked_for_again(modern: Modern) -> None:
    headers = modern.credentials.headers("admin_ada")
    texts = []
    for _ in range(2):
        async with modern.client.get("/v1/escrows/export", headers=headers) as answer:
            texts.append(await answer.text())

    assert texts[0] == texts[1]
    assert len(texts[0].splitlines()) == 58
