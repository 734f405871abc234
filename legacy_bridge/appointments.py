"""The handlers of appointments: SQL, rules and answers in one place each, as the legacy backend has them.

A creation takes camelCase keys, an update snake_case ones; the business rules look at snake_case keys only.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from legacy_bridge import node
from legacy_bridge.business_rules import Violations
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row, send
from legacy_bridge.errors import Refusal
from legacy_bridge.filters import NO_BROKER, Filter
from legacy_bridge.pages import written_page_of
from legacy_bridge.permissions import DELETE, MODIFY, VIEW, Resource, require_ownership, require_scope
from legacy_bridge.sql_errors import showing_why
from legacy_bridge.updates import tell
from legacy_bridge.validation import Check, check_ids, each, is_integer, is_iso8601, is_text, one_of, validate

_APPOINTMENT = Resource("appointment", "appointments", follows_lead=True)
_TYPES = (
    *("Listing Presentation", "Buyer Consultation", "Property Showing", "Open House", "Closing"),
    *("Inspection", "Other", "meeting"),
)
_DURATION_MINUTES = (15, 480)
_CREATE_CHECKS = (
    Check("title", each(bool), "Title is required", required=True),
    Check("appointmentType", one_of(*_TYPES), "Invalid value"),
    Check("startDate", each(is_iso8601), "Invalid start date"),
    Check("endDate", each(is_iso8601), "Invalid end date"),
    Check("duration", each(lambda value: is_integer(value, *_DURATION_MINUTES)), "Invalid value"),
)
_UPDATE_CHECKS = (
    Check("title", each(bool), "Invalid value"),
    Check("startDate", each(is_iso8601), "Invalid value"),
    Check("endDate", each(is_iso8601), "Invalid value"),
    Check("status", is_text, "Invalid value"),
)
# Query parameter of a list → its condition.
_FILTERS = {
    "startDate": "a.appointment_date >= ?",
    "endDate": "a.appointment_date <= ?",
    "status": "a.status = ?",
}
_UPDATE_COLUMNS = (
    *("title", "appointment_date", "start_time", "end_time", "location", "appointment_type", "description"),
    *("status", "client_id", "listing_id"),
)


async def list_appointments(call: Call) -> Answer:
    """GET /v1/appointments: the latest first."""
    query = call.query
    await require_scope(call.database, call.user, query.get("scope", "user"))
    page = written_page_of(query)
    wanted = Filter(["a.deleted_at IS NULL"])
    for key, condition in _FILTERS.items():
        if value := query.get(key):
            wanted.add(condition, value)
    failure = ("FETCH_ERROR", "Failed to fetch appointments")
    wanted.narrow(call.user, query, "a", lambda: Refusal(500, *failure, details=NO_BROKER))
    places = wanted.next_places()
    with showing_why(*failure):
        counted = await call.database.query(
            f"SELECT COUNT(*) AS count FROM appointments a WHERE {wanted.where}",  # noqa: S608 - conditions named above
            wanted.values,
        )
        rows = await call.database.query(
            f"""
            SELECT a.*, COALESCE(c.full_name, c.first_name || ' ' || c.last_name) AS client_name
            FROM appointments a
            LEFT JOIN clients cl ON cl.id = a.client_id
            LEFT JOIN contacts c ON c.id = cl.contact_id
            WHERE {wanted.where}
            ORDER BY a.appointment_date DESC, a.start_time DESC LIMIT {places[0]} OFFSET {places[1]}
            """,  # noqa: S608 - conditions named above
            [*wanted.values, page.limit, page.offset],
        )
    total = int(counted[0]["count"])
    return _answer({"appointments": rows, "pagination": page.with_total(total)})


async def get_appointment(call: Call) -> Answer:
    """GET /v1/appointments/{id}: not an archived one."""
    await require_ownership(call.database, call.user, _APPOINTMENT, call.id, VIEW)
    with showing_why("FETCH_ERROR", "Failed to fetch appointment"):
        rows = await call.database.query(
            "SELECT * FROM appointments WHERE id = $1 AND deleted_at IS NULL", [call.id]
        )
    return _answer(_only(rows))


async def create_appointment(call: Call) -> Answer:
    """POST /v1/appointments. The creator is its agent and does not own it (Q-20)."""
    body, user = call.body, call.user
    validate(body, _CREATE_CHECKS)
    _check_business_rules(body, creating=True)
    if not all(node.truthy(body.get(key)) for key in ("title", "appointmentDate", "startTime")):
        raise Refusal(400, "MISSING_FIELDS", "Title, date, and start time are required")
    columns = {
        "title": body["title"],
        "appointment_date": body["appointmentDate"],
        "start_time": body["startTime"],
        "end_time": node.either(body.get("endTime"), None),
        "location": node.either(body.get("location"), None),
        "appointment_type": body.get("appointmentType", "Property Showing"),
        "description": node.either(body.get("description"), None),
        "status": body.get("status", "Scheduled"),
        "client_id": node.either(body.get("clientId"), None),
        "listing_id": node.either(body.get("listingId"), None),
        "agent_id": user.id,
        "team_id": user.team_id,
    }
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    with showing_why("CREATE_ERROR", "Failed to create appointment"):
        created = await call.database.query(
            f"INSERT INTO appointments ({', '.join(columns)}, created_at, updated_at)"  # noqa: S608 - columns named above
            f" VALUES ({places}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP) RETURNING *",
            list(columns.values()),
        )
    row = created[0]
    shown = {"id": row["id"], "title": row["title"], "appointmentDate": row["appointment_date"]}
    tell(call, "appointment", row["id"], "created", shown)
    return _answer(row, "Appointment created successfully", status=201)


async def update_appointment(call: Call) -> Answer:
    """PUT /v1/appointments/{id}. Without `version` in the body the last write wins."""
    body = call.body
    validate(body, _UPDATE_CHECKS)
    await require_ownership(call.database, call.user, _APPOINTMENT, call.id, MODIFY)
    _check_business_rules(body, creating=False)
    columns = [column for column in _UPDATE_COLUMNS if column in body]
    if not columns:
        raise Refusal(400, "NO_UPDATES", "No valid fields to update")
    values = [*(body[column] for column in columns), call.user.id]
    assignments = ", ".join(f"{column} = ${place}" for place, column in enumerate(columns, start=1))
    modifier, condition = len(values), ""
    if "version" in body:
        values.append(body["version"])
        condition = f"AND version = ${len(values)}"
    values.append(call.id)
    with showing_why("UPDATE_ERROR", "Failed to update appointment"):
        rows = await call.database.query(
            f"""
            UPDATE appointments
            SET {assignments}, updated_at = CURRENT_TIMESTAMP, version = version + 1, last_modified_by = ${modifier}
            WHERE id = ${len(values)} AND deleted_at IS NULL {condition}
            RETURNING *
            """,  # noqa: S608 - columns named above
            values,
        )
        if not rows and "version" in body:
            await _refuse_old_version(call)
    row = _only(rows)
    tell(call, "appointment", row["id"], "updated", {"id": row["id"], "title": row["title"]})
    return _answer(row)


async def _refuse_old_version(call: Call) -> None:
    current = await call.database.query(
        "SELECT version FROM appointments WHERE id = $1 AND deleted_at IS NULL", [call.id]
    )
    raise Refusal(
        409,
        "VERSION_CONFLICT",
        "This appointment was modified by another user. Please refresh and try again.",
        currentVersion=_only(current)["version"],
        attemptedVersion=call.body["version"],
    )


async def cancel_appointment(call: Call) -> Answer:
    """POST /v1/appointments/{id}/cancel. The status is spelt unlike those of a creation."""
    failure = ("CANCEL_ERROR", "Failed to cancel appointment")
    return await _change(call, "status = 'cancelled'", "Appointment cancelled successfully", failure)


async def complete_appointment(call: Call) -> Answer:
    """POST /v1/appointments/{id}/complete."""
    failure = ("COMPLETE_ERROR", "Failed to mark appointment as complete")
    return await _change(call, "status = 'Completed'", "Appointment marked as completed", failure)


async def archive_appointment(call: Call) -> Answer:
    """PUT /v1/appointments/{id}/archive: it is cancelled too, and nothing restores it (Q-26)."""
    change = "deleted_at = CURRENT_TIMESTAMP, status = 'cancelled'"
    failure = ("ARCHIVE_ERROR", "Failed to archive appointment")
    return await _change(call, change, "Appointment archived successfully", failure)


async def _change(call: Call, assignments: str, message: str, failure: tuple[str, str]) -> Answer:
    await require_ownership(call.database, call.user, _APPOINTMENT, call.id, MODIFY)
    with showing_why(*failure):
        rows = await call.database.query(
            f"UPDATE appointments SET {assignments}, updated_at = CURRENT_TIMESTAMP"  # noqa: S608 - one of three texts
            " WHERE id = $1 AND deleted_at IS NULL RETURNING *",
            [call.id],
        )
    return _answer(_only(rows), message)


async def delete_appointment(call: Call) -> Answer:
    """DELETE /v1/appointments/{id}: for good, and only when it is archived (Q-26)."""
    await require_ownership(call.database, call.user, _APPOINTMENT, call.id, DELETE)
    with showing_why("DELETE_ERROR", "Failed to delete appointment"):
        row = _only(await call.database.query("SELECT deleted_at FROM appointments WHERE id = $1", [call.id]))
        if row["deleted_at"] is None:
            raise Refusal(400, "NOT_ARCHIVED", "Appointment must be archived before deletion")
        await call.database.query("DELETE FROM appointments WHERE id = $1", [call.id])
    tell(call, "appointment", call.id, "deleted", {"id": call.id})
    message = "Appointment deleted successfully"
    return Answer(200, {"success": True, "message": message, "timestamp": datetime.now(UTC)})


async def delete_appointments(call: Call) -> Answer:
    """POST /v1/appointments/batch-delete: anybody's (Q-02); ids that are not there are passed over."""
    ids = check_ids(call.body)
    with showing_why("DELETE_ERROR", "Failed to batch delete appointments"):
        async with call.database.transaction() as connection:
            found = await send(
                connection, "SELECT id, deleted_at FROM appointments WHERE id = ANY($1)", [ids]
            )
            if not found:
                return _deleted("No appointments found to delete", [])
            if active := [row["id"] for row in found if row["deleted_at"] is None]:
                raise Refusal(400, "NOT_ARCHIVED", f"Some appointments are not archived: {', '.join(active)}")
            deleted = await send(
                connection,
                "DELETE FROM appointments WHERE id = ANY($1) RETURNING id",
                [[row["id"] for row in found]],
            )
    return _deleted(f"Successfully deleted {len(deleted)} appointments", [row["id"] for row in deleted])


