"""The wire contract of escrows, field for field; sentences and their order are those of the recorded API."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from domains.escrows.models import PROPERTY, escrows
from domains.shared.errors import (
    BusinessRuleError,
    Fault,
    InvalidInputError,
    NoUpdatesError,
    UnusableInputError,
    Violation,
)
from domains.shared.node_json import either, moment_of, number_of, truthy
from domains.shared.validation import (
    NOT_NULL,
    Count,
    Filled,
    IsoDay,
    IsoText,
    Number,
    Positive,
    Price,
    Says,
    Text,
    Whole,
    at_most,
    fits,
    row_model,
    validated,
)

_Word = Annotated[str, at_most(50)]
_City = Annotated[str, at_most(100)]
_State = Annotated[str, at_most(2)]
_ZipCode = Annotated[str, at_most(10)]
# absent is fine, null is not
_Price = Annotated[Price | None, NOT_NULL, Says("Purchase price must be a number")]
_ClosingDate = Annotated[IsoDay | None, NOT_NULL, Says("Invalid closing date")]
_Status = Annotated[_Word | None, NOT_NULL, Says("Escrow status must be a string")]
_People = Annotated[list[Any], Field(min_length=1)]
_Money = Annotated[Number, fits(12, 2)]
_Name = Annotated[Text, at_most(255)]
_Phone = Annotated[Text, at_most(20)]


class ListQuery(BaseModel):
    """The query of `GET /v1/escrows`; the prices and closing dates are checked and then ignored, as recorded."""

    model_config = ConfigDict(alias_generator=to_camel)

    status: str = ""
    min_price: Annotated[Positive | None, Says("minPrice must be a positive number")] = None
    max_price: Annotated[Positive | None, Says("maxPrice must be a positive number")] = None
    closing_date_start: Annotated[IsoText | None, Says("Invalid closingDateStart format")] = None
    closing_date_end: Annotated[IsoText | None, Says("Invalid closingDateEnd format")] = None
    page: Annotated[Count, Says("Page must be an integer")] = 1
    limit: Annotated[Count, Says("Limit must be an integer")] = 20
    scope: str | None = None
    search: str = ""
    archived: str = ""
    include_archived: str = ""
    sort: str = "created_at"
    order: str = "desc"


_TWINS = {
    name: to_camel(name)
    for name in (
        *(
            "property_address",
            "purchase_price",
            "acceptance_date",
            "closing_date",
            "escrow_status",
            "zip_code",
        ),
        "escrow_officer_name",
    )
}


def _describe_twins(schema: dict[str, Any]) -> None:
    """What `with_camel_twins` takes beside the camelCase keys, and the other name of the net commission."""
    known = schema["properties"]
    twins = {name: known[camel] for name, camel in _TWINS.items() if camel in known}
    twins["my_commission"] = known["net_commission"]
    nothing = {"type": "null"}
    schema["properties"] = known | {name: {"anyOf": [kind, nothing]} for name, kind in twins.items()}
    del schema["required"]
    schema["if"] = {"not": {"required": ["property_address"]}}
    schema["then"] = {"required": ["propertyAddress"]}


class CreateEscrow(BaseModel):
    """The body of `POST /v1/escrows`; other keys are ignored, `buyers` and `sellers` are checked and not stored."""

    property_address: Annotated[Filled, at_most(255), Says("Property address is required")] = Field(
        alias="propertyAddress"
    )
    purchase_price: _Price = Field(None, alias="purchasePrice")
    buyers: Annotated[_People | None, NOT_NULL, Says("Buyers must be an array")] = Field(None, exclude=True)
    sellers: Annotated[_People | None, NOT_NULL, Says("Sellers must be an array")] = Field(None, exclude=True)
    acceptance_date: Annotated[IsoDay | None, NOT_NULL, Says("Invalid acceptance date")] = Field(
        None, alias="acceptanceDate"
    )
    closing_date: _ClosingDate = Field(None, alias="closingDate")
    escrow_status: _Status = Field(None, alias="escrowStatus")
    city: Annotated[_City | None, NOT_NULL, Says("City must be a string")] = None
    state: Annotated[_State | None, NOT_NULL, Says("State must be a string")] = None
    zip_code: Annotated[_ZipCode | None, NOT_NULL, Says("Zip code must be a string")] = Field(
        None, alias="zipCode"
    )
    earnest_money_deposit: _Money | None = None
    commission_percentage: Annotated[Number, fits(5, 2)] | None = None
    net_commission: _Money | None = None
    property_type: Annotated[Text, at_most(50)] | None = None
    escrow_company: _Name | None = None
    escrow_officer_name: _Name | None = None
    escrow_officer_email: _Name | None = None
    escrow_officer_phone: _Phone | None = None
    loan_officer_name: _Name | None = None
    loan_officer_email: _Name | None = None
    loan_officer_phone: _Phone | None = None
    title_company: _Name | None = None
    lead_source: _Name | None = None

    model_config = ConfigDict(json_schema_extra=_describe_twins)


class UpdateChecks(BaseModel):
    """What the recorded API checks of `PUT /v1/escrows/{id}` before it looks at the row."""

    purchase_price: _Price = Field(None, alias="purchasePrice")
    closing_date: _ClosingDate = Field(None, alias="closingDate")
    escrow_status: _Status = Field(None, alias="escrowStatus")


IGNORED_IN_UPDATES = ("id", "display_id", "displayId", "created_at", "createdAt")
"""Keys of a whole escrow that a client may send back; they change nothing."""
_KEPT_BY_THE_SERVER = frozenset(
    {
        *("id", "numeric_id", "team_sequence_id", "display_id"),
        *("owner_id", "team_id", "broker_id", "created_by", "last_modified_by", "updated_by", "deleted_by"),
        *("created_at", "updated_at", "deleted_at"),
    }
)
UpdateEscrow = row_model(
    "UpdateEscrow",
    escrows,
    [column.name for column in escrows.c if column.name not in _KEPT_BY_THE_SERVER],
    given={"access_level": Literal["personal", "team", "broker"], "version": Whole | None},
    ignored=IGNORED_IN_UPDATES,
)
"""What `PUT /v1/escrows/{id}` may change (Q-06), as the column or in camelCase, and the version it must have."""


def with_camel_twins(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the camelCase twin of each snake_case key that has a value where the twin has none."""
    twins = {
        camel: body[name]
        for name, camel in _TWINS.items()
        if truthy(body.get(name)) and not truthy(body.get(camel))
    }
    return {**body, **twins}


