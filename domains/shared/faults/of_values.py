"""Faults of single values: their names, types, forms, and whether they are there."""

import unicodedata
from datetime import datetime

from domains.shared.faults.acts import on_value
from domains.shared.faults.changes import (
    at,
    everywhere,
    gone,
    one_more,
    only,
    put,
    renamed,
    rounded,
    seconds_lost,
    text,
    where_null,
    with_key,
)
from domains.shared.faults.fault import Fault

_ESCROW = "GET /v1/escrows/{id}"
_LISTING = "GET /v1/listings/{id}"
_CLIENT = "GET /v1/clients/{id}"
_CONTACT = "GET /v1/contacts/{id}"
_PRICES = frozenset({"purchasePrice", "purchase_price"})


def _misread(value: str) -> str:
    return value.encode().decode("latin-1")


OF_VALUES: tuple[Fault, ...] = (
    Fault(
        name="wrong-price",
        does="answers reads of escrows with a purchase price that is one dollar too high",
        endpoint="GET /v1/escrows*",
        path="$.**.purchase*rice",
        kind="value",
        act=on_value(everywhere(_PRICES, one_more)),
    ),
    Fault(
        name="field-dropped",
        does="forgets the number of an escrow",
        endpoint=_ESCROW,
        path="$.data.details.escrowNumber",
        kind="missing",
        act=on_value(at("data.details.escrowNumber", gone)),
    ),
    Fault(
        name="field-renamed",
        does="calls the MLS number of a listing `mlsNumber`",
        endpoint=_LISTING,
        path="$.data.mls_number",
        kind="missing",
        also=("$.data.mlsNumber",),
        act=on_value(at("data", renamed("mls_number", "mlsNumber"))),
    ),
    Fault(
        name="number-as-text",
        does="answers the bedrooms of a listing as text",
        endpoint=_LISTING,
        path="$.data.bedrooms",
        kind="type",
        act=on_value(at("data.bedrooms", only(int, str))),
    ),
    Fault(
        name="text-as-number",
        does="answers the price of a listing as a number",
        endpoint=_LISTING,
        path="$.data.list_price",
        kind="type",
        act=on_value(at("data.list_price", only(str, float))),
    ),
    Fault(
        name="integer-as-decimal",
        does="answers the loan of an escrow with a decimal point",
        endpoint=_ESCROW,
        path="$.data.details.loanAmount",
        kind="type",
        act=on_value(at("data.details.loanAmount", only(int, float))),
    ),
    Fault(
        name="boolean-as-text",
        does="answers whether there are professional photos as text",
        endpoint=_LISTING,
        path="$.data.professional_photos",
        kind="type",
        act=on_value(at("data.professional_photos", only(bool, lambda value: str(value).lower()))),
    ),
    Fault(
        name="boolean-flipped",
        does="says of a private listing that it is not, and the other way round",
        endpoint=_LISTING,
        path="$.data.is_private",
        kind="value",
        act=on_value(at("data.is_private", only(bool, lambda value: not value))),
    ),
    Fault(
        name="precision-lost",
        does="tells when a client was created without milliseconds",
        endpoint=_CLIENT,
        path="$.data.created_at",
        kind="value",
        act=on_value(at("data.created_at", text(seconds_lost))),
    ),
    Fault(
        name="timezone-lost",
        does="tells when a client was changed without the time zone",
        endpoint=_CLIENT,
        path="$.data.updated_at",
        kind="value",
        act=on_value(at("data.updated_at", text(lambda value: value.removesuffix("Z")))),
    ),
    Fault(
        name="null-for-missing",
        does="answers an escrow with a key that legacy leaves out, and null",
        endpoint=_ESCROW,
        path="$.data.details.cancelledAt",
        kind="extra",
        act=on_value(at("data.details", with_key("cancelledAt", None))),
    ),
    Fault(
        name="missing-for-null",
        does="leaves out when an escrow was archived where it was not",
        endpoint=_ESCROW,
        path="$.data.details.deletedAt",
        kind="missing",
        act=on_value(at("data.details.deletedAt", where_null(gone))),
    ),
    Fault(
        name="default-lost",
        does="answers null where a list of escrows puts today for an acceptance that is not yet",
        endpoint="GET /v1/escrows",
        path="$.data.escrows[*].acceptanceDate",
        kind="type",
        act=on_value(at("data.escrows.*.acceptanceDate", put(None))),
    ),
    Fault(
        name="null-for-empty-list",
        does="answers null for a client without tags",
        endpoint=_CLIENT,
        path="$.data.tags",
        kind="type",
        act=on_value(at("data.tags", lambda tags: tags or None)),
    ),
    Fault(
        name="empty-list-for-null",
        does="answers an empty list for an escrow without a picture",
        endpoint=_ESCROW,
        path="$.data.details.propertyImage",
        kind="type",
        act=on_value(at("data.details.propertyImage", where_null(put([])))),
    ),
    Fault(
        name="number-rounded",
        does="rounds half bathrooms up",
        endpoint=_LISTING,
        path="$.data.bathrooms",
        kind="value",
        act=on_value(at("data.bathrooms", text(rounded))),
    ),
    Fault(
        name="enum-case",
        does="answers the status of a listing in capitals",
        endpoint=_LISTING,
        path="$.data.listing_status",
        kind="value",
        act=on_value(at("data.listing_status", text(str.upper))),
    ),
    Fault(
        name="date-as-timestamp",
        does="answers the days of a timeline as moments",
        endpoint="GET /v1/escrows/{id}/timeline",
        path="$.data[*].date",
        kind="value",
        act=on_value(at("data.*.date", text(lambda value: f"{value}T00:00:00.000Z"))),
    ),
    Fault(
        name="timestamp-as-date",
        does="answers since when a property is listed as a day",
        endpoint=_LISTING,
        path="$.data.listing_date",
        kind="value",
        act=on_value(at("data.listing_date", text(lambda value: value[:10]))),
    ),
    Fault(
        name="timestamp-as-seconds",
        does="answers when a team was made as seconds since 1970",
        endpoint="GET /v1/teams/{id}",
        path="$.data.created_at",
        kind="type",
        act=on_value(
            at("data.created_at", only(str, lambda value: datetime.fromisoformat(value).timestamp()))
        ),
    ),
    Fault(
        name="white-space",
        does="answers the city of a client with a space behind it",
        endpoint=_CLIENT,
        path="$.data.city",
        kind="value",
        act=on_value(at("data.city", text(lambda value: f"{value} "))),
    ),
    Fault(
        name="text-cut",
        does="cuts the description of a listing after ten characters",
        endpoint=_LISTING,
        path="$.data.description",
        kind="value",
        act=on_value(at("data.description", text(lambda value: value[:10]))),
    ),
    Fault(
        name="wrong-relation",
        does="names somebody else as the agent of a listing",
        endpoint=_LISTING,
        path="$.data.listing_agent_id",
        kind="value",
        act=on_value(at("data.listing_agent_id", put("c0ffee00-0000-4000-8000-00000000dead"))),
    ),
    Fault(
        name="encoding-broken",
        does="reads the city of a contact as Latin-1 although it is UTF-8",
        endpoint=_CONTACT,
        path="$.data.city",
        kind="value",
        act=on_value(at("data.city", text(_misread))),
    ),
    Fault(
        name="unicode-normalised",
        does="answers the company of a contact with its accents as characters of their own",
        endpoint=_CONTACT,
        path="$.data.company",
        kind="value",
        act=on_value(at("data.company", text(lambda value: unicodedata.normalize("NFD", value)))),
    ),
    Fault(
        name="field-leaked",
        does="answers the members of a team with the hashes of their passwords",
        endpoint="GET /v1/teams/{id}/members",
        path="$.data[*].password_hash",
        kind="extra",
        act=on_value(at("data.*", with_key("password_hash", "$2b$10$synthetic"))),
    ),
)
"""All of them change the value of an answer with status 200."""
