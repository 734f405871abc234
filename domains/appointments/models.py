"""The table of appointments, column for column in the order in which the API shows a row."""

from sqlalchemy import Column, Date, DateTime, FetchedValue, Integer, String, Table, Time, Uuid, func

from domains.shared.columns import flags, moments, texts, uuids
from domains.shared.models import Resource, metadata

appointments = Table(
    "appointments",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=FetchedValue()),
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
    *flags("is_private"),
    *texts(20, "access_level"),
    *uuids("team_id", "created_by"),
    Column("version", Integer, nullable=False, server_default=FetchedValue()),
    *uuids("last_modified_by"),
    *moments("deleted_at", "created_at"),
    Column("updated_at", DateTime(timezone=True), server_default=func.now()),
    *uuids("broker_id", "deleted_by"),
)

APPOINTMENT = Resource(name="appointment", table=appointments)
