"""The table of leads, column for column in the order in which the API shows a row."""

from sqlalchemy import Column, DateTime, FetchedValue, Integer, Table, Uuid, func

from domains.shared.columns import days, flags, integers, moments, texts, uuids
from domains.shared.models import Resource, metadata

leads = Table(
    "leads",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=FetchedValue()),
    *texts(100, "first_name", "last_name"),
    *texts(255, "email"),
    *texts(20, "phone"),
    *texts(100, "lead_source"),
    *texts(50, "lead_status"),
    *integers("lead_score"),
    *texts(20, "lead_temperature"),
    *texts(None, "notes"),
    *texts(255, "property_interest"),
    *texts(100, "budget_range", "timeline"),
    *days("last_contact_date", "next_follow_up"),
    *uuids("assigned_agent_id", "converted_to_client_id", "owner_id"),
    *flags("is_private"),
    *texts(20, "access_level"),
    *uuids("team_id", "created_by"),
    Column("version", Integer, nullable=False, server_default=FetchedValue()),
    *uuids("last_modified_by"),
    *moments("deleted_at", "created_at"),
    Column("updated_at", DateTime(timezone=True), server_default=func.now()),
    *uuids("agent_id", "broker_id", "deleted_by"),
)

LEAD = Resource("lead", leads, keeps_private=True)
