"""The modern backend on a real socket, asked in the recording's words."""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aiohttp.test_utils import TestClient, TestServer

from domains.routes import ROUTES
from domains.server import create_app
from domains.shared.caching import CacheSettings
from domains.shared.events import EventSink
from domains.shared.house import GoogleSignIn, Mailer
from domains.shared.rate_limits import RateLimits
from domains.shared.routes import Route
from loadtests.recording import Credentials
from tests.support.replay import JWT_SECRET

NO_CACHE = CacheSettings(max_bytes=0)
"""What a test sees is what the database says now, also behind the backend's back."""
SHADOW_SECRET = "synthetic-shadow-secret"
UNKNOWN = "/v1/escrows/deadbeef-0000-4000-8000-000000000000"


def escrow(number: int) -> str:
    """The path of the seeded escrow of that number; its owner is [ada, otto, ann, ann, ben, ben, bea][number % 7]."""
    return f"/v1/escrows/e5c00000-0000-4000-8000-{number:012}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as far as the tests look at it."""

    status: int
    body: Any
    query_count: int
    headers: Mapping[str, str] = field(repr=False)

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the error code."""
        return self.status, self.body["error"]["code"]

    @property
    def faults(self) -> list[str]:
        """The fields that a validation error names."""
        return [item["field"] for item in self.body["error"]["details"]]


@dataclass(frozen=True, slots=True)
class Modern:
    """The running backend, its users and its database."""

    client: TestClient[Any, Any]
    credentials: Credentials
    database_url: str

    async def send(
        self,
        user: str | None,
        method: str,
        target: str,
        body: Any = None,
        *,
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
async def serving(
    database_url: str,
    contract: Path,
    *,
    faults: bool = False,
    pool_size: int = 4,
    cache: CacheSettings = NO_CACHE,
    routes: Sequence[Route] = ROUTES,
    rate_limits: RateLimits | None = None,
    google: GoogleSignIn | None = None,
    mailer: Mailer | None = None,
    event_sink: EventSink | None = None,
) -> AsyncIterator[Modern]:
    """The modern backend over a database, stopped at the end."""
    app = create_app(
        database_url=database_url,
        jwt_secret=JWT_SECRET,
        shadow_secret=SHADOW_SECRET,
        pool_size=pool_size,
        faults=faults,
        cache=cache,
        routes=routes,
        rate_limits=rate_limits,
        google=google,
        mailer=mailer,
        event_sink=event_sink,
    )
    # a write set may be longer than what aiohttp takes for a header by itself
    client: TestClient[Any, Any] = TestClient(TestServer(app), max_field_size=131_072, max_line_size=131_072)
    await client.start_server()
    try:
        yield Modern(client, Credentials(contract, JWT_SECRET), database_url)
    finally:
        await client.close()


def signed(
    target: str, *, method: str = "GET", body: bytes = b"", secret: str = SHADOW_SECRET, age_s: int = 0
) -> dict[str, str]:
    """The headers of a shadow read, as a proxy makes them."""
    at = int(time.time()) - age_s
    text = f"{method}\n{target}\n{at}\n{hashlib.sha256(body).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"X-Crossfade-Shadow": "read", "X-Crossfade-Signature": f"t={at},v1={signature}"}
