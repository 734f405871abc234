"""The tables of users that no other room reads, column for column in the order in which the API shows a row."""

from sqlalchemy import ARRAY, Column, Date, FetchedValue, Numeric, String, Table, Text, Uuid, column, table

from domains.shared.columns import days, flags, integers, json_values, key, moments, texts, uuids
from domains.shared.models import metadata

teams = Table(
    "teams",
    metadata,
    Column("team_id", Uuid, primary_key=True, server_default=FetchedValue()),
    Column("name", String(255), nullable=False),
    *texts(100, "subdomain"),
    *json_values("settings"),
    *uuids("primary_broker_id"),
    *moments("created_at", "updated_at"),
)

user_permissions = Table(
    "user_permissions",
    metadata,
    key(),
    *uuids("user_id", "team_id"),
    *flags("can_delete", "can_edit_team_data", "can_view_financials", "can_manage_team"),
    *flags("is_broker_admin", "is_team_admin"),
    *uuids("granted_by"),
    *moments("granted_at", "updated_at"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    key(),
    Column("user_id", Uuid, nullable=False),
    Column("token", String(255), nullable=False),
    *moments("expires_at", "created_at", "revoked_at"),
    *texts(45, "ip_address"),
    *texts(None, "user_agent"),
    *json_values("device_info"),
)

user_profiles = Table(
    "user_profiles",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    *texts(100, "slug"),
    *texts(200, "display_name", "professional_title"),
    *texts(None, "bio", "profile_photo_url", "cover_photo_url"),
    *texts(50, "license_number"),
    *integers("years_experience"),
    *(Column(name, ARRAY(Text)) for name in ("specialties", "service_areas", "languages")),
    *flags("show_email", "show_phone", "show_office"),
    *texts(
        None, "website_url", "linkedin_url", "facebook_url", "instagram_url", "twitter_url", "youtube_url"
    ),
    *moments("created_at", "updated_at"),
)

user_settings = Table(
    "user_settings",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    *json_values("email_notifications", "sms_notifications"),
    *texts(20, "theme"),
    *json_values("dashboard_layout"),
    *texts(50, "default_view", "timezone"),
    *texts(20, "date_format", "profile_visibility", "activity_visibility"),
    *flags("calendar_sync"),
    *texts(None, "email_signature"),
    *moments("created_at", "updated_at"),
)

profile_statistics = Table(
    "profile_statistics",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    *integers("total_sales"),
    Column("total_sales_volume", Numeric(14, 2)),
    *integers("total_listings", "current_year_sales"),
    Column("current_year_volume", Numeric(14, 2)),
    *integers("average_days_on_market"),
    Column("average_sale_to_list_ratio", Numeric(5, 2)),
    *json_values("achievements", "certifications", "awards"),
)

profile_testimonials = Table(
    "profile_testimonials",
    metadata,
    key(),
    *uuids("user_id"),
    *texts(200, "client_name"),
    *texts(50, "client_type"),
    *texts(None, "testimonial_text"),
    *integers("rating"),
    *days("transaction_date"),
    *flags("is_featured", "is_visible"),
    *moments("created_at"),
)

sales = table(
    "escrows",
    *(column(name, Text) for name in ("property_address", "city", "transaction_type", "escrow_status")),
    column("closing_date", Date),
    column("team_id", Uuid),
)
"""What a public profile shows of the escrows of a team; the room of escrows has the whole table."""
