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
    sa.Column("present_since", sa.Double),
    sa.Column("ended", sa.Boolean),
)
"""Each run of a proxy worker with the last batch that was taken from it: what makes resending harmless.

All its requests from `present_since` to `seen_at` are counted with who was asked; empty in rows of earlier versions.
`ended` says that there were no more.
"""

PAIRS = sa.Table(
    "parity_pairs",
    METADATA,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("legacy_s", sa.Double, nullable=False),
    sa.Column("modern_s", sa.Double, nullable=False),
    sa.Column("logs", sa.Double, nullable=False),
    sa.Column("squared_logs", sa.Double, nullable=False),
    sa.Column("query_n", sa.BigInteger, nullable=False),
    sa.Column("legacy_queries", sa.BigInteger, nullable=False),
    sa.Column("modern_queries", sa.BigInteger, nullable=False),
    sa.Column("squared_legacy", sa.BigInteger, nullable=False),
    sa.Column("squared_modern", sa.BigInteger, nullable=False),
    sa.Column("products", sa.BigInteger, nullable=False),
)
"""Sums over the reads that both backends answered: means, and what the intervals of both ratios are made of (`ratios.py`).

The sums of queries are over those where both said their count.
"""

FIGURES = sa.Table(
    "parity_figures",
    METADATA,
    sa.Column("second", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("domain", sa.String(100), primary_key=True),
    sa.Column("outcomes", sa.BigInteger, nullable=False),
    sa.Column("decided", sa.BigInteger, nullable=False),
    sa.Column("mismatches", sa.BigInteger, nullable=False),
    sa.Column("shed", sa.BigInteger, nullable=False),
    sa.Column("pairs", sa.BigInteger, nullable=False),
    sa.Column("legacy_s", sa.Double, nullable=False),
    sa.Column("modern_s", sa.Double, nullable=False),
    sa.Column("query_pairs", sa.BigInteger, nullable=False),
    sa.Column("legacy_queries", sa.BigInteger, nullable=False),
    sa.Column("modern_queries", sa.BigInteger, nullable=False),
)
"""What came of mirrored requests, by domain and the second of the request (Unix time); of the last minutes (`figures.py`)."""

CELLS = sa.Table(
    "parity_cells",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("endpoint", sa.String(300), nullable=False, index=True),
    sa.Column("status_class", sa.String(5), nullable=False),
    sa.Column("query", sa.String(200), nullable=False),
    sa.Column("last_seen_at", sa.Double, nullable=False),
)
"""What was compared, by endpoint, status class and query shape (`coverage.py`)."""

CELL_COUNTS = sa.Table(
    "parity_cell_counts",
    METADATA,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("cell_id", sa.String(16), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)
"""Comparisons of each cell."""

RULE_CHANGES = sa.Table(
    "parity_rule_changes",
    METADATA,
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
)
"""When what the rule book says of these endpoints (a glob over names) changed; 0: it has been so from the start."""

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
    sa.Column("checks", sa.BigInteger),
)
"""Exchanges (not differences) of each group, and how many of them check a write (empty in rows of earlier versions)."""

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
    sa.Column("write_check", sa.String(20)),
    sa.Column("write", sa.String(300)),
)
"""The first and the latest exchanges of each group, redacted. A side is JSON text, or null when it has nothing there.

`write` is the endpoint whose write the exchange checks. From `method` on the columns are empty in rows of earlier versions.
"""

NOISE = sa.Table(
    "parity_noise",
    METADATA,
    sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("endpoint", sa.String(300), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("other_shape", sa.BigInteger, nullable=False),
    sa.Column("shape", sa.String(120), nullable=False),
    sa.Column("first_seen_at", sa.Double, nullable=False),
    sa.Column("last_seen_at", sa.Double, nullable=False),
)
"""By endpoint, folded path and day (Unix time divided by 86,400): reads in which legacy differed from itself.

The row without a path counts the reads that legacy answered twice. No value is kept, only the name of its shape.
"""

REMOVALS = sa.Table(
    "parity_removals",
    METADATA,
    sa.Column("what", sa.String(20), primary_key=True),
    sa.Column("before", sa.Double, nullable=False),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("removed_at", sa.Double, nullable=False),
)
"""What `retention.py` removed: how many rows, and the latest time that one of them was of."""

FLEETING = sa.Table(
    "parity_fleeting",
    METADATA,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("endpoint", sa.String(300), nullable=False, index=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("first_seen_at", sa.Double, nullable=False),
    sa.Column("last_seen_at", sa.Double, nullable=False),
)
"""By endpoint, folded path and kind: exchanges that differed there and did not when asked again, legacy being as before."""

SELF_TESTS = sa.Table(
    "parity_self_tests",
    METADATA,
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("blame", sa.String(500), primary_key=True),
    sa.Column("domain", sa.String(100), nullable=False),
    sa.Column("rules", sa.String(16), nullable=False),
    sa.Column("tried", sa.BigInteger, nullable=False),
    sa.Column("caught", sa.BigInteger, nullable=False),
    sa.Column("by_rule", sa.BigInteger, nullable=False),
    sa.Column("missed", sa.BigInteger, nullable=False),
    sa.Column("example", sa.String(500), nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)
"""Mutations tried, by endpoint, kind and what let them pass (empty: nothing did). `rules` are those they were tried on."""

SELF_TEST_SHARES = sa.Table(
    "parity_self_test_shares",
    METADATA,
    sa.Column("endpoint", sa.String(300), primary_key=True),
    sa.Column("domain", sa.String(100), nullable=False),
    sa.Column("rules", sa.String(16), nullable=False),
    sa.Column("pairs", sa.BigInteger, nullable=False),
    sa.Column("leaves", sa.BigInteger, nullable=False),
    sa.Column("by_shape", sa.BigInteger, nullable=False),
)
"""How many pairs of answers mutations were made of, how many values those held, and how many only a shape rule looks at."""

BY_MINUTE = (COUNTS, PAIRS, CELL_COUNTS, GROUP_COUNTS, FLEETING)
"""What is counted by minute."""


def _by_stretch(table: sa.Table) -> sa.Table:
    columns = (
        sa.Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable, autoincrement=False)
        for one in table.c
    )
    length = sa.Column("length", sa.SmallInteger, primary_key=True, autoincrement=False)
    return sa.Table(f"{table.name}_by_stretch", METADATA, length, *columns, sqlite_with_rowid=False)


BY_STRETCH = {table: _by_stretch(table) for table in BY_MINUTE}
"""The same added up over stretches of `length` minutes that begin with `minute` (`stretches.py`)."""

STRETCHES = sa.Table(
    "parity_stretches",
    METADATA,
    sa.Column("length", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
"""From which minute on, and up to which one, all is added up in stretches of that length; rows outside count for nothing."""
