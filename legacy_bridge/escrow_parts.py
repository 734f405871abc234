"""The parts of an escrow that live in JSON columns: people, timeline, financials, checklists, documents.

Anybody may read and change them (Q-02), and a change is told to every socket of every tenant (Q-08).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.escrow_detail import build_detail
from legacy_bridge.escrow_lookup import find_escrow, query_one
from legacy_bridge.events import EVERYBODY, Event
from legacy_bridge.validation import Check, each, is_boolean, is_text, validate

_CONTACTS = """
    SELECT id, contact_type, first_name, last_name, full_name, company, email, phone, phone_secondary, work_phone,
           street_address, city, state, zip_code, license_number, preferred_contact_method, notes, tags
    FROM contacts WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
"""
# Body key of the financials → the column that it is also written to.
_MONEY_COLUMNS = {
    "purchasePrice": "purchase_price",
    "grossCommission": "gross_commission",
    "netCommission": "net_commission",
    "commissionPercentage": "commission_percentage",
    "commissionAdjustments": "commission_adjustments",
    "expenseAdjustments": "expense_adjustments",
}
_MINE = ("agent1099Income", "agentSplit", "agentNet")
_ITEM_CHECKS = (
    Check("item", each(bool), "Checklist item is required", required=True),
    Check("value", each(is_boolean), "Value must be boolean", required=True),
    Check("note", is_text, "Note must be a string"),
)
_ITEM_FORM = 'Checklist item must be in format "category.field" (e.g., "loan.le")'
_NOT_AN_ARRAY = [{"message": "Documents must be an array"}]


async def get_people(call: Call) -> Answer:
    """GET /v1/escrows/{id}/people: the contacts of the roles that hold a contact's id; other shapes are left out."""
    failure = _failure("fetch escrow people")
    people = node.spread((await find_escrow(call, failure))["people"])
    wanted = {role: contact for role, contact in people.items() if isinstance(contact, str) and contact}
    if not wanted:
        return _shown({})
    try:
        found = await call.database.query(_CONTACTS, [list(wanted.values())])
    except psycopg.Error as error:
        raise failure from error
    contacts = {contact["id"]: contact for contact in found}
    return _shown({role: contacts[contact] for role, contact in wanted.items() if contact in contacts})


