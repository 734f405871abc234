"""The table of listings, column for column in the order in which the API shows a whole row."""

from sqlalchemy import Column, FetchedValue, Numeric, String, Table

from domains.shared.columns import (
    days,
    flags,
    guarded,
    integers,
    json_values,
    key,
    moments,
    money,
    texts,
    updated_at,
    uuids,
)
from domains.shared.models import Resource, metadata, users

listings = Table(
    "listings",
    metadata,
    key(),
    *texts(50, "mls_number"),
    Column("property_address", String(255), nullable=False),
    *texts(100, "city"),
    *texts(2, "state"),
    *texts(10, "zip_code"),
    *money("list_price", "original_list_price"),
    *texts(50, "listing_status", "property_type"),
    *integers("bedrooms"),
    Column("bathrooms", Numeric(3, 1)),
    *integers("square_feet"),
    Column("lot_size", Numeric(10, 2)),
    *integers("year_built"),
    *texts(None, "description"),
    *json_values("features", "photos"),
    *days("listing_date", "expiration_date"),
    *integers("days_on_market"),
    *days("price_reduction_date"),
    Column("listing_commission", Numeric(5, 2)),
    Column("buyer_commission", Numeric(5, 2)),
    Column("total_commission", Numeric(6, 2), server_default=FetchedValue()),
    *texts(None, "virtual_tour_link"),
    *flags("professional_photos", "drone_photos", "video_walkthrough"),
    *texts(None, "showing_instructions", "zillow_url", "property_image_url"),
    *uuids("listing_agent_id", "owner_id"),
    *guarded("team_id", "broker_id", "created_by"),
    *moments("deleted_at", "created_at"),
    updated_at(),
    *uuids("updated_by", "deleted_by"),
)

LISTING = Resource(name="listing", table=listings)
OF_THE_AGENT = Resource(name="listing", table=listings, owner="listing_agent_id", personal=True)
"""Listings as the agent of record has them, who alone may archive them and delete several at once."""

WITH_AGENT = listings.outerjoin(users, users.c.id == listings.c.listing_agent_id)
AGENT = (
    (users.c.first_name + " " + users.c.last_name).label("agent_name"),
    users.c.email.label("agent_email"),
    users.c.phone.label("agent_phone"),
)
"""What a list shows of the agent of record."""
