"""The tables of people that several rooms write: a client is a contact, and a lead becomes one."""

from sqlalchemy import ARRAY, Column, DateTime, FetchedValue, String, Table, Text, func
from sqlalchemy.dialects.postgresql import TSVECTOR

from domains.shared.columns import flags, guarded, key, moments, texts, updated_at, uuids
from domains.shared.models import metadata

contacts = Table(
    "contacts",
    metadata,
    key(),
    *uuids("user_id", "team_id", "broker_id"),
    Column("first_name", String(100), nullable=False),
    Column("last_name", String(100), nullable=False),
    Column("full_name", Text, server_default=FetchedValue()),
    *texts(255, "email"),
    *texts(20, "phone", "phone_secondary", "work_phone"),
    Column("contact_type", String(50), nullable=False),
    *texts(255, "company"),
    *texts(50, "license_number"),
    *texts(255, "street_address"),
    *texts(100, "city"),
    *texts(2, "state"),
    *texts(10, "zip_code"),
    *texts(20, "preferred_contact_method"),
    *texts(None, "notes"),
    Column("tags", ARRAY(Text)),
    *flags("is_archived"),
    Column("archived_at", DateTime),
    *moments("deleted_at"),
    Column("created_at", DateTime, server_default=func.now()),
    Column("updated_at", DateTime, server_default=func.now()),
    Column("search_vector", TSVECTOR, server_default=FetchedValue()),
)

clients = Table(
    "clients",
    metadata,
    key(),
    *uuids("contact_id"),
    *texts(50, "client_type", "status"),
    *uuids("owner_id"),
    *guarded("team_id"),
    *moments("created_at"),
    updated_at(),
    *uuids("created_by", "broker_id", "deleted_by"),
)
