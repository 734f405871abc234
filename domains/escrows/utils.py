"""An escrow as the API shows it: in the list every other value twice (Q-21), whole it is seven parts."""

import math
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from domains.escrows.models import PROPERTY
from domains.shared.far_dates import FarDate, seconds_of
from domains.shared.node_json import either, field, iso_day, iso_moment, loads, number

_DAY = timedelta(days=1)
_LIST_PROGRESS = 64
_DETAIL_DEADLINES = 2

LIST_PEOPLE = (
    ("buyer_name", "buyer", "name"),
    ("buyer_email", "buyer", "email"),
    ("seller_name", "seller", "name"),
    ("seller_email", "seller", "email"),
    ("buyer_agent_name", "buyer_agent", "name"),
    ("listing_agent_name", "listing_agent", "name"),
    ("lender_name", "lender", "name"),
    ("lender_email", "lender", "email"),
    ("lender_phone", "lender", "phone"),
    ("lender_company", "lender", "company"),
    ("escrow_officer_name", "escrow_officer", "name"),
    ("escrow_officer_email", "escrow_officer", "email"),
    ("escrow_officer_phone", "escrow_officer", "phone"),
    ("escrow_company", "escrow_officer", "company"),
)
"""What a list shows of the people: the answer's key, the role, and what is read of it."""
ROLES = (
    *("buyer", "seller", "buyerAgent", "sellerAgent", "loanOfficer", "escrowOfficer", "titleOfficer"),
    *("homeInspector", "appraiser", "transactionCoordinator"),
)
CHECKLISTS = {
    "loan": (
        *(
            "le",
            "lockedRate",
            "appraisalOrdered",
            "appraisalReceived",
            "clearToClose",
            "cd",
            "loanDocsSigned",
        ),
        *("cashToClosePaid", "loanFunded"),
    ),
    "house": (
        *("homeInspectionOrdered", "emd", "solarTransferInitiated", "avid", "homeInspectionReceived"),
        *("sellerDisclosures", "rr", "cr", "recorded"),
    ),
    "admin": ("mlsStatusUpdate", "tcEmail", "tcGlideInvite", "addContactsToPhone", "addContactsToNotion"),
}

Row = Mapping[Any, Any]


def list_row(row: Row, now: datetime) -> dict[str, Any]:
    """One escrow of the list; `my_commission` stands for the net commission where there is none."""
    today = now.date()
    acceptance, closing = row["acceptance_date"], row["closing_date"]
    return {
        "id": row["id"],
        "displayId": row["display_id"],
        "escrowNumber": row["display_id"],
        "propertyAddress": row["property_address"],
        "property_address": row["property_address"],
        "propertyImage": row["property_image_url"],
        "property_image": row["property_image_url"],
        "zillowUrl": row["zillow_url"],
        "zillow_url": row["zillow_url"],
        "escrowStatus": row["escrow_status"],
        "escrow_status": row["escrow_status"],
        "purchasePrice": row["purchase_price"],
        "purchase_price": row["purchase_price"],
        "myCommission": row["my_commission"],
        "my_commission": row["my_commission"],
        "gross_commission": row["gross_commission"],
        "clients": [],
        "acceptanceDate": _calendar(acceptance or today),
        "acceptance_date": iso_day(acceptance),
        "scheduledCoeDate": _calendar(closing or today + 30 * _DAY),
        "closing_date": iso_day(closing),
        "daysToClose": _list_days(closing, now) if closing else 0,
        "checklistProgress": _LIST_PROGRESS,
        "checklist_progress": _LIST_PROGRESS,
        "lastActivity": _to_the_second(row["updated_at"] or row["created_at"] or now),
        "upcomingDeadlines": random.randint(1, 5),
        "created_at": iso_moment(row["created_at"]),
        "updated_at": iso_moment(row["updated_at"]),
        "people": row["people"],
        **{key: row[key] for key, _, _ in LIST_PEOPLE},
        "checklists": row["checklists"],
        "timeline": row["timeline"],
        "deleted_at": iso_moment(row["deleted_at"]),
    }


