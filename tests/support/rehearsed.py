"""Writes as a proxy rehearses them, without a proxy: first modern, then legacy, then the capture of both."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient

from domains.routes import ROUTES
from parity.compare import compare
from parity.completing import Shed
from parity.exchange import Backend, Capture, Endpoint, Exchange, Rehearsal
from parity.outcome import Comparison
from parity.rules import RuleBook
from proxy.completion import Completion
from proxy.legacy_rows import LegacyRows
from proxy.settings import ProxySettings
from tests.domains.recording import ROOMS
from tests.domains.requests import Asked
from tests.domains.support import Modern, signed
from tests.legacy_bridge.support import Legacy

ENDPOINTS = tuple(
    Endpoint(route.domain, route.method, route.path, route.mirrorable, route.read_back) for route in ROUTES
)
RULES = RuleBook.load(sorted(ROOMS.glob("*/parity.toml")))


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it was on the wire."""

    status: int
    head: bytes
    body: bytes
    duration_s: float


class OneAtATime:
    """What is known of the writes: there are no others."""

    def mark(self, _domain: str) -> tuple[int, int]:
        """Nothing is in flight."""
        return 0, 0

    def overlapped(self, _domain: str, _mark: tuple[int, int]) -> bool:
        """Nor was."""
        return False

    def stamp(self, _endpoint: Endpoint, _target: str) -> str:
        """Nothing was finished."""
        return ""


@dataclass(frozen=True, slots=True)
class Rehearsing:
    """Both backends on one database, and what makes exchanges of captures."""

    legacy: Legacy
    modern: Modern
    completion: Completion

    async def capture(self, endpoint: Endpoint, asked: Asked) -> Capture:
        """Rehearse the write at modern, do it at legacy, and capture both."""
        began = time.time()
        raw = b"" if asked.body is None else json.dumps(asked.body).encode()
        headers = {"Content-Type": "application/json"} | self.modern.credentials.headers(asked.user)
        copy = signed(asked.target, method=asked.method, body=raw) | {"X-Crossfade-Shadow": "rehearse"}
        rehearsed = await _sent(self.modern.client, asked, raw, headers | copy)
        done = await _sent(self.legacy.client, asked, raw, headers)
        return Capture(
            id=asked.name,
            endpoint=endpoint.name,
            domain=endpoint.domain,
            method=asked.method,
            target=asked.target,
            head=b"",
            body=raw,
            address="127.0.0.1",
            stage="shadow",
            authoritative=Backend.LEGACY,
            status=done.status,
            answer_head=done.head,
            answer_body=done.body,
            duration_s=done.duration_s,
            at=began,
            mark=(0, 0),
            rehearsal=Rehearsal(rehearsed.status, rehearsed.head, rehearsed.body, rehearsed.duration_s),
        )

    async def check(self, endpoint: Endpoint, asked: Asked) -> tuple[Exchange, Comparison]:
        """The exchange of a rehearsed write, and the verdict on it by the rules of the rooms."""
        (found,) = await self.completion.complete([await self.capture(endpoint, asked)])
        assert not isinstance(found, Shed), found
        self.completion.release([found])
        return found, compare(found, RULES, today=datetime.now(UTC).date())


@asynccontextmanager
async def rehearsing(
    legacy: Legacy, modern: Modern, state_dir: Path, **changes: Any
) -> AsyncIterator[Rehearsing]:
    """What a parity worker has for rehearsed writes of these two; `changes` are those of its `Completion`."""
    settings = ProxySettings(
        legacy_url="http://127.0.0.1:9",
        modern_url="http://127.0.0.1:9",
        store_url="sqlite://",
        state_dir=state_dir,
        endpoints=ENDPOINTS,
        token_key=b"a token key of some length",
    )
    usual: dict[str, Any] = {
        "legacy_rows": LegacyRows(legacy.database_url),
        "counted_writes": OneAtATime(),
    }
    completion = Completion(settings, {}, **(usual | changes))
    try:
        yield Rehearsing(legacy, modern, completion)
    finally:
        await completion.close()
        assert completion.held_bytes == 0


async def _sent(client: TestClient[Any, Any], asked: Asked, raw: bytes, headers: dict[str, str]) -> Raw:
    began = time.perf_counter()
    async with client.request(asked.method, asked.target, headers=headers, data=raw) as answer:
        body = await answer.read()
        head = b"".join(b"%b: %b\r\n" % line for line in answer.raw_headers)
        return Raw(answer.status, head, body, time.perf_counter() - began)
