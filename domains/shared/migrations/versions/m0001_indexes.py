"""The indexes of the plan: by team and status, and what is open by its closing date.

An index whose building was interrupted is there and invalid; it is built anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INDEXES: dict[str, str] = {
    "idx_escrows_team_status": "escrows (team_id, escrow_status) WHERE deleted_at IS NULL",
    "idx_escrows_active_closing": "escrows (closing_date) WHERE deleted_at IS NULL AND escrow_status = 'Active'",
    "idx_escrows_owner": "escrows (owner_id)",
    "idx_listings_team_status": "listings (team_id, listing_status) WHERE deleted_at IS NULL",
    "idx_listings_owner": "listings (owner_id)",
    "idx_clients_owner": "clients (owner_id)",
    "idx_clients_team_status": "clients (team_id, status)",
    "idx_leads_owner": "leads (owner_id)",
    "idx_leads_team_status": "leads (team_id, lead_status) WHERE deleted_at IS NULL",
    "idx_appointments_owner": "appointments (owner_id)",
    "idx_appointments_team_date": "appointments (team_id, appointment_date) WHERE deleted_at IS NULL",
    "idx_contacts_user": "contacts (user_id)",
    "idx_api_keys_hash": "api_keys (key_hash)",
}
"""Name → what is indexed."""

_INVALID = sa.text("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def upgrade() -> None:
    """Build what is missing, one by one; reads and writes go on meanwhile."""
    with op.get_context().autocommit_block():
        for name, indexed in INDEXES.items():
            if op.get_bind().scalar(_INVALID, {"name": name}):
                op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {indexed}")


def downgrade() -> None:
    """Drop them."""
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
