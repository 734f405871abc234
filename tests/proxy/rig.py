"""A whole proxy worker between two fake backends and a fake parity worker, on real sockets."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from yarl import URL

from parity.completing import Shadow, Shed
from parity.database import open_database
from parity.exchange import ENDED, PRESENT, Backend, Batch, Capture, Endpoint, Exchange, Receipt
from parity.wire import encode, read_batch
from proxy.completion import Completion
from proxy.flag_store import FlagStore
from proxy.races import SharedRaces
from proxy.settings import (
    AdaptiveSettings,
    ClientSettings,
    ForwardSettings,
    HandoverSettings,
    MirrorSettings,
    ProxySettings,
)
from proxy.shadow_client import ShadowClient
from proxy.shared_counts import Counts
from proxy.stages import Stage
from proxy.worker import run_proxy
from tests.proxy.labels import label_of
from tests.support.backends import DeadPort, FakeBackend, answering

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "POST", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("escrows", "PUT", "/v1/escrows/{id}"),
    Endpoint("escrows", "DELETE", "/v1/escrows/{id}"),
    Endpoint("clients", "GET", "/v1/clients"),
    Endpoint("escrows", "GET", "/v1/auth/verify", mirrorable=False),
)
SECRET = "a shadow secret"
TIMEOUT_S = 30.0


async def until(condition: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
    """Wait for a condition; fails with it when it does not come true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.005)


