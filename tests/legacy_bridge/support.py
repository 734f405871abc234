"""A client of the legacy backend that speaks in the recording's words."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aiohttp.test_utils import TestClient, TestServer

from legacy_bridge import node
from legacy_bridge.app import create_app
from legacy_bridge.events import Event
from loadtests.recording import Credentials
from tests.support.replay import JWT_SECRET

SHADOW_SECRET = "synthetic-shadow-secret"


class Ear:
    """A sink that keeps the events for a test, as JSON takes them."""

    def __init__(self) -> None:
        self._heard: list[Mapping[str, Any]] = []

    async def publish(self, events: Sequence[Event]) -> None:
        """Keep the events."""
        told = [{"room": one.room, "event": one.event, "data": one.data} for one in events]
        self._heard += json.loads(node.write_json(told))

    def heard(self) -> tuple[Mapping[str, Any], ...]:
        """The events since this was last asked."""
        heard, self._heard = tuple(self._heard), []
        return heard


def escrow(number: int) -> str:
    """The path of the seeded escrow of that number."""
    return f"/v1/escrows/e5c00000-0000-4000-8000-{number:012}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as far as the tests look at it."""

    status: int
    body: Any
    query_count: int
    headers: Mapping[str, str] = field(repr=False)

    @property
    def code(self) -> str:
        """The error code, or an empty text."""
        return str(self.body["error"]["code"]) if "error" in self.body else ""

    @property
    def messages(self) -> list[str]:
        """The messages of a validation error."""
        return [item["message"] for item in self.body["error"]["details"]]


@dataclass(frozen=True, slots=True)
class Legacy:
    """The running backend, its users and its database."""

    client: TestClient[Any, Any]
    credentials: Credentials
    database_url: str
    ear: Ear

    async def send(
        self,
        user: str | None,
        method: str,
        target: str,
        *,
        body: Any = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request as `user`, in the notation of the recording."""
        sent = self.credentials.headers(user) | dict(headers or {})
        async with self.client.request(method, target, headers=sent, json=body, data=raw) as answer:
            return Reply(
                answer.status, await answer.json(), int(answer.headers["X-Query-Count"]), dict(answer.headers)
            )

    async def close(self) -> None:
        """Stop the backend, which first finishes what it owes the database."""
        await self.client.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What the database says now."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Change the database behind the backend's back."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(sql.encode(), values)


@asynccontextmanager
async def running(database_url: str, contract: Path, **facts: Any) -> AsyncIterator[Legacy]:
    """The legacy backend on a real socket; `facts` are those of `create_app` that are not the usual ones."""
    ear = Ear()
    usual: dict[str, Any] = {"shadow_secret": SHADOW_SECRET, "pool_size": 4, "event_sink": ear}
    app = create_app(database_url=database_url, jwt_secret=JWT_SECRET, **(usual | facts))
    client: TestClient[Any, Any] = TestClient(TestServer(app))
    await client.start_server()
    yield Legacy(client, Credentials(contract, JWT_SECRET), database_url, ear)
    await client.close()


def signed(
    target: str, *, method: str = "GET", body: bytes = b"", secret: str = SHADOW_SECRET, age_s: int = 0
) -> dict[str, str]:
    """The headers of a shadow read, as a proxy makes them."""
    at = int(time.time()) - age_s
    text = f"{method}\n{target}\n{at}\n{hashlib.sha256(body).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"X-Crossfade-Shadow": "read", "X-Crossfade-Signature": f"t={at},v1={signature}"}


@contextmanager
def bare_database(database_url: str) -> Iterator[str]:
    """The URL of a new and empty database on the same server, dropped afterwards."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS legacy_bare WITH (FORCE)")
        connection.execute("CREATE DATABASE legacy_bare")
        yield re.sub(r"/\w*(?=\?|$)", "/legacy_bare", database_url, count=1)
        connection.execute("DROP DATABASE legacy_bare WITH (FORCE)")
