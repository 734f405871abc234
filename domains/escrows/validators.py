"""The wire contract of escrows, field for field; sentences and their order are those of the recorded API."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domains.escrows.models import escrows
from domains.shared.errors import BusinessRuleError, Violation
from domains.shared.node_json import moment_of, number_of
from domains.shared.validation import (
    NOT_NULL,
    Count,
    Day,
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
)

_Word = Annotated[str, at_most(50)]
_City = Annotated[str, at_most(100)]
_State = Annotated[str, at_most(2)]
_ZipCode = Annotated[str, at_most(10)]
# absent is fine, null is not
_Price = Annotated[Price | None, NOT_NULL, Says("Purchase price must be a number")]
_ClosingDate = Annotated[Day | None, NOT_NULL, Says("Invalid closing date")]
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


class CreateEscrow(BaseModel):
    """The body of `POST /v1/escrows`; other keys are ignored, `buyers` and `sellers` are checked and not stored."""

    property_address: Annotated[
        Text, Field(min_length=1), at_most(255), Says("Property address is required")
    ] = Field(alias="propertyAddress")
    purchase_price: _Price = Field(None, alias="purchasePrice")
    buyers: Annotated[_People | None, NOT_NULL, Says("Buyers must be an array")] = Field(None, exclude=True)
    sellers: Annotated[_People | None, NOT_NULL, Says("Sellers must be an array")] = Field(None, exclude=True)
    acceptance_date: Annotated[Day | None, NOT_NULL, Says("Invalid acceptance date")] = Field(
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


class UpdateChecks(BaseModel):
    """What the recorded API checks of `PUT /v1/escrows/{id}` before it looks at the row."""

    purchase_price: _Price = Field(None, alias="purchasePrice")
    closing_date: _ClosingDate = Field(None, alias="closingDate")
    escrow_status: _Status = Field(None, alias="escrowStatus")


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
)
"""What `PUT /v1/escrows/{id}` may change (Q-06), as the column or in camelCase, and the version it must have."""
IGNORED_IN_UPDATES = frozenset({"id", "display_id", "displayId", "created_at", "createdAt"})
"""Keys of a whole escrow that a client may send back; they change nothing."""

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


def with_camel_twins(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the camelCase twin of each snake_case key that has a value where the twin has none."""
    twins = {camel: body[name] for name, camel in _TWINS.items() if body.get(name) and not body.get(camel)}
    return {**body, **twins}


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