def refuse_empty_dates(body: Mapping[str, Any]) -> None:
    """Raise InvalidInputError where only the snake_case key of a date is there, and empty (Q-09)."""
    faults = [
        Fault(name, f"Invalid {name.replace('_', ' ')}")
        for name in ("acceptance_date", "closing_date")
        if body.get(name) is not None and not truthy(body[name]) and not truthy(body.get(_TWINS[name]))
    ]
    if faults:
        raise InvalidInputError(faults)


def check_business_rules(body: Mapping[str, Any]) -> None:
    """Raise BusinessRuleError with every broken rule; the rules look at the snake_case keys alone, as recorded."""
    violations: list[Violation] = []
    opens_at, closes_at = moment_of(body.get("opening_date")), moment_of(body.get("closing_date"))
    price, earnest = number_of(body, "purchase_price"), number_of(body, "earnest_money")
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        text = "Closing date must be after opening date"
        violations.append(Violation("closing_date", text, "CLOSING_AFTER_OPENING"))
    if price is not None and price <= 0:
        text = "Purchase price must be greater than zero"
        violations.append(Violation("purchase_price", text, "POSITIVE_PURCHASE_PRICE"))
    if earnest is not None and earnest < 0:
        text = "Earnest money cannot be negative"
        violations.append(Violation("earnest_money", text, "NON_NEGATIVE_EARNEST_MONEY"))
    if earnest is not None and price and price < earnest:
        text = "Earnest money cannot exceed purchase price"
        violations.append(Violation("earnest_money", text, "EARNEST_MONEY_EXCEEDS_PRICE"))
    if violations:
        raise BusinessRuleError(violations)


def _to_yes_or_no(value: Any) -> Any:
    words = [str(item).lower() for item in (value if isinstance(value, list) else [value])]
    if not all(word in {"true", "false", "1", "0"} for word in words):
        raise ValueError("no boolean")
    return value


def _to_content(value: Any) -> Any:
    if any(item is None or item == "" for item in (value if isinstance(value, list) else [value])):
        raise ValueError("empty")
    return value


_Note = Annotated[str | None, NOT_NULL]


class ChecklistItem(BaseModel):
    """The body of `PATCH /v1/escrows/{id}/checklist`; the value is stored as it was sent."""

    item: Annotated[Any, BeforeValidator(_to_content), Says("Checklist item is required")]
    value: Annotated[Any, BeforeValidator(_to_yes_or_no), Says("Value must be boolean")]
    note: Annotated[_Note, Says("Note must be a string")] = None


class AddNote(BaseModel):
    """The body of `POST /v1/escrows/{id}/notes`."""

    note: Annotated[Any, BeforeValidator(_to_content), Says("Note content is required")]
    type: Annotated[_Note, Says("Note type must be a string")] = "general"


class People(RootModel[dict[str, Any] | list[Any]]):
    """The body of `PUT /v1/escrows/{id}/people`: role → id of a contact; other values are stored and not shown."""


