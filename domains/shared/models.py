"""The tables that every room reads: who the caller is, and what was shared with them."""

from dataclasses import dataclass

from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, String, Table, Text, Uuid, func

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String(255), nullable=False),
    Column("role", String(50)),
    Column("is_active", Boolean),
    Column("first_name", String(100)),
    Column("last_name", String(100)),
    Column("phone", String(20)),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("team_id", Uuid),
    Column("key_hash", Text, nullable=False),
    Column("is_active", Boolean),
    Column("last_used_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
)

api_key_logs = Table(
    "api_key_logs",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("api_key_id", Uuid),
    Column("endpoint", String(500)),
    Column("method", String(10)),
    Column("status_code", Integer),
    Column("ip_address", String(45)),
    Column("user_agent", Text),
)

security_events = Table(
    "security_events",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("event_type", String(50), nullable=False),
    Column("event_category", String(30)),
    Column("severity", String(20)),
    Column("ip_address", String(45)),
    Column("user_agent", Text),
    Column("request_path", String(500)),
    Column("request_method", String(10)),
    Column("success", Boolean),
    Column("message", Text),
    Column("api_key_id", Uuid),
)

data_access_control = Table(
    "data_access_control",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("resource_type", String(50), nullable=False),
    Column("resource_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("can_view", Boolean),
    Column("can_edit", Boolean),
    Column("can_delete", Boolean),
)


@dataclass(frozen=True, slots=True)
class Resource:
    """What a room keeps rows of: `name` as it stands in sentences and in `data_access_control`."""

    name: str
    table: Table
    owner: str = "owner_id"
    """The column with the user whose row it is."""
    keeps_private: bool = False
    """Whether a private row is shown to its owner and to system_admins alone, whatever was shared."""
    personal: bool = False
    """Whether a row is its owner's alone, and for everybody else, a system_admin too, there is none."""

    @property
    def label(self) -> str:
        """The name at the start of a sentence."""
        return self.name.capitalize()
