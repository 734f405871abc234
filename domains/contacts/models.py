"""The tables of the roles of contacts; that of the contacts is shared with other rooms."""

from sqlalchemy import Boolean, Column, DateTime, FetchedValue, Integer, String, Table

from domains.shared.columns import flags, json_values, key, moments, texts, uuids
from domains.shared.models import Resource, metadata
from domains.shared.people import contacts

contact_roles = Table(
    "contact_roles",
    metadata,
    key(),
    Column("role_name", String(50), nullable=False),
    Column("display_name", String(100), nullable=False),
    *texts(None, "description"),
    *texts(50, "icon"),
    *texts(7, "color"),
    *json_values("required_fields", "optional_fields", "hidden_fields"),
    *flags("is_lead_type"),
    *texts(50, "lead_category"),
    Column("is_active", Boolean, server_default=FetchedValue()),
    Column("sort_order", Integer),
    *moments("created_at", "updated_at"),
)

assignments = Table(
    "contact_role_assignments",
    metadata,
    key(),
    *uuids("contact_id", "role_id"),
    *flags("is_primary"),
    *json_values("role_metadata"),
    *moments("assigned_at"),
    *uuids("assigned_by"),
    *flags("is_active"),
    Column("archived_at", DateTime),
)

CONTACT = Resource("contact", contacts, owner="user_id", personal=True)
WITH_ROLES = Resource("contact", contacts, owner="user_id")
"""A contact as far as its roles go, which can be shared and are open to a system_admin (Q-02)."""
