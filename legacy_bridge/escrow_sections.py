"""The sections of an escrow that live in columns: details, property details, notes. Anybody's escrow (Q-02)."""

from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.escrow_detail import build_detail
from legacy_bridge.escrow_lookup import bare_id, id_column, not_found, query_one
from legacy_bridge.sql_errors import message_of
from legacy_bridge.validation import Check, each, is_text, validate

_DETAIL_COLUMNS = {
    "propertyAddress": "property_address",
    "propertyImage": "property_image_url",
    "zillowUrl": "zillow_url",
    "escrowStatus": "escrow_status",
    "purchasePrice": "purchase_price",
    "earnestMoneyDeposit": "earnest_money_deposit",
    "downPayment": "down_payment",
    "loanAmount": "loan_amount",
    "myCommission": "my_commission",
    "scheduledCoeDate": "closing_date",
    "escrowCompany": "escrow_company",
    "escrowOfficerName": "escrow_officer_name",
    "escrowOfficerEmail": "escrow_officer_email",
    "escrowOfficerPhone": "escrow_officer_phone",
    "titleCompany": "title_company",
    "transactionType": "transaction_type",
    "leadSource": "lead_source",
}
# Any other key is taken for a column as it stands.
_PROPERTY_COLUMNS = {
    "gatedCommunity": "gated_community",
    "seniorCommunity": "senior_community",
    "squareFeet": "square_feet",
    "yearBuilt": "year_built",
    "garageSpaces": "garage_spaces",
    "lotSize": "lot_size_sqft",
    "lotSizeSqft": "lot_size_sqft",
    "propertyType": "property_type",
}
_CHANGED_PROPERTY = (
    "id, bedrooms, bathrooms, square_feet, pool, spa, gated_community, senior_community, year_built, garage_spaces,"
    " stories, lot_size_sqft"
)
_NOTE_CHECKS = (
    Check("note", each(bool), "Note content is required", required=True),
    Check("type", is_text, "Note type must be a string"),
)


async def get_details(call: Call) -> Answer:
    """GET /v1/escrows/{id}/details."""
    return _shown(build_detail(await _find(call, "escrow details"), datetime.now(UTC))["details"])


async def update_details(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/details; unlike PUT of the escrow it leaves the version alone."""
    changed = {_DETAIL_COLUMNS[key]: value for key, value in call.body.items() if key in _DETAIL_COLUMNS}
    if not changed:
        raise Refusal(400, "NO_UPDATES", "No valid fields to update")
    assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(changed, start=2))
    row = await query_one(
        call,
        f"UPDATE escrows SET {assignments}, updated_at = NOW() WHERE {id_column(call.id)} = $1 RETURNING *",  # noqa: S608 - columns named above
        [call.id, *changed.values()],
        Refusal(500, "UPDATE_ERROR", "Failed to update escrow details"),
    )
    details = build_detail(row, datetime.now(UTC))["details"]
    return Answer(200, {"success": True, "data": details, "message": "Escrow details updated successfully"})


async def get_property_details(call: Call) -> Answer:
    """GET /v1/escrows/{id}/property-details: those of the whole escrow, and three more."""
    row = await _find(call, "property details")
    shown = build_detail(row, datetime.now(UTC))["property-details"]
    more = {
        "features": node.either(row["property_features"], {}),
        "images": node.either(row["property_images"], []),
        "purchasePrice": node.parse_float(row["purchase_price"]),
    }
    return _shown(shown | more)


async def update_property_details(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/property-details: any column (Q-06)."""
    updates = [(_PROPERTY_COLUMNS.get(key, key), value) for key, value in call.body.items()]
    if not updates:
        raise Refusal(400, "NO_UPDATES", "No valid property fields to update")
    wanted = bare_id(call.id)
    assignments = ", ".join(f"{name} = ${place}" for place, (name, _) in enumerate(updates, start=2))
    try:
        rows = await call.database.query(
            f"UPDATE escrows SET {assignments}, updated_at = NOW()"  # noqa: S608 - Q-06: the keys of the body are the columns
            f" WHERE {id_column(wanted)} = $1 RETURNING {_CHANGED_PROPERTY}",
            [wanted, *(value for _, value in updates)],
        )
    except psycopg.Error as error:
        raise Refusal(
            500, "SERVER_ERROR", "Failed to update property details", details=message_of(error)
        ) from error
    if not rows:
        raise not_found()
    message = "Property details updated successfully"
    return Answer(200, {"success": True, "data": rows[0], "message": message})


async def get_notes(call: Call) -> Answer:
    """GET /v1/escrows/{id}/notes: a JSON array that is kept as text; what is no JSON reads as none."""
    return _shown(_notes(await _find(call, "escrow notes")))


async def add_note(call: Call) -> Answer:
    """POST /v1/escrows/{id}/notes: read, changed and written back; of two at once one is lost."""
    body, failure = call.body, Refusal(500, "SERVER_ERROR", "Failed to add note")
    validate(body, _NOTE_CHECKS)
    row = await _find(call, "escrow notes", failure)
    notes = _notes(row)
    if not isinstance(notes, list):
        raise failure
    now = datetime.now(UTC)
    note = {
        "id": str(int(now.timestamp() * 1000)),
        "content": body["note"],
        "type": body.get("type", "general"),
        "createdAt": now,
        "createdBy": "System",
    }
    notes.append(note)
    await query_one(
        call,
        "UPDATE escrows SET notes = $1, updated_at = CURRENT_TIMESTAMP WHERE id = $2 RETURNING id",
        [node.write_json(notes), row["id"]],
        failure,
    )
    return _shown({"note": note, "totalNotes": len(notes)})


async def _find(call: Call, what: str, failure: Refusal | None = None) -> Row:
    """The row by uuid or display id; numbers and `escrow-` are not taken here."""
    return await query_one(
        call,
        f"SELECT * FROM escrows WHERE {id_column(call.id)} = $1",  # noqa: S608 - one of two columns
        [call.id],
        failure or Refusal(500, "SERVER_ERROR", f"Failed to fetch {what}"),
    )


def _notes(row: Row) -> Any:
    try:
        return node.parse_json(row["notes"]) if row["notes"] else []
    except ValueError:
        return []


def _shown(data: Any) -> Answer:
    return Answer(200, {"success": True, "data": data})


HANDLERS: Handlers = {
    ("GET", "/v1/escrows/{id}/details"): get_details,
    ("PUT", "/v1/escrows/{id}/details"): update_details,
    ("GET", "/v1/escrows/{id}/property-details"): get_property_details,
    ("PUT", "/v1/escrows/{id}/property-details"): update_property_details,
    ("GET", "/v1/escrows/{id}/notes"): get_notes,
    ("POST", "/v1/escrows/{id}/notes"): add_note,
}
