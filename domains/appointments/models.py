"""The table of appointments, column for column in the order in which the API shows a row."""

from sqlalchemy import Column, Date, String, Table, Time

from domains.shared.columns import flags, guarded, key, moments, texts, updated_at, uuids
from domains.shared.models import Resource, metadata

appointments = Table(
    "appointments",
    metadata,
    key(),
    Column("title", String(255), nullable=False),
    *texts(50, "appointment_type"),
    Column("appointment_date", Date),
    Column("start_time", Time),
    Column("end_time", Time),
    *texts(255, "location"),
    *texts(None, "description"),
    *texts(50, "status"),
    *flags("reminder_sent"),
    *uuids("client_id", "listing_id", "lead_id", "agent_id", "owner_id"),
    *guarded("team_id", "created_by"),
    *moments("deleted_at", "created_at"),
    updated_at(),
    *uuids("broker_id", "deleted_by"),
)

APPOINTMENT = Resource("appointment", appointments, follows_lead=True)
