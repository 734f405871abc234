"""The tables of the flag store, and the values that its rows become."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from proxy.flags import Flag

METADATA = sa.MetaData()

ACTIONS = ("advance", "share", "flip", "apply", "rollback")
"""How the rows of the flag table are changed, as the ledger calls it."""

REVISIONS = sa.Table(
    "flag_revisions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
"""One row: the version of the whole table. Every change begins with an update of it, which is its lock."""

FLAGS = sa.Table(
    "flags",
    METADATA,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("canary_share", sa.Double, nullable=False),
    sa.Column("sample_rate", sa.Double, nullable=False),
)

FLAG_CHANGES = sa.Table(
    "flag_changes",
    METADATA,
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("key", sa.String(300), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("rows", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=True),
    sa.Column("forced", sa.Boolean, nullable=True),
    sa.Column("served_ms", sa.Double, nullable=True),
)
"""The ledger: one row a change, never changed; what nobody waited for, a verdict or `served_ms`, is added once.

`key` is empty where several rows were changed at once, or all were rolled back. `forced` says that a refusal was overridden.
"""

PROXY_WORKERS = sa.Table(
    "proxy_workers",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("admin_port", sa.Integer, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("acknowledged_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("by_modern", sa.Text, nullable=True),
    sa.Column("told_at", sa.Double),
)
"""The proxy workers that run, with the version that each serves (-1: none yet), and up to when its figures are told.

`by_modern` are the last answers of modern there.
"""

PROXY_FIGURES = sa.Table(
    "proxy_figures",
    METADATA,
    sa.Column("worker", sa.String(64), primary_key=True),
    sa.Column("at", sa.Double, primary_key=True),
    sa.Column("domain", sa.String(100), primary_key=True),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("modern", sa.BigInteger, nullable=False),
    sa.Column("modern_errors", sa.BigInteger, nullable=False),
    sa.Column("legacy", sa.BigInteger, nullable=False),
    sa.Column("legacy_errors", sa.BigInteger, nullable=False),
    sa.Column("mirrored", sa.BigInteger, nullable=False),
    sa.Column("shed", sa.BigInteger, nullable=False),
)
"""What each proxy worker served from `since` to `at`, about a second a row; rows are kept for minutes (`proxy/figures.py`)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the verdict on a domain said at a moment: `ready`, `not yet` or `no`, why not, and the figures it stood on."""

    word: str
    lines: tuple[str, ...] = ()
    figures: dict[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of the table before and after a change; None where there was no row."""

    key: str
    before: Flag | None
    after: Flag


@dataclass(frozen=True, slots=True)
class Note:
    """A change beside the flags: `apply` makes it, `key` and `reason` go to the ledger."""

    key: str
    reason: str
    apply: Callable[[sa.Connection], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the ledger; `action` is a word of `ACTIONS`, or without `rows` what else was changed (`accept`).

    `verdict` is that of the moment, None where none was asked for; `forced` says that a refusal was overridden.
    `served_ms`: of a rollback that somebody waited for, how long until every proxy worker served it.
    """

    version: int
    changed_at: datetime
    action: str
    key: str
    actor: str
    reason: str
    rows: tuple[RowChange, ...]
    verdict: Judged | None = None
    forced: bool = False
    served_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The last answer of modern that one proxy worker gave in a domain: at which endpoint, and when it ended (Unix seconds)."""

    endpoint: str
    at: float


LastAnswers = Mapping[str, LastAnswer]
"""By domain."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One proxy worker that runs; `version` is the flag version it serves, -1 before it serves any."""

    id: str
    name: str
    host: str
    pid: int
    port: int
    admin_port: int
    started_at: datetime
    version: int
    seen_at: datetime
    by_modern: LastAnswers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A proxy worker serves `version`; `ms` is how long the asker waited to see that."""

    worker: str
    version: int
    ms: float
    by_modern: LastAnswers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a proxy worker says of itself when it starts."""

    id: str
    name: str
    host: str
    pid: int
    port: int = 0
    admin_port: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def change_of(row: Mapping[Any, Any]) -> Change:
    """The ledger entry in a row of `FLAG_CHANGES`."""
    return Change(
        version=msgspec.convert(row["version"], int),
        changed_at=_moment(row["changed_at"]),
        action=str(row["action"]),
        key=str(row["key"]),
        actor=str(row["actor"]),
        reason=str(row["reason"]),
        rows=msgspec.json.decode(str(row["rows"]), type=tuple[RowChange, ...]),
        verdict=None if row.get("verdict") is None else msgspec.json.decode(row["verdict"], type=Judged),
        forced=bool(row.get("forced")),
        served_ms=msgspec.convert(row.get("served_ms"), float | None),
    )


def worker_of(row: Mapping[Any, Any]) -> Worker:
    """The proxy worker in a row of `PROXY_WORKERS`."""
    return Worker(
        id=str(row["id"]),
        name=str(row["name"]),
        host=str(row["host"]),
        pid=msgspec.convert(row["pid"], int),
        port=msgspec.convert(row["port"], int),
        admin_port=msgspec.convert(row["admin_port"], int),
        started_at=_moment(row["started_at"]),
        version=msgspec.convert(row["version"], int),
        seen_at=_moment(row["seen_at"]),
        by_modern=msgspec.json.decode(row.get("by_modern") or "{}", type=dict[str, LastAnswer]),
    )


def text_of(value: object) -> str:
    """How a value of this module stands in a column of text."""
    return msgspec.json.encode(value).decode()


def _moment(seconds: object) -> datetime:
    return datetime.fromtimestamp(msgspec.convert(seconds, float), UTC)
