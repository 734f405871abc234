"""The table of leads, column for column in the order in which the API shows a row."""

from sqlalchemy import Table

from domains.shared.columns import days, guarded, integers, key, moments, texts, updated_at, uuids
from domains.shared.models import Resource, metadata

leads = Table(
    "leads",
    metadata,
    key(),
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
    *guarded("team_id", "created_by"),
    *moments("deleted_at", "created_at"),
    updated_at(),
    *uuids("agent_id", "broker_id", "deleted_by"),
)

LEAD = Resource("lead", leads, keeps_private=True)
