"""The handlers of clients: each row joins one contact, where its name and address are.

SQL, rules and answers in one place each, as the legacy backend has them; it is frozen, not fixed.
"""

from typing import Any

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Connection, Row, send
from legacy_bridge.emails import is_email
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.filters import NO_BROKER, Filter
from legacy_bridge.pages import page_of
from legacy_bridge.permissions import DELETE, MODIFY, VIEW, Resource, require_ownership, require_scope
from legacy_bridge.sql_errors import showing_why
from legacy_bridge.updates import tell
from legacy_bridge.validation import BATCH_CHECKS, Check, each, is_text, one_of, validate

_CLIENT = Resource("client", "clients")
_SHOWN = """
    c.id, c.client_type, c.status, c.created_at, c.updated_at, co.first_name, co.last_name, co.email, co.phone,
    co.street_address, co.city, co.state, co.zip_code, co.notes, co.tags
"""
_JOINED = "clients c JOIN contacts co ON co.id = c.contact_id"
_TYPES = ("Buyer", "Seller", "Both", "Investor", "Referral")
_is_type = one_of(*_TYPES, *map(str.lower, _TYPES))

_CREATE_CHECKS = (
    Check("firstName", each(bool), "First name is required", required=True),
    Check("lastName", each(bool), "Last name is required", required=True),
    Check("email", each(is_email), "Valid email is required"),
    Check("phone", is_text, "Invalid phone number"),
    Check("clientType", _is_type, "Invalid value"),
)
_UPDATE_CHECKS = (
    Check("firstName", each(bool), "Invalid value"),
    Check("lastName", each(bool), "Invalid value"),
    Check("email", each(is_email), "Invalid value"),
    Check("phone", is_text, "Invalid value"),
    Check("clientType", _is_type, "Invalid value"),
    Check("status", one_of("active", "inactive", "archived"), "Invalid value"),
)
# Column of the contact → the body key of a creation that it is taken from.
_CONTACT_COLUMNS = {
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "phone": "phone",
    "street_address": "addressStreet",
    "city": "addressCity",
    "state": "addressState",
    "zip_code": "addressZip",
    "notes": "notes",
    "tags": "tags",
}
# The ones that an update changes; it ignores notes, tags and the address.
_UPDATED_COLUMNS = ("first_name", "last_name", "email", "phone")


async def list_clients(call: Call) -> Answer:
    """GET /v1/clients: the active ones, where the query does not say otherwise."""
    query = call.query
    await require_scope(call.database, call.user, query.get("scope", "user"))
    page = page_of(query)
    failure = ("FETCH_ERROR", "Failed to fetch clients")
    wanted = Filter()
    wanted.narrow(call.user, query, "c", lambda: Refusal(500, *failure, details=NO_BROKER))
    if (status := query.get("status", "active")) and status != "all":
        wanted.add("c.status = ?", status)
    if search := query.get("search"):
        wanted.add("(co.first_name ILIKE ? OR co.last_name ILIKE ? OR co.email ILIKE ?)", f"%{search}%")
    limit, offset = wanted.next_places()
    with showing_why(*failure):
        counted = await call.database.query(
            f"SELECT COUNT(*) AS total FROM {_JOINED} WHERE {wanted.where}",  # noqa: S608 - conditions named above
            wanted.values,
        )
        rows = await call.database.query(
            f"""
            SELECT {_SHOWN} FROM {_JOINED} WHERE {wanted.where}
            ORDER BY c.created_at DESC LIMIT {limit} OFFSET {offset}
            """,  # noqa: S608 - conditions named above
            [*wanted.values, page.limit, page.offset],
        )
    pagination = page.with_total(int(counted[0]["total"]))
    return Answer(200, {"success": True, "data": {"clients": rows, "pagination": pagination}})


async def get_client(call: Call) -> Answer:
    """GET /v1/clients/{id}: archived ones too."""
    await require_ownership(call.database, call.user, _CLIENT, call.id, VIEW)
    with showing_why("FETCH_ERROR", "Failed to fetch client"):
        rows = await call.database.query(
            f"SELECT {_SHOWN} FROM {_JOINED} WHERE c.id = $1",  # noqa: S608 - columns named above
            [call.id],
        )
    return Answer(200, {"success": True, "data": _found(rows)})


