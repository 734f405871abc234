"""Steady traffic for the demo: recorded escrow requests sent again and again, every answer looked at."""

import asyncio
import json
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import yarl

from loadtests.recording import Credentials, Recorded, depends_on, sendable

ANSWER_WITHIN_S = 15.0


@dataclass
class Tally:
    """What the clients saw; `failures` says of each failed request what happened."""

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    by_backend: dict[str, int] = field(default_factory=dict)


class Traffic:
    """Clients in a thread of their own, so that they go on whatever the demo is waiting for."""

    def __init__(
        self, proxy: str, credentials: Credentials, *, clients: int, rate: float, seed: int = 1
    ) -> None:
        self.tally = Tally()
        self._proxy = proxy
        self._credentials = credentials
        self.clients = clients
        self._pause_s = clients / rate
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def replay(self, exchanges: Sequence[Recorded]) -> None:
        """Send every exchange once, in the recorded order."""
        asyncio.run(self._replay(exchanges))

    async def _replay(self, exchanges: Sequence[Recorded]) -> None:
        answers: dict[str, Any] = {}
        async with self._session() as session:
            for exchange in exchanges:
                if depends_on(exchange) <= answers.keys():
                    answers[exchange.name] = await self._send(session, exchange, answers)

    def start(self, exchanges: Sequence[Recorded]) -> None:
        """Send the exchanges that may be sent again and again, until `stop`."""
        repeatable = [exchange for exchange in exchanges if is_repeatable(exchange)]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._steady(repeatable)), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the last answer has come."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    async def _steady(self, exchanges: Sequence[Recorded]) -> None:
        async with self._session() as session, asyncio.TaskGroup() as clients:
            for _ in range(self.clients):
                clients.create_task(self._client(session, exchanges))

    async def _client(self, session: aiohttp.ClientSession, exchanges: Sequence[Recorded]) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * self._pause_s)
            await self._send(session, self._random.choice(exchanges), {})

    def _session(self) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        return aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())

    async def _send(self, session: aiohttp.ClientSession, exchange: Recorded, answers: dict[str, Any]) -> Any:
        request = sendable(exchange, self._credentials, answers)
        self.tally.requests += 1
        try:
            async with session.request(
                request.method,
                yarl.URL(self._proxy + request.target, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.tally.failures.append(f"{request.method} {request.target}: {type(error).__name__}")
            return None
        served_by = response.headers.get("X-Served-By", "nobody")
        self.tally.by_backend[served_by] = self.tally.by_backend.get(served_by, 0) + 1
        if response.status >= 500 and exchange.status < 500:
            self.tally.failures.append(f"{request.method} {request.target}: {response.status}")
        return json.loads(body) if body else None


def is_repeatable(exchange: Recorded) -> bool:
    """Whether sending it again means the same: every read, and updates of a row in place.

    Creating, archiving and deleting change what the next round would find; the replay covers them once. What
    the recording answered with 500 stays out: whether it fails is a declared deviation.
    """
    if depends_on(exchange) or exchange.status >= 500:
        return False
    return exchange.method == "GET" or (exchange.method == "PUT" and exchange.path.count("/") == 3)
