"""The words of an appointment's answers."""

import pytest

from tests.domains.support import Modern

NINE = "/v1/appointments/a9900000-0000-4000-8000-000000000009"
ARCHIVED = "/v1/appointments/a9900000-0000-4000-8000-000000000020"
NEW = {"title": "T", "appointmentDate": "2027-02-04", "startTime": "09:00"}


@pytest.mark.parametrize(
    ("method", "path", "body", "keys", "message"),
    [
        ("GET", "/v1/appointments", None, ["success", "data", "timestamp"], None),
        ("GET", NINE, None, ["success", "data", "timestamp"], None),
        (
            *("POST", "/v1/appointments", NEW),
            *(["success", "data", "message", "timestamp"], "Appointment created successfully"),
        ),
        ("PUT", NINE, {"title": "X"}, ["success", "data", "timestamp"], None),
        (
            *("POST", f"{NINE}/cancel", None),
            *(["success", "data", "message", "timestamp"], "Appointment cancelled successfully"),
        ),
        (
            *("POST", f"{NINE}/complete", None),
            *(["success", "data", "message", "timestamp"], "Appointment marked as completed"),
        ),
        (
            *("PUT", f"{NINE}/archive", None),
            *(["success", "data", "message", "timestamp"], "Appointment archived successfully"),
        ),
        (
            *("DELETE", ARCHIVED, None),
            *(["success", "message", "timestamp"], "Appointment deleted successfully"),
        ),
    ],
)
async def test_each_answer_has_its_parts_and_ends_with_the_time(
    modern: Modern, method: str, path: str, body: object, keys: list[str], message: str | None
) -> None:
    reply = await modern.send("admin_ada", method, path, body)

    assert (list(reply.body), reply.body.get("message")) == (keys, message)


async def test_an_answer_to_a_batch_has_no_time(modern: Modern) -> None:
    body = {"ids": [ARCHIVED.rsplit("/", 1)[1]]}

    reply = await modern.send("admin_ada", "POST", "/v1/appointments/batch-delete", body)

    assert reply.body == {
        "success": True,
        "message": "Successfully deleted 1 appointments",
        "deletedCount": 1,
        "deletedIds": body["ids"],
    }
