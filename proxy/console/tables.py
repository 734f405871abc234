"""The tables of the console in the store. Times are Unix seconds; nothing in them lets anybody in."""

import sqlalchemy as sa

METADATA = sa.MetaData()

TOKENS = sa.Table(
    "console_tokens",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("revoked_at", sa.Double),
)
"""Access tokens: the SHA-256 of each, never the token. Rows are never removed, so that the ledger's names stay known."""

SESSIONS = sa.Table(
    "console_sessions",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("token_id", sa.String(16), nullable=False, index=True),
    sa.Column("began_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
)
"""Browsers that are signed in, by the SHA-256 of their session's id."""

LOOKS = sa.Table(
    "console_looks",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.Double, nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("token_id", sa.String(16), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("group_id", sa.String(16), nullable=False),
    sa.Column("endpoint", sa.String(300), nullable=False),
)
"""Who was shown the samples of which group, and when."""
