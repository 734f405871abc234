"""The tables that every room reads: who the caller is, and what was shared with them."""

from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    column,
    func,
    table,
)

from domains.shared.columns import flags, integers, json_values, moments, texts, uuids

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("email", String(255), nullable=False),
    Column("username", String(100), nullable=False),
    Column("password_hash", Text, nullable=False),
    *texts(100, "first_name", "last_name"),
    *texts(50, "role"),
    *flags("is_active"),
    *uuids("team_id", "broker_id"),
    *texts(20, "phone"),
    *texts(50, "timezone"),
    *integers("failed_login_attempts"),
    *moments("locked_until", "last_login"),
    *texts(255, "google_id"),
    *texts(None, "profile_picture_url"),
    *texts(50, "license_number"),
    *texts(2, "license_state"),
    *texts(100, "home_city"),
    *texts(2, "home_state"),
    *texts(10, "home_zip"),
    Column("home_lat", Numeric(10, 8)),
    Column("home_lng", Numeric(11, 8)),
    Column("licensed_states", ARRAY(Text)),
    *integers("search_radius_miles"),
    *moments("created_at", "updated_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("user_id", Uuid, nullable=False),
    Column("team_id", Uuid),
    Column("name", String(255), nullable=False),
    Column("key_hash", Text, nullable=False),
    Column("key_prefix", String(20), nullable=False),
    *json_values("scopes"),
    *flags("is_active"),
    *moments("last_used_at", "expires_at", "created_at", "updated_at"),
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
    *uuids("user_id"),
    *texts(255, "email"),
    *texts(100, "username"),
    Column("ip_address", String(45)),
    Column("user_agent", Text),
    Column("request_path", String(500)),
    Column("request_method", String(10)),
    Column("success", Boolean),
    Column("message", Text),
    *json_values("metadata"),
    Column("api_key_id", Uuid),
)

leads = table("leads", column("id", Uuid), column("owner_id", Uuid), column("is_private", Boolean))
"""What the permissions of other rooms look at in leads."""

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
    follows_lead: bool = False
    """Whether a row of a private lead is shown to its owner, the lead's and system_admins alone, whatever was shared."""

    @property
    def label(self) -> str:
        """The name at the start of a sentence."""
        return self.name.capitalize()