async def create_client(call: Call) -> Answer:
    """POST /v1/clients: a contact and its client. The creator does not own what it created (Q-20)."""
    body = call.body
    validate(body, _CREATE_CHECKS)
    client_type = node.text(body.get("clientType", "Buyer"))
    contact = {column: body.get(key) for column, key in _CONTACT_COLUMNS.items()}
    with showing_why("CREATE_ERROR", "Failed to create client"):
        async with call.database.transaction() as connection:
            if node.truthy(body.get("email")):
                known = await send(connection, "SELECT id FROM contacts WHERE email = $1", [body["email"]])
                if known:
                    raise Refusal(409, "DUPLICATE_EMAIL", "A contact with this email already exists")
            contact |= {"contact_type": client_type.lower()}
            contact_id = (await _insert(connection, "contacts", contact))["id"]
            client = {"contact_id": contact_id, "client_type": client_type.lower(), "status": "active"}
            row = await _insert(connection, "clients", client | {"team_id": call.user.team_id})
    shown = {"first_name": "firstName", "last_name": "lastName", "email": "email", "phone": "phone"}
    content = {"id": row["id"], "contact_id": contact_id}
    content |= {column: body[key] for column, key in shown.items() if key in body}
    content |= {"client_type": client_type, "status": row["status"]}
    told = {key: body[key] for key in ("firstName", "lastName", "email") if key in body}
    tell(call, "client", row["id"], "created", {"id": row["id"]} | told | {"clientType": client_type})
    return Answer(201, {"success": True, "data": content})


async def _insert(connection: Connection, table: str, columns: dict[str, Any]) -> Row:
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    created = await send(
        connection,
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) RETURNING *",  # noqa: S608 - columns named above
        list(columns.values()),
    )
    return created[0]


async def update_client(call: Call) -> Answer:
    """PUT /v1/clients/{id}. `version` is looked at only where the type or status changes."""
    body = call.body
    validate(body, _UPDATE_CHECKS)
    await require_ownership(call.database, call.user, _CLIENT, call.id, MODIFY)
    whole = f"SELECT c.* FROM {_JOINED} WHERE c.id = $1"  # noqa: S608 - a join named above
    with showing_why("UPDATE_ERROR", "Failed to update client"):
        contact_id = _found(await call.database.query(whole, [call.id]))["contact_id"]
        async with call.database.transaction() as connection:
            await _update_contact(connection, body, contact_id)
            if "clientType" in body or "status" in body:
                await _update_type_and_status(connection, call)
            [row] = await send(connection, whole, [call.id])
    tell(call, "client", row["id"], "updated", {"id": row["id"], "clientType": row["client_type"]})
    return Answer(200, {"success": True, "data": row})


async def _update_contact(connection: Connection, body: dict[str, Any], contact_id: str) -> None:
    changed = {column: body[key] for column in _UPDATED_COLUMNS if (key := _CONTACT_COLUMNS[column]) in body}
    if changed:
        assignments = ", ".join(f"{column} = ${index}" for index, column in enumerate(changed, start=1))
        await send(
            connection,
            f"UPDATE contacts SET {assignments}, updated_at = NOW() WHERE id = ${len(changed) + 1}",  # noqa: S608 - columns named above
            [*changed.values(), contact_id],
        )


async def _update_type_and_status(connection: Connection, call: Call) -> None:
    body = call.body
    client_type = node.text(body["clientType"]).lower() if "clientType" in body else None
    values = [client_type, body.get("status"), call.user.id, call.id]
    attempted = body.get("version")
    if attempted is not None:
        values.append(attempted)
    updated = await send(
        connection,
        f"""
        UPDATE clients
        SET client_type = COALESCE($1, client_type), status = COALESCE($2, status),
            version = version + 1, last_modified_by = $3, updated_at = NOW()
        WHERE id = $4 {"" if attempted is None else "AND version = $5"}
        RETURNING id
        """,  # noqa: S608 - one of two texts
        values,
    )
    if not updated:
        current = await send(connection, "SELECT version FROM clients WHERE id = $1", [call.id])
        raise Refusal(
            409,
            "VERSION_CONFLICT",
            "This client was modified by another user. Please refresh and try again.",
            currentVersion=_found(current)["version"],
            attemptedVersion=attempted,
        )