def get(target: str = "/v1/escrows", *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A request as bytes, closing the connection."""
    head = [f"{method} {target} HTTP/1.1", "Host: crm.example.test", "Connection: close", *fields, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


@dataclass
class FakeParity:
    """A parity worker that remembers; `acknowledges` and `delay_s` may be changed at any moment.

    With a `shadow` it has the captures completed, each batch before the next.
    """

    socket: Path
    shadow: Shadow | None = None
    completed: list[Exchange | Shed] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    frames: int = 0
    acknowledges: bool = True
    delay_s: float = 0.0
    levels: Callable[[], dict[str, float]] = lambda: {"shadow_limit/modern": 7}
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        """Listen."""
        self.socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.socket)

    async def stop(self) -> None:
        """Die: no listener, no connections."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self.socket.unlink(missing_ok=True)
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        is_silent = False  # receipts come in order: after one that was withheld none comes
        with suppress(ConnectionError):
            while (batch := await read_batch(reader)) is not None:
                self.frames += 1
                await asyncio.sleep(self.delay_s)
                is_silent = is_silent or not self.acknowledges
                if is_silent:
                    continue
                completed = await self._complete(batch)
                known = self._known(batch)
                if known is None:
                    self.batches.append(batch)
                    self.completed += completed
                else:
                    assert known == batch, "a batch was sent again, but changed"
                writer.write(encode(Receipt(batch.seq, self.levels())))
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    async def _complete(self, batch: Batch) -> list[Exchange | Shed]:
        if self.shadow is None or self._known(batch) is not None:
            return []
        completed = await self.shadow.complete(batch.captures)
        self.shadow.release(completed)
        return completed

    def _known(self, batch: Batch) -> Batch | None:
        return next((one for one in self.batches if (one.proxy, one.seq) == (batch.proxy, batch.seq)), None)

    @property
    def captures(self) -> list[Capture]:
        """All that were handed over."""
        return [capture for batch in self.batches for capture in batch.captures]

    @property
    def exchanges(self) -> list[Exchange]:
        """What became of the captures that were not shed."""
        return [one for one in self.completed if isinstance(one, Exchange)]

    def counts(self) -> Counter[str]:
        """All counts at endpoints, by `name` or `name/reason`, and what was shed here."""
        totals: Counter[str] = Counter()
        for batch in self.batches:
            for count in batch.counts:
                if count.name not in {PRESENT, ENDED}:
                    totals[label_of(count)] += count.n
        totals.update(f"shed/{one.reason}" for one in self.completed if isinstance(one, Shed))
        return totals

    def assert_the_books_balance(self) -> None:
        """After every batch: mirrored = captures + shed + in flight; and the numbers have no gap."""
        mirrored = captures = shed = 0
        for position, batch in enumerate(self.batches, start=1):
            assert batch.seq == position
            mirrored += sum(count.n for count in batch.counts if count.name == "mirrored")
            shed += sum(count.n for count in batch.counts if count.name == "shed")
            captures += len(batch.captures)
            assert mirrored == captures + shed + batch.in_flight


@dataclass
class Answer:
    """What a client got."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of that header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The first of them."""
        return next(iter(self.all(name)), None)

    @property
    def served_by(self) -> Backend:
        """Who answered."""
        return Backend(self.header("X-Served-By") or "")


@dataclass
class Rig:
    """Everything around one running proxy worker."""

    settings: ProxySettings
    legacy: FakeBackend
    modern: FakeBackend
    parity: FakeParity
    engine: sa.Engine
    port: int = 0
    admin_port: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    session: aiohttp.ClientSession = field(
        default_factory=lambda: aiohttp.ClientSession(
            auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
    )
    reloads: asyncio.Queue[ProxySettings] = field(default_factory=asyncio.Queue)
    reloaded: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _running: asyncio.Task[None] | None = None

    @property
    def store(self) -> FlagStore:
        """The operator's side of the flag table."""
        return FlagStore(self.engine, self.settings.endpoints)

    def backend(self, backend: Backend) -> FakeBackend:
        """The fake backend of that name."""
        return self.legacy if backend is Backend.LEGACY else self.modern

    async def start(self) -> None:
        """Run the proxy worker until it is ready."""
        is_ready = asyncio.Event()

        def ready(port: int, admin_port: int) -> None:
            self.port, self.admin_port = port, admin_port
            is_ready.set()

        self.stop = asyncio.Event()
        self._running = asyncio.create_task(
            run_proxy(
                self.settings,
                stop=self.stop,
                ready=ready,
                reloads=self.reloads,
                reloaded=self.reloaded.put_nowait,
            )
        )
        waiting = asyncio.create_task(is_ready.wait())
        await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=TIMEOUT_S)
        waiting.cancel()
        if self._running.done():
            await self._running

    async def end(self) -> None:
        """Stop it as SIGTERM does, and wait until it has ended."""
        self.stop.set()
        if self._running is not None:
            await asyncio.wait_for(self._running, 20)

    async def reload(self, **changes: Any) -> str:
        """Other settings for the running worker; returns what it found wrong with them."""
        self.settings = replace(self.settings, **changes)
        self.reloads.put_nowait(self.settings)
        return await asyncio.wait_for(self.reloaded.get(), TIMEOUT_S)

    async def flip_to(
        self,
        stage: Stage,
        key: str = "escrows",
        *,
        canary_share: float | None = None,
        sample_rate: float | None = None,
    ) -> int:
        """Walk a key to a stage and wait until the worker has acknowledged."""

        def walk() -> int:
            version = self.store.version()
            for step in list(Stage)[1 : stage.position + 1]:
                is_last = step is stage
                version = self.store.flip(
                    key,
                    step,
                    canary_share=canary_share if is_last else None,
                    sample_rate=sample_rate if is_last else None,
                    actor="test",
                    reason="test",
                ).version
            self.store.wait_acknowledged(version)
            return version

        return await asyncio.to_thread(walk)

    async def roll_back(self) -> int:
        """Everything to `off`, acknowledged."""

        def back() -> int:
            change = self.store.roll_back(actor="test", reason="test")
            assert change is not None
            self.store.wait_acknowledged(change.version)
            return change.version

        return await asyncio.to_thread(back)

    async def ask(self, method: str = "GET", target: str = "/v1/escrows", **options: Any) -> Answer:
        """One request through the proxy."""
        async with self.session.request(
            method,
            URL(f"http://127.0.0.1:{self.port}{target}", encoded=True),
            allow_redirects=False,
            **options,
        ) as response:
            return Answer(response.status, list(response.headers.items()), await response.read())

    async def raw(self, request: bytes, *, timeout_s: float = TIMEOUT_S) -> bytes:
        """Bytes to the proxy, and all that comes back until it closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            async with asyncio.timeout(timeout_s):
                return await reader.read()
        finally:
            writer.transport.abort()

    async def settled(self, requests: int) -> None:
        """Wait until so many requests were counted and none is in flight."""

        def is_settled() -> bool:
            counts = self.parity.counts()
            done = sum(
                n for name, n in counts.items() if name.partition("/")[0] in {"mirrored", "not_mirrored"}
            )
            return bool(self.parity.batches) and done >= requests and self.parity.batches[-1].in_flight == 0

        await until(is_settled)
        self.parity.assert_the_books_balance()


QUICK_FORWARD = ForwardSettings(
    wait_s=1.0, connect_timeout_s=2.0, answer_timeout_s=2.0, fallback_timeout_s=1.0, connections=64
)
STEADY = AdaptiveSettings(strained_factor=1.0, failed_factor=1.0)
"""A limit that does not adapt."""
QUICK_CLIENT = ClientSettings(half_closed_s=0.1)
QUICK_MIRROR = MirrorSettings(timeout_s=1.0, failures=1_000_000, adaptive=STEADY)


QUICK_HANDOVER = HandoverSettings(batch_interval_s=0.01, receipt_timeout_s=3.0, retry_s=0.01)


def completing(settings: ProxySettings, **changes: Any) -> Completion:
    """What asks both shadow backends, over real connections."""
    senders = {
        backend: ShadowClient(
            settings.url_of(backend), settings.mirror, settings.forward.idle_s, settings.backend_ca
        )
        for backend in Backend
    }
    return Completion(settings, senders, **changes)


def counted(settings: ProxySettings) -> SharedRaces | None:
    """What a parity worker knows of the writes of such proxy workers."""
    file = settings.counts_file
    return None if file is None else SharedRaces(file, settings.endpoints)


@asynccontextmanager
async def running(
    tmp_path: Path,
    *,
    stage: Stage = Stage.OFF,
    dead: Backend | None = None,
    starts: bool = True,
    **changes: Any,
) -> AsyncIterator[Rig]:
    """A running worker with quick bounds; `dead` makes one backend a port that refuses."""
    socket = tmp_path / "parity.sock"
    store_url = f"sqlite:///{tmp_path}/store.db"
    dead_port = DeadPort()
    async with (
        FakeBackend(answering(b'{"by":"legacy"}')) as legacy,
        FakeBackend(answering(b'{"by":"modern"}')) as modern,
    ):
        settings = ProxySettings(
            legacy_url=dead_port.url if dead is Backend.LEGACY else legacy.url,
            modern_url=dead_port.url if dead is Backend.MODERN else modern.url,
            store_url=store_url,
            state_dir=tmp_path / "state",
            endpoints=ENDPOINTS,
            token_key=b"a token key of some length",
            shadow_secret=SECRET,
            parity_socket=socket,
            forward=QUICK_FORWARD,
            client=QUICK_CLIENT,
            mirror=QUICK_MIRROR,
            handover=QUICK_HANDOVER,
            mirror_drain_s=3.0,
            drain_s=4.0,
        )
        settings = replace(settings, **changes)
        if settings.counts_file is not None and not settings.counts_file.exists():
            Counts.make(settings.counts_file, settings.slots, {one.domain for one in settings.endpoints})
        completion = completing(settings, counted_writes=counted(settings))
        rig = Rig(settings, legacy, modern, FakeParity(socket, completion), open_database(store_url))
        await rig.parity.start()
        try:
            if starts:
                await rig.start()
                if stage is not Stage.OFF:
                    await rig.flip_to(stage)
            yield rig
        finally:
            await rig.session.close()
            await rig.end()
            await rig.parity.stop()
            await completion.close()
            rig.engine.dispose()
            dead_port.close()
