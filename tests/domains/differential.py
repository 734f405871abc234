"""The contract of both backends beside each other: many requests, each asked of both over the same rows.

A room's `test_differential.py` inherits `RoomBesideLegacy` and declares its facts.
Every question starts from the seeded state: what a write did is compared and then taken back, so that a deviation
in one answer cannot hide what comes after it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import psycopg
from aiohttp.test_utils import TestServer
from psycopg import sql

import domains.server
import legacy_bridge.app
from domains.routes import ROUTES
from domains.shared.rate_limits import RateLimit, RateLimits
from legacy_bridge.rate_limits import RateLimit as OldLimit
from legacy_bridge.rate_limits import RateLimits as OldLimits
from loadtests.recording import Credentials
from parity.outcome import Comparison, Outcome
from parity.rules import RuleBook
from tests.domains.recording import ROOMS, Question, as_exchange, ask
from tests.domains.support import NO_CACHE
from tests.support.replay import JWT_SECRET, Replayed

_KEPT = "kept"
_MANY = 10**6
# what the moment decides, or chance; that it is there is compared
_OF_THE_MOMENT = frozenset(
    {
        *("id", "created_at", "updated_at", "deleted_at", "mls_number", "contact_id", "numeric_id"),
        *("archived_at", "converted_to_client_id", "last_login", "locked_until", "password_hash"),
        *("token", "expires_at", "revoked_at", "key_hash", "key_prefix", "granted_at", "location_timezone"),
    }
)
_NOTED = re.compile(r"\[\d{4}-\d\d-\d\d [\d:.]+\+00\]")
"""The moment at the head of a note."""
_KEYS = {"user_settings": "user_id", "user_profiles": "user_id"}
"""Table → the column that names a row of it, where that is not its `id`."""

Rows = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, both answers, and the rows that each backend left otherwise than it found them."""

    question: Question
    replayed: Replayed
    legacy_left: Sequence[Rows]
    modern_left: Sequence[Rows]

    @property
    def statuses(self) -> tuple[int, int]:
        """Legacy's status and modern's."""
        return self.replayed.exchange.legacy.status, self.replayed.exchange.modern.status

    def comparison(self, book: RuleBook) -> Comparison:
        """The verdict on the answers by the rules of the room."""
        return self.replayed.comparison(book)

    def problems(self, book: RuleBook) -> list[str]:
        """What is not declared, one line each: in the answers, in the rows, in the number of statements."""
        legacy, modern = self.statuses
        asked = f"{self.question.user} {self.question.method} {self.question.target} {self.question.body!r}"
        lines = [
            f"{asked}: {found.path} {found.kind}: legacy {found.legacy!r}, modern {found.modern!r}"
            for found in self.comparison(book).mismatches
        ]
        if self.comparison(book).outcome is Outcome.MATCH and self.legacy_left != self.modern_left:
            lines.append(f"{asked}: legacy left {self.legacy_left!r}, modern {self.modern_left!r}")
        if modern >= 400 and self.modern_left and (legacy, self.legacy_left) != (modern, self.modern_left):
            lines.append(f"{asked}: refused with {modern}, and yet it left {self.modern_left!r}")
        old, new = self.replayed.exchange.legacy.query_count or 0, self.replayed.query_count
        if legacy == modern and (new is None or new > old):
            lines.append(f"{asked}: {old} statements, modern {new}")
        return lines


def asks(user: str | None, target: str) -> Question:
    """One read."""
    return Question(user, target, "GET", target)


def writes(user: str | None, method: str, target: str, body: Any = None) -> Question:
    """One write."""
    return Question(user, target, method, target, body)


def sending(key: str, *values: Any, **more: Any) -> list[dict[str, Any]]:
    """Bodies with one key, once with each value, and what is more in all of them."""
    return [{**more, key: value} for value in values]


class RoomBesideLegacy:
    """One room beside the old side: what is not declared is the same, in the answers and in the rows."""

    domain: ClassVar[str]
    tables: ClassVar[Sequence[str]]
    """What its requests write."""
    questions: ClassVar[Sequence[Question]]

    def test_both_backends_do_the_same_but_for_what_is_declared(
        self, seeded_database: str, contract: Path
    ) -> None:
        book = RuleBook.load([ROOMS / self.domain / "parity.toml"])

        asked = asyncio.run(ask_both(seeded_database, contract, self.domain, self.tables, self.questions))

        assert [line for one in asked for line in one.problems(book)] == []