async def add_note(call: Call) -> Answer:
    """POST /v1/clients/{id}/notes, to anybody's client (Q-02)."""
    content = call.body.get("content")
    if not node.truthy(content):
        raise Refusal(400, "MISSING_CONTENT", "Note content is required")
    with showing_why("NOTE_ERROR", "Failed to add note"):
        rows = await call.database.query(
            """
            UPDATE contacts
            SET notes = COALESCE(notes || E'\\n', '') || $1::text || ' - ' || NOW()::text, updated_at = NOW()
            WHERE id = (SELECT contact_id FROM clients WHERE id = $2)
            RETURNING notes
            """,
            [content, call.id],
        )
    return Answer(201, {"success": True, "data": _found(rows)})


async def set_tags(call: Call) -> Answer:
    """PATCH /v1/clients/{id}/tags: all tags of anybody's client (Q-02)."""
    tags = call.body.get("tags")
    if not isinstance(tags, list):
        raise Refusal(400, "INVALID_TAGS", "Tags must be an array")
    with showing_why("TAGS_ERROR", "Failed to update tags"):
        rows = await call.database.query(
            """
            UPDATE contacts SET tags = $1, updated_at = NOW()
            WHERE id = (SELECT contact_id FROM clients WHERE id = $2)
            RETURNING tags
            """,
            [tags, call.id],
        )
    return Answer(200, {"success": True, "data": _found(rows)})


async def archive_client(call: Call) -> Answer:
    """PUT /v1/clients/{id}/archive: a status, which may be set again and changed back (Q-26)."""
    await require_ownership(call.database, call.user, _CLIENT, call.id, MODIFY)
    with showing_why("ARCHIVE_ERROR", "Failed to archive client"):
        rows = await call.database.query(
            "UPDATE clients SET status = 'archived', updated_at = NOW() WHERE id = $1 RETURNING id", [call.id]
        )
    return Answer(200, {"success": True, "data": _found(rows), "message": "Client archived successfully"})


async def delete_client(call: Call) -> Answer:
    """DELETE /v1/clients/{id}: for good, with its contact, and archived or not (Q-26)."""
    await require_ownership(call.database, call.user, _CLIENT, call.id, DELETE)
    with failing_as("DELETE_ERROR", "Failed to delete client"):
        async with call.database.transaction() as connection:
            row = _found(
                await send(connection, "SELECT id, contact_id FROM clients WHERE id = $1", [call.id])
            )
            await send(connection, "DELETE FROM clients WHERE id = $1", [call.id])
            await send(connection, "DELETE FROM contacts WHERE id = $1", [row["contact_id"]])
    tell(call, "client", row["id"], "deleted", {"id": row["id"]})
    return Answer(200, {"success": True, "message": "Client deleted successfully"})


async def delete_clients(call: Call) -> Answer:
    """POST /v1/clients/batch-delete: anybody's archived clients (Q-02), the others are skipped; contacts stay."""
    validate(call.body, BATCH_CHECKS)
    with showing_why("DELETE_ERROR", "Failed to delete clients"):
        async with call.database.transaction() as connection:
            found = await send(
                connection,
                "SELECT id FROM clients WHERE id = ANY($1) AND status = 'archived'",
                [call.body["ids"]],
            )
            if not found:
                return _deleted("No clients found to delete", [])
            ids = [row["id"] for row in found]
            await send(connection, "DELETE FROM clients WHERE id = ANY($1)", [ids])
    return _deleted(f"Successfully deleted {len(ids)} clients", ids)


def _deleted(message: str, ids: list[str]) -> Answer:
    return Answer(200, {"success": True, "message": message, "deletedCount": len(ids), "deletedIds": ids})


def _found(rows: list[Row]) -> Row:
    if not rows:
        raise Refusal(404, "NOT_FOUND", "Client not found")
    return rows[0]


HANDLERS: Handlers = {
    ("GET", "/v1/clients"): list_clients,
    ("POST", "/v1/clients"): create_client,
    ("POST", "/v1/clients/batch-delete"): delete_clients,
    ("GET", "/v1/clients/{id}"): get_client,
    ("PUT", "/v1/clients/{id}"): update_client,
    ("DELETE", "/v1/clients/{id}"): delete_client,
    ("PUT", "/v1/clients/{id}/archive"): archive_client,
    ("POST", "/v1/clients/{id}/notes"): add_note,
    ("PATCH", "/v1/clients/{id}/tags"): set_tags,
}
