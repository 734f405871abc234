"""The tables of the store. Times are Unix seconds; a `minute` is Unix time divided by 60, 0 is all before retention."""

import sqlalchemy as sa

METADATA = sa.MetaData()

COUNTS = sa.Table(
    "parity_counts",
    METADATA,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("reason", sa.String(60), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)
"""What the proxy counted and, under the names of outcomes, what the worker counted."""

ENDPOINTS = sa.Table(
    "parity_endpoints",
    METADATA,
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("domain", sa.String(100), nullable=False),
)
"""The domain of each endpoint that had an exchange."""

RUNS = sa.Table(
    "parity_runs",
    METADATA,
    sa.Column("proxy", sa.String(200), primary_key=True),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("in_flight", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
)
"""Each run of a proxy worker with the last batch that was taken from it: what makes resending harmless."""

COSTS = sa.Table(
    "parity_costs",
    METADATA,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("legacy_s", sa.Double, nullable=False),
    sa.Column("modern_s", sa.Double, nullable=False),
    sa.Column("query_n", sa.BigInteger, nullable=False),
    sa.Column("legacy_queries", sa.BigInteger, nullable=False),
    sa.Column("modern_queries", sa.BigInteger, nullable=False),
)
"""Sums over the exchanges that both backends answered; the query sums over those where both said their count."""

GROUPS = sa.Table(
    "parity_groups",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("endpoint", sa.String(300), nullable=False, index=True),
    sa.Column("domain", sa.String(100), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("accepted_by", sa.Text, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("expires", sa.String(10), nullable=False),
    sa.Column("first_seen_at", sa.Double, nullable=False),
    sa.Column("last_seen_at", sa.Double, nullable=False),
)
"""Differences by endpoint, folded path, kind and what accepts them."""

GROUP_COUNTS = sa.Table(
    "parity_group_counts",
    METADATA,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("group_id", sa.String(16), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)
"""Exchanges (not differences) of each group."""

GROUP_MEMBERS = sa.Table(
    "parity_group_members",
    METADATA,
    sa.Column("group_id", sa.String(16), primary_key=True),
    sa.Column("exchanges", sa.Text, nullable=False),
    sa.Column("clients", sa.Text, nullable=False),
)
"""Whose exchanges each group has: a sketch of them and the clients that sent most, as JSON (`parity/members.py`)."""

ACCEPTANCES = sa.Table(
    "parity_acceptances",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("endpoint", sa.String(300), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("shapes", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("expires", sa.String(10), nullable=False),
    sa.Column("quirk", sa.String(20), nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("accepted_at", sa.Double, nullable=False),
    sa.Column("accepted_by", sa.String(200), nullable=False),
    sa.Column("withdrawn_at", sa.Double),
)
"""Accepted differences beside those of the rules files. Rows are never removed: the groups that they made point here."""

SAMPLES = sa.Table(
    "parity_samples",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("group_id", sa.String(16), nullable=False, index=True),
    sa.Column("exchange", sa.String(80), nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("authoritative", sa.String(10), nullable=False),
    sa.Column("legacy_status", sa.Integer, nullable=False),
    sa.Column("modern_status", sa.Integer, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("legacy", sa.Text),
    sa.Column("modern", sa.Text),
    sa.Column("method", sa.String(10)),
    sa.Column("client", sa.String(80)),
    sa.Column("legacy_shape", sa.String(80)),
    sa.Column("modern_shape", sa.String(80)),
    sa.Column("is_first", sa.Boolean),
)
"""The first and the latest exchanges of each group, redacted. A side is JSON text, or null when it has nothing there.

From `method` on the columns are empty in rows of earlier versions.
"""