async def update_people(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/people: merged into what is stored; nothing is checked."""
    failure = _failure("update escrow people")
    escrow = await find_escrow(call, failure)
    people = node.spread(escrow["people"]) | call.body
    await _store(call, escrow, {"people": people}, failure)
    _tell(call, escrow, {"type": "people:updated", "data": people})
    return _shown(people)


async def get_timeline(call: Call) -> Answer:
    """GET /v1/escrows/{id}/timeline."""
    return await _part(call, "timeline", "fetch escrow timeline")


async def update_timeline(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/timeline. Q-13: merging an object into an array makes an object that nobody can read."""
    failure = _failure("update escrow timeline")
    escrow = await find_escrow(call, failure)
    timeline = node.spread(escrow["timeline"]) | call.body
    stored = await _store(call, escrow, {"timeline": timeline}, failure)
    _tell(call, escrow, {"type": "timeline:updated", "data": timeline})
    return _shown(_detail(stored)["timeline"])


async def get_financials(call: Call) -> Answer:
    """GET /v1/escrows/{id}/financials."""
    return await _part(call, "financials", "fetch escrow financials")


async def update_financials(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/financials: merged into what is stored; some keys are also written to columns."""
    body, failure = call.body, _failure("update escrow financials")
    escrow = await find_escrow(call, failure)
    financials = node.spread(escrow["financials"]) | body
    columns: dict[str, Any] = {"financials": financials}
    columns |= {column: body[key] for key, column in _MONEY_COLUMNS.items() if key in body}
    if "agentSplit" in body or "agent1099Income" in body:
        columns["my_commission"] = node.either(*map(body.get, _MINE), 0)
    stored = await _store(call, escrow, columns, failure)
    _tell(call, escrow, {"type": "financials:updated", "data": financials})
    return _shown(_detail(stored)["financials"])


async def get_checklists(call: Call) -> Answer:
    """GET /v1/escrows/{id}/checklists: no data, as it reads keys that are no longer there (Q-23)."""
    await find_escrow(call, _failure("fetch escrow checklists"))
    return _shown({})


async def get_loan_checklist(call: Call) -> Answer:
    """GET /v1/escrows/{id}/checklist-loan: no data (Q-23)."""
    return await _get_checklist(call, "loan")


async def get_house_checklist(call: Call) -> Answer:
    """GET /v1/escrows/{id}/checklist-house: no data (Q-23)."""
    return await _get_checklist(call, "house")


async def get_admin_checklist(call: Call) -> Answer:
    """GET /v1/escrows/{id}/checklist-admin: no data (Q-23)."""
    return await _get_checklist(call, "admin")


async def update_loan_checklist(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/checklist-loan."""
    return await _update_checklist(call, "loan")


async def update_house_checklist(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/checklist-house."""
    return await _update_checklist(call, "house")


async def update_admin_checklist(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/checklist-admin."""
    return await _update_checklist(call, "admin")


async def update_checklist_item(call: Call) -> Answer:
    """PATCH /v1/escrows/{id}/checklist: one item, `category.key`; any category and key is taken."""
    body, failure = call.body, _failure("update checklist item")
    validate(body, _ITEM_CHECKS)
    escrow = await find_escrow(call, failure)
    if not isinstance(body["item"], str):
        raise failure
    category, key, *_ = [*body["item"].split("."), ""]
    if not category or not key:
        raise Refusal(400, "INVALID_ITEM", _ITEM_FORM)
    checklists = node.spread(escrow["checklists"])
    items = node.either(checklists.get(category), {})
    if not isinstance(items, dict):
        raise failure
    items |= {key: body["value"]} | ({f"{key}_note": body["note"]} if node.truthy(body.get("note")) else {})
    await _store(call, escrow, {"checklists": checklists | {category: items}}, failure)
    changed = {"category": category, "field": key, "value": body["value"]}
    _tell(call, escrow, {"type": "checklist:updated"} | changed)
    return _shown({})


async def get_documents(call: Call) -> Answer:
    """GET /v1/escrows/{id}/documents."""
    return await _part(call, "documents", "fetch escrow documents")


async def update_documents(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/documents: the whole array."""
    if not call.is_array:
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input data", details=_NOT_AN_ARRAY)
    failure = _failure("update escrow documents")
    escrow = await find_escrow(call, failure)
    documents = list(call.body.values())
    stored = await _store(call, escrow, {"documents": node.write_json(documents)}, failure)
    _tell(call, escrow, {"type": "documents:updated", "data": documents})
    return _shown(_detail(stored)["documents"])


async def _part(call: Call, name: str, verb: str) -> Answer:
    return _shown(_detail(await find_escrow(call, _failure(verb)))[name])


async def _get_checklist(call: Call, category: str) -> Answer:
    await find_escrow(call, _failure(f"fetch {category} checklist"))
    return Answer(200, {"success": True})


async def _update_checklist(call: Call, category: str) -> Answer:
    failure = _failure(f"update {category} checklist")
    escrow = await find_escrow(call, failure)
    checklists = node.spread(escrow["checklists"])
    items = node.spread(checklists.get(category)) | call.body
    await _store(call, escrow, {"checklists": checklists | {category: items}}, failure)
    _tell(call, escrow, {"type": "checklist:updated", "category": category, "data": items})
    return Answer(200, {"success": True})


async def _store(call: Call, escrow: Row, columns: Mapping[str, Any], failure: Refusal) -> Row:
    """Write the columns; a change in between two requests is lost."""
    assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=2))
    return await query_one(
        call,
        f"UPDATE escrows SET {assignments}, updated_at = CURRENT_TIMESTAMP WHERE id = $1 RETURNING *",  # noqa: S608 - columns named here
        [escrow["id"], *columns.values()],
        failure,
    )


def _tell(call: Call, escrow: Row, payload: Mapping[str, Any]) -> None:
    shown = {"escrowId": escrow["id"], **payload, "timestamp": datetime.now(UTC)}
    call.emit(Event(EVERYBODY, "escrow:updated", shown))


def _detail(escrow: Row) -> dict[str, Any]:
    return build_detail(escrow, datetime.now(UTC))


def _shown(data: Any) -> Answer:
    return Answer(200, {"success": True, "data": data})


def _failure(verb: str) -> Refusal:
    return Refusal(500, "SERVER_ERROR", f"Failed to {verb}")


HANDLERS: Handlers = {
    ("GET", "/v1/escrows/{id}/people"): get_people,
    ("PUT", "/v1/escrows/{id}/people"): update_people,
    ("GET", "/v1/escrows/{id}/timeline"): get_timeline,
    ("PUT", "/v1/escrows/{id}/timeline"): update_timeline,
    ("GET", "/v1/escrows/{id}/financials"): get_financials,
    ("PUT", "/v1/escrows/{id}/financials"): update_financials,
    ("GET", "/v1/escrows/{id}/checklists"): get_checklists,
    ("GET", "/v1/escrows/{id}/checklist-loan"): get_loan_checklist,
    ("PUT", "/v1/escrows/{id}/checklist-loan"): update_loan_checklist,
    ("GET", "/v1/escrows/{id}/checklist-house"): get_house_checklist,
    ("PUT", "/v1/escrows/{id}/checklist-house"): update_house_checklist,
    ("GET", "/v1/escrows/{id}/checklist-admin"): get_admin_checklist,
    ("PUT", "/v1/escrows/{id}/checklist-admin"): update_admin_checklist,
    ("PATCH", "/v1/escrows/{id}/checklist"): update_checklist_item,
    ("GET", "/v1/escrows/{id}/documents"): get_documents,
    ("PUT", "/v1/escrows/{id}/documents"): update_documents,
}
