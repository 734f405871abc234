"""The table of escrows, column for column in the order in which the API shows a whole row."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    FetchedValue,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from domains.shared.models import Resource, metadata


def _text(length: int, *names: str) -> list[Column[Any]]:
    return [Column(name, String(length)) for name in names]


def _money(*names: str) -> list[Column[Any]]:
    return [Column(name, Numeric(12, 2)) for name in names]


def _days(*names: str) -> list[Column[Any]]:
    return [Column(name, Date) for name in names]


def _integers(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer) for name in names]


def _flags(*names: str) -> list[Column[Any]]:
    return [Column(name, Boolean) for name in names]


def _json(*names: str) -> list[Column[Any]]:
    return [Column(name, JSONB(none_as_null=True)) for name in names]


def _moments(*names: str) -> list[Column[Any]]:
    return [Column(name, DateTime(timezone=True)) for name in names]


escrows = Table(
    "escrows",
    metadata,
    Column("id", String(50), primary_key=True, server_default=FetchedValue()),
    *_integers("numeric_id", "team_sequence_id"),
    *_text(50, "display_id"),
    Column("property_address", String(255), nullable=False),
    *_text(100, "city"),
    *_text(2, "state"),
    *_text(10, "zip_code"),
    *_text(100, "county"),
    *_text(50, "property_type"),
    Column("property_image_url", Text),
    Column("zillow_url", Text),
    *_text(50, "escrow_status"),
    *_money("purchase_price", "earnest_money_deposit", "down_payment", "loan_amount"),
    Column("commission_percentage", Numeric(5, 2)),
    *_money("gross_commission", "net_commission", "my_commission", "referral_fee"),
    *_money("commission_adjustments", "expense_adjustments"),
    *_days("acceptance_date", "closing_date", "actual_coe_date", "emd_date", "physical_inspection_date"),
    *_days("appraisal_ordered_date", "appraisal_completed_date", "inspection_contingency_removal_date"),
    *_days(
        "appraisal_contingency_removal_date",
        "loan_contingency_removal_date",
        "all_contingencies_removal_date",
    ),
    *_text(255, "escrow_company", "escrow_officer_name", "escrow_officer_email"),
    *_text(20, "escrow_officer_phone"),
    *_text(255, "loan_officer_name", "loan_officer_email"),
    *_text(20, "loan_officer_phone"),
    *_text(255, "title_company"),
    *_text(50, "transaction_type"),
    *_text(255, "transaction_coordinator", "lead_source"),
    *_integers("bedrooms"),
    Column("bathrooms", Numeric(3, 1)),
    *_integers("square_feet", "lot_size_sqft", "year_built", "garage_spaces", "stories"),
    *_flags("pool", "spa"),
    *_text(100, "view_type", "architectural_style", "property_condition"),
    *_text(50, "zoning", "apn", "mls_number"),
    *_text(100, "subdivision"),
    *_text(255, "cross_streets"),
    Column("latitude", Numeric(10, 8)),
    Column("longitude", Numeric(11, 8)),
    Column("hoa_fee", Numeric(10, 2)),
    *_text(20, "hoa_frequency"),
    *_text(255, "hoa_name"),
    *_flags("gated_community", "senior_community"),
    *_json("property_features", "property_images"),
    *_money("list_price"),
    *_days("list_date"),
    *_integers("days_on_market"),
    *_money("previous_list_price", "original_list_price"),
    *_json("people", "checklists", "timeline", "financials", "documents"),
    Column("notes", Text),
    Column("owner_id", Uuid),
    *_flags("is_private"),
    *_text(20, "access_level"),
    Column("team_id", Uuid),
    Column("broker_id", Uuid),
    Column("created_by", Uuid),
    Column("version", Integer, nullable=False, server_default=FetchedValue()),
    Column("last_modified_by", Uuid),
    *_moments("deleted_at", "created_at"),
    Column("updated_at", DateTime(timezone=True), server_default=func.now()),
    Column("updated_by", Uuid),
    Column("deleted_by", Uuid),
)

ESCROW = Resource(name="escrow", table=escrows)