def _deleted(message: str, ids: list[str]) -> Answer:
    return Answer(200, {"success": True, "message": message, "deletedCount": len(ids), "deletedIds": ids})


def _check_business_rules(body: Mapping[str, Any], *, creating: bool) -> None:
    """Raise the refusal that names every broken rule."""
    violations = Violations()
    starts, ends, day = body.get("start_time"), body.get("end_time"), body.get("appointment_date")
    if node.truthy(starts) and node.truthy(ends):
        started_at, ended_at = (node.moment(f"1970-01-01T{node.text(time)}") for time in (starts, ends))
        if started_at is not None and ended_at is not None and ended_at <= started_at:
            violations.add("end_time", "End time must be after start time", "END_AFTER_START")
    if creating and node.truthy(day):
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        moment = node.moment(day)
        if moment is not None and moment < today.timestamp():
            violations.add(
                "appointment_date", "Cannot create appointments in the past", "NO_PAST_APPOINTMENTS"
            )
    violations.refuse()


def _only(rows: list[Row]) -> Row:
    if not rows:
        raise Refusal(404, "NOT_FOUND", "Appointment not found")
    return rows[0]


def _answer(data: Mapping[str, Any], message: str | None = None, *, status: int = 200) -> Answer:
    body: dict[str, Any] = {"success": True, "data": data}
    if message is not None:
        body["message"] = message
    return Answer(status, body | {"timestamp": datetime.now(UTC)})


HANDLERS: Handlers = {
    ("GET", "/v1/appointments"): list_appointments,
    ("GET", "/v1/appointments/{id}"): get_appointment,
    ("POST", "/v1/appointments"): create_appointment,
    ("PUT", "/v1/appointments/{id}"): update_appointment,
    ("POST", "/v1/appointments/{id}/cancel"): cancel_appointment,
    ("POST", "/v1/appointments/{id}/complete"): complete_appointment,
    ("PUT", "/v1/appointments/{id}/archive"): archive_appointment,
    ("DELETE", "/v1/appointments/{id}"): delete_appointment,
    ("POST", "/v1/appointments/batch-delete"): delete_appointments,
}