async def ask_both(
    database_url: str, contract: Path, domain: str, tables: Sequence[str], questions: Sequence[Question]
) -> list[Asked]:
    """Ask both backends; the seeded database is left as it was found, as far as `tables` go."""
    endpoints = [(route.method, route.path) for route in ROUTES if route.domain == domain]
    credentials = Credentials(contract, JWT_SECRET)
    asked = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        state = _State(connection, tables)
        async with _serving(database_url) as (legacy, modern), aiohttp.ClientSession() as session:
            for question in questions:
                answers, left = [], []
                for base_url in (legacy, modern):
                    answers.append(await ask(session, base_url, question, credentials))
                    left.append([] if question.method == "GET" else state.restored())
                exchange = as_exchange(domain, endpoints, question, *answers)
                asked.append(Asked(question, exchange, *left))
        state.forget()
    return asked


class _State:
    """The rows of some tables as they were, and how to get back to them."""

    def __init__(self, connection: psycopg.Connection[Any], tables: Sequence[str]) -> None:
        self._connection, self._tables = connection, tables
        connection.execute(f"DROP SCHEMA IF EXISTS {_KEPT} CASCADE; CREATE SCHEMA {_KEPT}")
        for table in tables:
            connection.execute(
                sql.SQL("CREATE TABLE {} AS TABLE {}").format(self._kept(table), self._own(table))
            )

    def restored(self) -> list[Rows]:
        """The rows that are not as they were (a deleted one has only its id), which are then put back."""
        changed: list[Rows] = []
        for table in self._tables:
            own, kept = self._own(table), self._kept(table)
            query = sql.SQL("SELECT to_jsonb(t) FROM {} t EXCEPT SELECT to_jsonb(t) FROM {} t")
            new = [row for (row,) in self._connection.execute(query.format(own, kept))]
            old = [row for (row,) in self._connection.execute(query.format(kept, own))]
            key = _KEYS.get(table, "id")
            if new or old:
                self._put_back(table, key, [row[key] for row in (*new, *old)])
            was = {row[key]: row for row in old}
            changed += [{"table": table} | _change(was.get(row[key], {}), row) for row in new]
            changed += [{"table": table, "deleted": one} for one in was.keys() - {row[key] for row in new}]
        return sorted(changed, key=str)

    def forget(self) -> None:
        """Drop what was kept."""
        self._connection.execute(f"DROP SCHEMA {_KEPT} CASCADE")

    def _put_back(self, table: str, key: str, ids: Sequence[str]) -> None:
        columns = [
            sql.Identifier(name)
            for (name,) in self._connection.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
                [table],
            )
        ]
        names = sql.SQL(", ").join(columns)
        with self._connection.transaction():
            # neither triggers nor the rows of other tables are asked
            self._connection.execute("SET LOCAL session_replication_role = replica")
            chosen = sql.SQL("{}::text = ANY({})").format(sql.Identifier(key), sql.Literal(list(ids)))
            self._connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(self._own(table), chosen))
            self._connection.execute(
                sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {}").format(
                    self._own(table), names, names, self._kept(table), chosen
                )
            )

    def _own(self, table: str) -> sql.Identifier:
        return sql.Identifier("public", table)

    def _kept(self, table: str) -> sql.Identifier:
        return sql.Identifier(_KEPT, table)


def _change(was: Rows, row: Rows) -> dict[str, Any]:
    """The columns that are otherwise; of what the moment decides only whether it is there."""
    return {
        name: (value is not None) if name in _OF_THE_MOMENT else _undated(value)
        for name, value in row.items()
        if name not in was or was[name] != value
    }


def _undated(value: Any) -> Any:
    return _NOTED.sub("[]", value) if isinstance(value, str) else value


@asynccontextmanager
async def _serving(database_url: str) -> AsyncIterator[tuple[str, str]]:
    """The base URLs of legacy and of modern, which keeps nothing in mind; neither has enough of us."""
    facts: dict[str, Any] = {"database_url": database_url, "jwt_secret": JWT_SECRET, "pool_size": 2}
    old = legacy_bridge.app.create_app(**facts, rate_limits=OldLimits(OldLimit(_MANY), OldLimit(_MANY)))
    limits = RateLimits(RateLimit(_MANY), RateLimit(_MANY))
    new = domains.server.create_app(**facts, cache=NO_CACHE, rate_limits=limits)
    async with TestServer(old) as legacy, TestServer(new) as modern:
        yield str(legacy.make_url("/")), str(modern.make_url("/"))
