"""The rules of appointments by name, through the running backend and a real database."""

import csv
import io
from typing import Any, ClassVar

import pytest

from tests.domains.guarded import GuardedRoom, VersionedRoom
from tests.domains.support import Modern

PATH = "/v1/appointments"
NEW = {"title": "T", "appointmentDate": "2027-02-04", "startTime": "09:00"}
OF_ANN, ARCHIVED_OF_BEA = 9, 20


def appointment(number: int) -> str:
    return f"{PATH}/a9900000-0000-4000-8000-{number:012}"


class TestPermissions(GuardedRoom, VersionedRoom):
    """Who gets at an appointment, archived or not."""

    item = "/v1/appointments/a9900000-0000-4000-8000-{:012}"
    name = "appointment"
    tables = ("appointments",)
    shown: ClassVar = {
        ("agent_ann", OF_ANN): 200,
        ("admin_ada", OF_ANN): 200,
        ("apikey:agent_ann", OF_ANN): 200,
        ("agent_ben", OF_ANN): 403,
        ("owner_otto", OF_ANN): 403,
        ("broker_bea", OF_ANN): 403,
        ("broker_bea", ARCHIVED_OF_BEA): 404,
        ("admin_ada", ARCHIVED_OF_BEA): 404,
    }
    foreign = (OF_ANN, ARCHIVED_OF_BEA)
    requests = (
        ("GET", "", None),
        ("PUT", "", {"title": "X"}),
        ("PUT", "/archive", None),
        ("POST", "/cancel", None),
        ("POST", "/complete", None),
        ("DELETE", "", None),
    )
    wrong = (("PUT", "", {}),)
    versioned = appointment(OF_ANN)
    change: ClassVar = {"title": "X"}


@pytest.mark.parametrize(("version", "status"), [("1", 200), (None, 409)])
async def test_a_version_may_be_text_and_is_not_null(modern: Modern, version: Any, status: int) -> None:
    reply = await modern.send("agent_ann", "PUT", appointment(OF_ANN), {"title": "X", "version": version})

    assert reply.status == status


async def test_archiving_cancels_hides_and_allows_deletion(modern: Modern) -> None:
    too_early = await modern.send("agent_ann", "DELETE", appointment(OF_ANN))
    archived = await modern.send("agent_ann", "PUT", f"{appointment(OF_ANN)}/archive")
    again = await modern.send("agent_ann", "PUT", f"{appointment(OF_ANN)}/archive")
    shown = await modern.send("agent_ann", "GET", appointment(OF_ANN))
    changed = await modern.send("agent_ann", "PUT", appointment(OF_ANN), {"title": "X", "version": 1})
    deleted = await modern.send("agent_ann", "DELETE", appointment(OF_ANN))

    assert too_early.refusal == (400, "NOT_ARCHIVED")
    assert archived.body["data"]["status"] == "cancelled"
    assert {reply.refusal for reply in (again, shown, changed)} == {(404, "NOT_FOUND")}
    assert deleted.status == 200


async def test_whoever_made_an_appointment_is_its_agent_and_does_not_own_it(modern: Modern) -> None:
    created = await modern.send("agent_ann", "POST", PATH, NEW)

    shown = await modern.send("agent_ann", "GET", f"{PATH}/{created.body['data']['id']}")

    assert created.body["data"]["agent_id"] == "c0ffee00-0000-4000-8000-000000000003"
    assert created.body["data"]["owner_id"] is None
    assert shown.refusal == (403, "FORBIDDEN")


async def test_what_an_appointment_refers_to_must_be_there(modern: Modern) -> None:
    unknown = "deadbeef-0000-4000-8000-000000000000"

    created = await modern.send("admin_ada", "POST", PATH, NEW | {"clientId": unknown})
    updated = await modern.send("admin_ada", "PUT", appointment(1), {"listing_id": unknown})

    assert (created.refusal, created.faults) == ((400, "VALIDATION_ERROR"), ["clientId"])
    assert (updated.refusal, updated.faults) == ((400, "VALIDATION_ERROR"), ["listing_id"])


async def test_the_statistics_and_the_export_are_those_of_the_list(modern: Modern) -> None:
    modern.execute(
        "UPDATE appointments SET title = '@SUM(1)' WHERE id::text = 'a9900000-0000-4000-8000-000000000009'"
    )
    headers = modern.credentials.headers("agent_ann")

    listed = await modern.send("agent_ann", "GET", f"{PATH}?scope=user&limit=100&status=Completed")
    counted = await modern.send("agent_ann", "GET", f"{PATH}/stats?scope=user")
    async with modern.client.get(f"{PATH}/export?scope=user", headers=headers) as answer:
        table = list(csv.DictReader(io.StringIO(await answer.text(), newline="")))

    completed = listed.body["data"]["pagination"]["totalCount"]
    assert counted.body["data"]["byStatus"]["Completed"] == completed
    assert sum(row["status"] == "Completed" for row in table) == completed
    assert len(table) == counted.body["data"]["total"]
    assert "'@SUM(1)" in {row["title"] for row in table}
    assert any(row["client_name"] for row in table)


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "budget"),
    [
        ("admin_ada", "GET", PATH, None, 2),
        ("agent_ann", "GET", f"{PATH}?scope=user", None, 2),
        ("admin_ada", "GET", f"{PATH}?page=99", None, 3),
        ("agent_ann", "GET", appointment(OF_ANN), None, 2),
        ("agent_ann", "GET", appointment(1), None, 2),
        ("agent_ann", "POST", PATH, NEW, 2),
        ("agent_ann", "PUT", appointment(OF_ANN), {"title": "X", "version": 1}, 2),
        ("agent_ann", "PUT", appointment(OF_ANN), {"title": "X", "version": 9}, 3),
        ("agent_ann", "POST", f"{appointment(OF_ANN)}/cancel", None, 2),
        ("agent_ann", "DELETE", appointment(OF_ANN), None, 2),
        ("admin_ada", "GET", f"{PATH}/stats", None, 2),
    ],
)
async def test_a_request_stays_within_its_budget_of_statements(
    modern: Modern, user: str, method: str, path: str, body: Any, budget: int
) -> None:
    reply = await modern.send(user, method, path, body)

    assert reply.query_count == budget
