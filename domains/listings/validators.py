"""The wire contract of listings, field for field; sentences and their order are those of the recorded API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domains.listings.models import listings
from domains.shared.errors import BusinessRuleError, Violation
from domains.shared.node_json import number_of
from domains.shared.validation import (
    NOT_NULL,
    Filled,
    IsoText,
    Number,
    PageLimit,
    PageNumber,
    Price,
    Says,
    Text,
    Whole,
    at_most,
    fits,
    row_model,
)

_EARLIEST_YEAR = 1800
_YEARS_AHEAD = 2
_MAX_PRICE_PER_SQUARE_FOOT = 10_000

# absent is fine, null is not
_Price = Annotated[Price | None, NOT_NULL, Says("List price must be a number")]
_Type = Literal["Single Family", "Condo", "Townhouse", "Multi-Family", "Land", "Commercial"]
_Status = Literal["Coming Soon", "Active", "Pending", "Sold", "Expired", "Cancelled", "Withdrawn"]
_Percentage = Annotated[Number, fits(5, 2)]


class ListQuery(BaseModel):
    """The query of `GET /v1/listings`; what it does not know, a sort key too, is ignored, as recorded."""

    model_config = ConfigDict(alias_generator=to_camel)

    page: PageNumber = 1
    limit: PageLimit = 20
    scope: str | None = None
    status: Text | None = None
    min_price: Number | None = None
    max_price: Number | None = None
    property_type: Text | None = None
    min_days_on_market: Whole | None = None
    max_days_on_market: Whole | None = None
    sort_by: str = "created_at"
    sort_order: str = "DESC"


class CreateChecks(BaseModel):
    """What the recorded API checks of `POST /v1/listings` before its business rules."""

    property_address: Annotated[Filled, at_most(255), Says("Property address is required")] = Field(
        alias="propertyAddress"
    )
    list_price: _Price = Field(None, alias="listPrice")
    property_type: Annotated[_Type | None, NOT_NULL, Says("Invalid value")] = Field(
        None, alias="propertyType"
    )
    listing_date: Annotated[IsoText | None, NOT_NULL, Says("Invalid listing date")] = Field(
        None, alias="listingDate", exclude=True
    )


class CreateListing(CreateChecks):
    """The body of `POST /v1/listings`; other keys are ignored, `listingDate` is checked and not stored."""

    bedrooms: Whole | None = None
    bathrooms: Annotated[Number, fits(3, 1)] | None = None
    square_feet: Whole | None = Field(None, alias="squareFootage")
    lot_size: Annotated[Number, fits(10, 2)] | None = Field(None, alias="lotSize")
    year_built: Whole | None = Field(None, alias="yearBuilt")
    description: Text | None = None
    features: Any = None
    photos: Any = None
    listing_status: Annotated[Text, at_most(50)] | None = Field(None, alias="listingStatus")
    listing_commission: _Percentage | None = Field(None, alias="listingCommission")
    buyer_commission: _Percentage | None = Field(None, alias="buyerCommission")
    virtual_tour_link: Text | None = Field(None, alias="virtualTourLink")
    professional_photos: bool | None = Field(None, alias="professionalPhotos")
    drone_photos: bool | None = Field(None, alias="dronePhotos")
    video_walkthrough: bool | None = Field(None, alias="videoWalkthrough")


class UpdateChecks(BaseModel):
    """What the recorded API checks of `PUT /v1/listings/{id}` before it looks at the row."""

    list_price: _Price = Field(None, alias="listPrice")
    listing_status: Annotated[_Status | None, NOT_NULL, Says("Invalid value")] = Field(
        None, alias="listingStatus"
    )


class PriceReduction(BaseModel):
    """The body of `POST /v1/listings/{id}/price-reduction`; the reason is not kept."""

    new_price: Annotated[Number, Field(gt=0), fits(12, 2)] = Field(alias="newPrice")


class Showing(BaseModel):
    """The body of `POST /v1/listings/{id}/showings`, which is echoed and not looked at."""

    model_config = ConfigDict(alias_generator=to_camel)

    date: Any
    time: Any
    agent_name: Any = None
    feedback: Any = None
    interested: Any = None


IGNORED_IN_UPDATES = ("id", "created_at")
"""Keys of a whole listing that a client may send back; they change nothing."""
_KEPT_BY_THE_SERVER = frozenset(
    {
        *("id", "total_commission", "owner_id", "team_id", "broker_id", "created_by", "last_modified_by"),
        *("updated_by", "deleted_by", "created_at", "updated_at", "deleted_at"),
    }
)
_ALSO_CAMEL = (
    *("property_address", "list_price", "property_type", "lot_size", "year_built", "listing_status"),
    *("listing_commission", "buyer_commission", "virtual_tour_link", "professional_photos", "drone_photos"),
    *("video_walkthrough", "zip_code", "original_list_price", "listing_date", "expiration_date"),
    *("days_on_market", "showing_instructions", "listing_agent_id"),
)
UpdateListing = row_model(
    "UpdateListing",
    listings,
    [column.name for column in listings.c if column.name not in _KEPT_BY_THE_SERVER],
    given={"access_level": Literal["personal", "team", "broker"], "version": Whole | None},
    aliases={name: to_camel(name) for name in _ALSO_CAMEL} | {"square_feet": "squareFootage"},
    ignored=IGNORED_IN_UPDATES,
)
"""What `PUT /v1/listings/{id}` may change (Q-06), and the version it must have."""


def check_business_rules(body: Mapping[str, Any], now: datetime) -> None:
    """Raise BusinessRuleError with every broken rule; either spelling of a key is looked at."""

    def sent(camel: str, snake: str) -> tuple[bool, float | None]:
        key = camel if camel in body else snake
        return key in body, number_of(body, key)

    violations: list[Violation] = []
    has_price, price = sent("listPrice", "list_price")
    _, area = sent("squareFootage", "square_feet")
    year = number_of(body, "yearBuilt" if "yearBuilt" in body else "year_built")
    is_year_given = body.get("yearBuilt", body.get("year_built")) is not None
    if has_price and price is not None and price <= 0:
        text = "List price must be greater than zero"
        violations.append(Violation("list_price", text, "POSITIVE_LIST_PRICE"))
    latest = now.year + _YEARS_AHEAD
    if is_year_given and year is not None and (year < _EARLIEST_YEAR or year > latest):
        text = f"Year built must be between {_EARLIEST_YEAR} and {latest}"
        violations.append(Violation("year_built", text, "REASONABLE_YEAR_BUILT"))
    if price and area and area > 0 and price / area > _MAX_PRICE_PER_SQUARE_FOOT:
        text = "Price per square foot exceeds $10,000 - please verify"
        violations.append(Violation("list_price", text, "EXTREME_PRICE_PER_SQFT"))
    if violations:
        raise BusinessRuleError(violations)