class Timeline(RootModel[dict[str, Any] | list[Any]]):
    """The body of `PUT /v1/escrows/{id}/timeline`: its entries; an object only where an object is stored (Q-13)."""


class Checklist(RootModel[dict[str, Any] | list[Any]]):
    """The body of `PUT` on one checklist of an escrow: item → whether it is done."""


class Documents(RootModel[list[Any]]):
    """The body of `PUT /v1/escrows/{id}/documents`: all of them."""


def split_item(item: Any) -> tuple[str, str]:
    """The checklist and the key of `checklist.key`; raises InvalidInputError or UnusableInputError."""
    if not isinstance(item, str):
        raise InvalidInputError([Fault("item", "Checklist item must be a string")])
    category, key, *_ = [*item.split("."), ""]
    if not category or not key:
        form = 'Checklist item must be in format "category.field" (e.g., "loan.le")'
        raise UnusableInputError("INVALID_ITEM", form)
    return category, key


def documents_of(body: Mapping[str, Any], *, is_array: bool) -> list[Any]:
    """The documents, which are the whole body."""
    if not is_array:
        raise InvalidInputError([Fault("documents", "Documents must be an array")])
    return list(body.values())


_DETAILS = {
    "property_address": "propertyAddress",
    "property_image_url": "propertyImage",
    "zillow_url": "zillowUrl",
    "escrow_status": "escrowStatus",
    "purchase_price": "purchasePrice",
    "earnest_money_deposit": "earnestMoneyDeposit",
    "down_payment": "downPayment",
    "loan_amount": "loanAmount",
    "my_commission": "myCommission",
    "closing_date": "scheduledCoeDate",
    "escrow_company": "escrowCompany",
    "escrow_officer_name": "escrowOfficerName",
    "escrow_officer_email": "escrowOfficerEmail",
    "escrow_officer_phone": "escrowOfficerPhone",
    "title_company": "titleCompany",
    "transaction_type": "transactionType",
    "lead_source": "leadSource",
}
UpdateDetails = row_model("UpdateDetails", escrows, _DETAILS, aliases=_DETAILS, ignored=None)
_PROPERTY_ALIASES = {
    "gated_community": "gatedCommunity",
    "senior_community": "seniorCommunity",
    "square_feet": "squareFeet",
    "year_built": "yearBuilt",
    "garage_spaces": "garageSpaces",
    "lot_size_sqft": "lotSizeSqft",
    "property_type": "propertyType",
}
UpdateProperty = row_model(
    "UpdateProperty",
    escrows,
    (
        *(column for _, column, _ in PROPERTY),
        *("property_image_url", "zillow_url", "property_features", "property_images", "purchase_price"),
    ),
    aliases=_PROPERTY_ALIASES,
    ignored=["lotSize"],
)
_MONEY_COLUMNS = {
    to_camel(name): name
    for name in (
        *("purchase_price", "gross_commission", "net_commission", "commission_percentage"),
        *("commission_adjustments", "expense_adjustments"),
    )
}
_MINE = ("agent1099Income", "agentSplit", "agentNet")
StoredMoney = row_model("StoredMoney", escrows, _MONEY_COLUMNS.values(), ignored=None)


class MyCommission(BaseModel):
    """Whichever of the three is stored as the agent's commission."""

    agent1099Income: _Money | None = None  # noqa: N815 - the client's spelling
    agentSplit: _Money | None = None  # noqa: N815 - the client's spelling
    agentNet: _Money | None = None  # noqa: N815 - the client's spelling


def details_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an update of the details changes; other keys are ignored."""
    known = set(_DETAILS.values())
    sent = {key: value for key, value in body.items() if key in known}
    if not sent:
        raise NoUpdatesError("No valid fields to update")
    return validated(UpdateDetails, sent).model_dump(exclude_unset=True)


def property_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an update of the property changes: those of a property alone (Q-06)."""
    if not body:
        raise NoUpdatesError("No valid property fields to update")
    sent = {"lotSizeSqft" if key == "lotSize" else key: value for key, value in body.items()}
    return validated(UpdateProperty, sent).model_dump(exclude_unset=True)


def money_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to which some of the financials are written too."""
    columns = {key: body[key] for key in _MONEY_COLUMNS if key in body}
    values = validated(StoredMoney, columns).model_dump(exclude_unset=True)
    if "agentSplit" in body or "agent1099Income" in body:
        chosen = next((key for key in _MINE if either(body.get(key), None) is not None), None)
        mine = {} if chosen is None else {chosen: body[chosen]}
        values["my_commission"] = next(
            iter(validated(MyCommission, mine).model_dump(exclude_unset=True).values()), 0
        )
    return values