def whole_escrow(row: Row, now: datetime) -> dict[str, Any]:
    """The seven parts of one escrow."""
    financials = row["financials"]
    return {
        "details": _details(row, financials, now),
        "property-details": _property(row),
        "people": {role: _person(row, role) for role in ROLES},
        "timeline": _timeline(row, now),
        "financials": _financials(row, financials),
        "checklists": {
            name: {item: either(field(field(row["checklists"], name), item), False) for item in items}
            for name, items in CHECKLISTS.items()
        },
        "documents": either(row["documents"], []),
    }


def property_section(row: Row) -> dict[str, Any]:
    """What the whole escrow shows of the property, and three more."""
    return _property(row) | {
        "features": either(row["property_features"], {}),
        "images": either(row["property_images"], []),
        "purchasePrice": number(row["purchase_price"]),
    }


def notes_of(row: Row) -> Any:
    """The notes, which are kept as the text of a JSON array; what is no JSON reads as none."""
    try:
        return loads(row["notes"]) if row["notes"] else []
    except ValueError:
        return []


def _until(day: date, now: datetime) -> float:
    """Days from now to the start of that day."""
    return (seconds_of(_midnight(day)) - now.timestamp()) / _DAY.total_seconds()


def _list_days(closing: date, now: datetime) -> int:
    """As PostgreSQL counts them: infinity has none."""
    days = _until(closing, now)
    return int(days) if math.isfinite(days) else 0


def _detail_days(closing: date, now: datetime) -> int | None:
    """As Node counts them."""
    return None if iso_day(closing) is None else math.floor(_until(closing, now))


def _midnight(day: date) -> datetime:
    return day if isinstance(day, FarDate) else datetime.combine(day, time(), UTC)


def _calendar(day: date) -> str | None:
    return day.calendar and day.calendar[:-9] if isinstance(day, FarDate) else day.isoformat()


def _to_the_second(moment: datetime) -> str | None:
    if isinstance(moment, FarDate):
        return moment.calendar and f"{moment.calendar}Z"
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _rounded(value: float) -> int:
    """JavaScript's `Math.round`: halves go up."""
    return math.floor(value + 0.5)


def _details(row: Row, financials: Any, now: datetime) -> dict[str, Any]:
    def money(column: str, key: str) -> Any:
        return either(number(row[column]), field(financials, key), 0)

    closing = row["closing_date"]
    return {
        "id": row["id"],
        "escrowNumber": row["display_id"],
        "propertyAddress": row["property_address"],
        "propertyImage": either((row["property_image_url"] or "").strip(), None),
        "zillowUrl": either(row["zillow_url"], None),
        "escrowStatus": row["escrow_status"],
        "purchasePrice": number(row["purchase_price"]),
        "earnestMoneyDeposit": money("earnest_money_deposit", "earnestMoneyDeposit"),
        "downPayment": money("down_payment", "downPayment"),
        "loanAmount": money("loan_amount", "loanAmount"),
        "myCommission": number(row["my_commission"]),
        "scheduledCoeDate": iso_day(closing),
        "daysToClose": _detail_days(closing, now) if closing else 0,
        "checklistProgress": _progress(row["checklists"]),
        "lastActivity": iso_moment(row["updated_at"] or row["created_at"]),
        "upcomingDeadlines": _DETAIL_DEADLINES,
        "escrowCompany": either(row["escrow_company"], None),
        "escrowOfficerName": either(row["escrow_officer_name"], None),
        "escrowOfficerEmail": either(row["escrow_officer_email"], None),
        "escrowOfficerPhone": either(row["escrow_officer_phone"], None),
        "titleCompany": either(row["title_company"], None),
        "transactionType": either(row["transaction_type"], "Purchase"),
        "leadSource": either(row["lead_source"], field(financials, "leadSource"), None),
        "createdAt": iso_moment(row["created_at"]),
        "updatedAt": iso_moment(row["updated_at"]),
        "deletedAt": iso_moment(row["deleted_at"]),
    }


