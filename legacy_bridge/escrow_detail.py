"""The body of `GET /v1/escrows/{id}`: one row of `escrows`, regrouped. Key order is that of the recording."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from legacy_bridge import node
from legacy_bridge.database import Row
from legacy_bridge.node import either, field, parse_float

_PEOPLE = (
    *("buyer", "seller", "buyerAgent", "sellerAgent", "loanOfficer", "escrowOfficer", "titleOfficer"),
    *("homeInspector", "appraiser", "transactionCoordinator"),
)
# Which keys of the people column are read: the seeded snake_case roles (buyer_agent, lender ...) never are.
_LOAN_ITEMS = (
    *("le", "lockedRate", "appraisalOrdered", "appraisalReceived", "clearToClose", "cd", "loanDocsSigned"),
    *("cashToClosePaid", "loanFunded"),
)
_HOUSE_ITEMS = (
    *("homeInspectionOrdered", "emd", "solarTransferInitiated", "avid", "homeInspectionReceived"),
    *("sellerDisclosures", "rr", "cr", "recorded"),
)
_ADMIN_ITEMS = ("mlsStatusUpdate", "tcEmail", "tcGlideInvite", "addContactsToPhone", "addContactsToNotion")
_CHECKLISTS = {"loan": _LOAN_ITEMS, "house": _HOUSE_ITEMS, "admin": _ADMIN_ITEMS}
_UPCOMING_DEADLINES = 2

# Answer key → column and what stands in for nothing.
_PROPERTY: Mapping[str, tuple[str, Any]] = {
    "address": ("property_address", None),
    "city": ("city", None),
    "state": ("state", "CA"),
    "zipCode": ("zip_code", None),
    "county": ("county", None),
    "propertyType": ("property_type", "Single Family"),
    "bedrooms": ("bedrooms", None),
    "bathrooms": ("bathrooms", None),
    "squareFeet": ("square_feet", None),
    "lotSizeSqft": ("lot_size_sqft", None),
    "yearBuilt": ("year_built", None),
    "stories": ("stories", None),
    "garageSpaces": ("garage_spaces", None),
    "pool": ("pool", False),
    "spa": ("spa", False),
    "viewType": ("view_type", None),
    "architecturalStyle": ("architectural_style", None),
    "propertyCondition": ("property_condition", None),
    "zoning": ("zoning", None),
    "subdivision": ("subdivision", None),
    "crossStreets": ("cross_streets", None),
    "latitude": ("latitude", None),
    "longitude": ("longitude", None),
    "apn": ("apn", None),
    "mlsNumber": ("mls_number", None),
    "hoaFee": ("hoa_fee", None),
    "hoaFrequency": ("hoa_frequency", None),
    "hoaName": ("hoa_name", None),
    "gatedCommunity": ("gated_community", False),
    "seniorCommunity": ("senior_community", False),
    "listPrice": ("list_price", None),
    "listDate": ("list_date", None),
    "daysOnMarket": ("days_on_market", None),
    "previousListPrice": ("previous_list_price", None),
    "originalListPrice": ("original_list_price", None),
}


def build_detail(row: Row, now: datetime) -> dict[str, Any]:
    """The seven parts of an escrow."""
    financials = row["financials"] or {}
    return {
        "details": _details(row, financials, now),
        "property-details": _property_details(row),
        "people": {role: _person(row, role) for role in _PEOPLE},
        "timeline": _timeline(row, now),
        "financials": _financials(row, financials),
        "checklists": {
            name: {item: either(field(field(row["checklists"], name), item), False) for item in items}
            for name, items in _CHECKLISTS.items()
        },
        "documents": either(row["documents"], []),
    }


def _details(row: Row, financials: Any, now: datetime) -> dict[str, Any]:
    def money(column: str, key: str) -> Any:
        return either(parse_float(row[column]), field(financials, key), 0)

    return {
        "id": row["id"],
        "escrowNumber": row["display_id"],
        "propertyAddress": row["property_address"],
        "propertyImage": either((row["property_image_url"] or "").strip(), None),
        "zillowUrl": either(row["zillow_url"], None),
        "escrowStatus": row["escrow_status"],
        "purchasePrice": parse_float(row["purchase_price"]),
        "earnestMoneyDeposit": money("earnest_money_deposit", "earnestMoneyDeposit"),
        "downPayment": money("down_payment", "downPayment"),
        "loanAmount": money("loan_amount", "loanAmount"),
        "myCommission": parse_float(row["my_commission"]),
        "scheduledCoeDate": row["closing_date"],
        "daysToClose": node.days_until(row["closing_date"], now) if row["closing_date"] else 0,
        "checklistProgress": _progress(row["checklists"]),
        "lastActivity": either(row["updated_at"], row["created_at"], None),
        "upcomingDeadlines": _UPCOMING_DEADLINES,
        "escrowCompany": either(row["escrow_company"], None),
        "escrowOfficerName": either(row["escrow_officer_name"], None),
        "escrowOfficerEmail": either(row["escrow_officer_email"], None),
        "escrowOfficerPhone": either(row["escrow_officer_phone"], None),
        "titleCompany": either(row["title_company"], None),
        "transactionType": either(row["transaction_type"], "Purchase"),
        "leadSource": either(row["lead_source"], field(financials, "leadSource"), None),
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "deletedAt": row["deleted_at"],
    }


def _progress(checklists: Any) -> int:
    """Per cent of the stored items that are done; items that are only shown do not count."""
    sections = [section for section in _values(checklists) if isinstance(section, (dict, list))]
    items = [item for section in sections for item in _values(section)]
    return node.round_half_up(sum(item is True for item in items) / len(items) * 100) if items else 0


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _property_details(row: Row) -> dict[str, Any]:
    area, price = row["square_feet"], row["purchase_price"]
    per_area = node.round_half_up(parse_float(price) / area) if area and price else None
    shown = {key: either(row[column], default) for key, (column, default) in _PROPERTY.items()}
    return shown | {"pricePerSqft": per_area}


def _person(row: Row, role: str) -> dict[str, Any] | None:
    person = field(row["people"], role)
    name = field(person, "name")
    if role == "transactionCoordinator":
        name = either(name, row["transaction_coordinator"])
    if not node.truthy(name):
        return None
    return {"name": name} | {key: either(field(person, key), None) for key in ("phone", "email", "company")}


def _timeline(row: Row, now: datetime) -> list[Any]:
    """The stored timeline, else one made of the date columns."""
    stored = row["timeline"]
    if isinstance(stored, list) and stored:
        return stored
    appraised, closed = row["appraisal_completed_date"], row["actual_coe_date"]
    events = (
        ("Acceptance", row["acceptance_date"], row["acceptance_date"]),
        ("EMD Deposited", row["emd_date"], row["emd_date"]),
        ("Home Inspection", row["physical_inspection_date"], row["physical_inspection_date"]),
        ("Appraisal", appraised or row["appraisal_ordered_date"], appraised),
        *(
            (label, row[column], row[column])
            for label, column in (
                ("Inspection Contingency", "inspection_contingency_removal_date"),
                ("Appraisal Contingency", "appraisal_contingency_removal_date"),
                ("Loan Contingency", "loan_contingency_removal_date"),
                ("All Contingencies Removed", "all_contingencies_removal_date"),
            )
        ),
        ("Close of Escrow", row["closing_date"] or closed, closed),
    )
    return [
        {"label": label, "date": day, "completed": done is not None and node.midnight(done) < now}
        for label, day, done in events
        if day is not None
    ]


def _financials(row: Row, stored: Any) -> dict[str, Any]:
    def kept(*keys: str, default: Any = 0) -> Any:
        return either(*(field(stored, key) for key in keys), default)

    def column(name: str, *keys: str, default: Any = 0) -> Any:
        return either(parse_float(row[name]), kept(*keys, default=default))

    gross, referral = parse_float(row["gross_commission"]), parse_float(row["referral_fee"])
    return {
        "purchasePrice": column("purchase_price", "purchasePrice"),
        "baseCommission": kept("baseCommission", default=gross),
        "grossCommission": kept("grossCommission", default=gross),
        "grossCommissionFees": kept("grossCommissionFees", default=referral),
        "grossReferralFee": kept("grossReferralFee", "grossCommissionFees", default=referral),
        "grossReferralFeePercentage": kept("grossReferralFeePercentage"),
        "adjustedGross": kept("adjustedGross", default=node.number(gross - referral)),
        "netCommission": column("net_commission", "netCommission", "adjustedGross"),
        "dealExpense": kept("dealExpense", "franchiseFees"),
        "franchiseFees": kept("franchiseFees", "dealExpense"),
        "franchiseFeePercentage": kept("franchiseFeePercentage", default=6.25),
        "dealNet": kept("dealNet", "agentGCI"),
        "agentGCI": kept("agentGCI", "dealNet"),
        "splitPercentage": kept("splitPercentage", default=70),
        "agentSplit": kept("agentSplit", default=parse_float(row["my_commission"])),
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