def _progress(checklists: Any) -> int:
    """Per cent of the stored items that are done; items that are only shown do not count."""
    items = [item for checklist in _items(checklists) for item in _items(checklist)]
    return _rounded(sum(item is True for item in items) / len(items) * 100) if items else 0


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _property(row: Row) -> dict[str, Any]:
    shown = {key: either(row[column], empty) for key, column, empty in PROPERTY}
    shown["listDate"] = iso_day(row["list_date"])
    area, price = row["square_feet"], row["purchase_price"]
    shown["pricePerSqft"] = _rounded(number(price) / area) if area and price else None
    return shown


def _person(row: Row, role: str) -> dict[str, Any] | None:
    person = field(row["people"], role)
    name = field(person, "name")
    if role == "transactionCoordinator":
        name = either(name, row["transaction_coordinator"])
    if not name:
        return None
    return {"name": name} | {key: either(field(person, key), None) for key in ("phone", "email", "company")}


def _timeline(row: Row, now: datetime) -> list[Any]:
    """The stored timeline, else one of the date columns: label, date, and the date on which it was done."""
    stored = row["timeline"]
    if isinstance(stored, list) and stored:
        return stored

    def plain(label: str, column: str) -> tuple[str, date | None, date | None]:
        return label, row[column], row[column]

    appraised, closed = row["appraisal_completed_date"], row["actual_coe_date"]
    events = (
        plain("Acceptance", "acceptance_date"),
        plain("EMD Deposited", "emd_date"),
        plain("Home Inspection", "physical_inspection_date"),
        ("Appraisal", appraised or row["appraisal_ordered_date"], appraised),
        plain("Inspection Contingency", "inspection_contingency_removal_date"),
        plain("Appraisal Contingency", "appraisal_contingency_removal_date"),
        plain("Loan Contingency", "loan_contingency_removal_date"),
        plain("All Contingencies Removed", "all_contingencies_removal_date"),
        ("Close of Escrow", row["closing_date"] or closed, closed),
    )
    return [
        {"label": label, "date": iso_day(day), "completed": done is not None and _midnight(done) < now}
        for label, day, done in events
        if day is not None
    ]


def _financials(row: Row, stored: Any) -> dict[str, Any]:
    """25 numbers: of some the column counts, of the others what is stored, each with its fall-back."""

    def kept(*keys: str, default: Any = 0) -> Any:
        return either(*(field(stored, key) for key in keys), default)

    def column(name: str, *keys: str, default: Any = 0) -> Any:
        return either(number(row[name]), kept(*keys, default=default))

    gross, referral = number(row["gross_commission"]), number(row["referral_fee"])
    adjusted = gross - referral
    return {
        "purchasePrice": column("purchase_price", "purchasePrice"),
        "baseCommission": kept("baseCommission", default=gross),
        "grossCommission": kept("grossCommission", default=gross),
        "grossCommissionFees": kept("grossCommissionFees", default=referral),
        "grossReferralFee": kept("grossReferralFee", "grossCommissionFees", default=referral),
        "grossReferralFeePercentage": kept("grossReferralFeePercentage"),
        "adjustedGross": kept(
            "adjustedGross", default=int(adjusted) if adjusted == int(adjusted) else adjusted
        ),
        "netCommission": column("net_commission", "netCommission", "adjustedGross"),
        "dealExpense": kept("dealExpense", "franchiseFees"),
        "franchiseFees": kept("franchiseFees", "dealExpense"),
        "franchiseFeePercentage": kept("franchiseFeePercentage", default=6.25),
        "dealNet": kept("dealNet", "agentGCI"),
        "agentGCI": kept("agentGCI", "dealNet"),
        "splitPercentage": kept("splitPercentage", default=70),
        "agentSplit": kept("agentSplit", default=number(row["my_commission"])),
        "agentReferralFee": kept("agentReferralFee"),
        "agentReferralFeePercentage": kept("agentReferralFeePercentage"),
        "transactionFee": kept("transactionFee", default=285),
        "tcFee": kept("tcFee", default=250),
        "agent1099Income": kept("agent1099Income"),
        "excessPayment": kept("excessPayment", "agent1099Income"),
        "agentNet": kept("agentNet", "excessPayment"),
        "commissionPercentage": column("commission_percentage", "commissionPercentage", default=2.5),
        "commissionAdjustments": column("commission_adjustments", "commissionAdjustments"),
        "expenseAdjustments": column("expense_adjustments", "expenseAdjustments"),
    }
