"""A plane on a real port between two fake backends, and the edge that it asks: all of the data plane, no worker."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from parity.exchange import Backend, Capture, Endpoint, Observation
from proxy.admission import Admission, Refused
from proxy.captures import Budget, KeptBody
from proxy.counters import Counters
from proxy.edge import Edge
from proxy.fields import Lines
from proxy.flags import Flag, FlagTable
from proxy.headers import EdgeHeaders, Peer
from proxy.metrics import Metrics
from proxy.races import Races
from proxy.settings import ProxySettings
from proxy.stages import Stage
from proxy.telemetry import Telemetry
from proxy.wire.heads import AnswerHead, RequestHead
from proxy.wire.plane import WirePlane
from proxy.writes import Writes
from tests.proxy.labels import label_of
from tests.proxy.rig import QUICK_FORWARD, TIMEOUT_S, Answer, get, until
from tests.support.backends import DeadPort, FakeBackend, answering

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "POST", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("escrows", "PUT", "/v1/escrows/{id}"),
    Endpoint("escrows", "DELETE", "/v1/escrows/{id}"),
    Endpoint("escrows", "HEAD", "/v1/escrows"),
    Endpoint("clients", "GET", "/v1/clients"),
    Endpoint("escrows", "GET", "/v1/auth/verify", mirrorable=False),
)


def keeping(target: str = "/v1/escrows", *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A request as bytes, after which the connection stays."""
    head = [f"{method} {target} HTTP/1.1", "Host: crm.example.test", *fields, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


class Captures(list[Capture]):
    """A sink with room for everything; of the shadows that are `down` it wants nothing."""

    def __init__(self) -> None:
        self.down: set[Backend] = set()

    def wants(self, shadow: Backend) -> bool:
        """Whether it is up."""
        return shadow not in self.down

    def put(self, capture: Capture) -> bool:
        """Keep it."""
        self.append(capture)
        return True


class RecordingEdge(Edge):
    """An edge that remembers what it was told; `fails_at` names what fails with a fault of our own."""

    def __init__(self, settings: ProxySettings, *, stage: Stage = Stage.OFF, **flag: Any) -> None:
        self.races = Races()
        self.budget = Budget(settings.mirror.held_bytes)
        self.captures = Captures()
        self.outcomes: list[str] = []
        self.begun = self.over = 0
        self.fails_at = ""
        super().__init__(
            settings,
            counters=Counters(),
            budget=self.budget,
            races=self.races,
            finished_writes=Writes(settings.endpoints),
            headers=EdgeHeaders(settings),
            sink=self.captures,
        )
        if stage is not Stage.OFF:
            self.set_stage(stage, **flag)

    def set_stage(self, stage: Stage, **flag: Any) -> None:
        """A table in which the domain is at that stage."""
        version = self.table.version + 1
        self.table = FlagTable(version, {"escrows": Flag(stage, **flag)})

    def _fail_at(self, place: str) -> None:
        if self.fails_at == place:
            raise RuntimeError("a fault of our own")

    def counts(self) -> dict[str, int]:
        """What was counted since the last time, by `name` or `name/reason`."""
        totals: Counter[str] = Counter()
        for count in self.counters.take():
            totals[label_of(count)] += count.n
        return dict(totals)

    def admit(self, head: RequestHead, peer: Peer) -> Admission | Refused:
        """Fail at once, if that is wanted."""
        self._fail_at("admit")
        return super().admit(head, peer)

    def began(self, admission: Admission) -> None:
        """Note it."""
        self._fail_at("began")
        self.begun += 1
        super().began(admission)

    def ended(self, admission: Admission) -> None:
        """Note it."""
        self.over += 1
        super().ended(admission)

    def outbound(self, admission: Admission, head: AnswerHead, served_by: Backend) -> Lines:
        """Fail before the answer begins, if that is wanted."""
        self._fail_at("outbound")
        return super().outbound(admission, head, served_by)

    def answered(
        self,
        admission: Admission,
        head: AnswerHead,
        duration_s: float,
        body: KeptBody | None,
        sent: bytes | None = b"",
    ) -> None:
        """Note it; fail, if that is wanted."""
        self.outcomes.append("answered")
        self._fail_at("answered")
        super().answered(admission, head, duration_s, body, sent)

    def fell_back(
        self,
        admission: Admission,
        modern: Observation,
        head: AnswerHead,
        duration_s: float,
        body: KeptBody,
    ) -> None:
        """Note it."""
        self.outcomes.append("fell_back")
        super().fell_back(admission, modern, head, duration_s, body)

    def failed(self, admission: Admission) -> None:
        """Note it."""
        self.outcomes.append("failed")
        super().failed(admission)

    def abandoned(self, admission: Admission) -> None:
        """Note it."""
        self.outcomes.append("abandoned")
        super().abandoned(admission)


def settings_of(
    legacy_url: str = "http://127.0.0.1:1", modern_url: str = "http://127.0.0.1:2", **changes: Any
) -> ProxySettings:
    """One worker's settings, with quick bounds."""
    settings = ProxySettings(
        legacy_url, modern_url, "", Path(), ENDPOINTS, b"a token key of some length", forward=QUICK_FORWARD
    )
    return replace(settings, **changes)


def parsed(answer: bytes) -> Answer:
    """One answer of a connection that was closed behind it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (one.partition(":") for one in lines)]
    return Answer(int(line.split(" ")[1]), headers, body)


class RecordingTelemetry(Telemetry):
    """Remembers of each request that is over who served it, its status and the error."""

    def __init__(self, edge: Edge) -> None:
        super().__init__(Metrics(edge.counters, {}))
        self.over: list[tuple[str, int, str]] = []
        self.turned_away: list[tuple[int, str]] = []

    def served(
        self,
        admission: Admission,
        served_by: str,
        status: int,
        duration_s: float,
        sent_bytes: int,
        error: str = "",
    ) -> None:
        """Note it."""
        self.over.append((served_by, status, error))
        super().served(admission, served_by, status, duration_s, sent_bytes, error)

    def refused(self, request_id: str, status: int, duration_s: float, sent_bytes: int, error: str) -> None:
        """Note it."""
        self.turned_away.append((status, error))
        super().refused(request_id, status, duration_s, sent_bytes, error)


@dataclass
class Rig:
    """Everything around one plane."""

    settings: ProxySettings
    plane: WirePlane
    edge: RecordingEdge
    legacy: FakeBackend
    modern: FakeBackend
    telemetry: RecordingTelemetry
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def backend(self, backend: Backend) -> FakeBackend:
        """The fake backend of that name."""
        return self.legacy if backend is Backend.LEGACY else self.modern

    async def connect(self, limit: int = 2**16) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A client; it is gone when the test is over."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=limit)
        self.writers.append(writer)
        return reader, writer

    async def raw(self, request: bytes, *, timeout_s: float = TIMEOUT_S) -> bytes:
        """Bytes to the proxy, and all that comes back until it closes."""
        reader, writer = await self.connect()
        try:
            writer.write(request)
            async with asyncio.timeout(timeout_s):
                return await reader.read()
        finally:
            writer.transport.abort()

    async def ask(
        self, method: str = "GET", target: str = "/v1/escrows", *fields: str, body: bytes = b""
    ) -> Answer:
        """One request on a connection of its own."""
        length = (f"Content-Length: {len(body)}",) if body else ()
        return parsed(await self.raw(get(target, *fields, *length, method=method, body=body)))

    async def settled(self) -> None:
        """Wait until no request is under way."""
        await until(lambda: self.plane.requests_in_flight == 0)


@asynccontextmanager
async def planed(
    stage: Stage = Stage.OFF,
    *,
    dead: Backend | None = None,
    flag: dict[str, Any] | None = None,
    **changes: Any,
) -> AsyncIterator[Rig]:
    """A plane that serves; `dead` makes one backend a port that refuses."""
    dead_port = DeadPort()
    async with (
        FakeBackend(answering(b'{"by":"legacy"}')) as legacy,
        FakeBackend(answering(b'{"by":"modern"}')) as modern,
    ):
        settings = settings_of(
            **{
                "legacy_url": dead_port.url if dead is Backend.LEGACY else legacy.url,
                "modern_url": dead_port.url if dead is Backend.MODERN else modern.url,
                **changes,
            }
        )
        plane = WirePlane(settings)
        edge = RecordingEdge(settings, stage=stage, **(flag or {}))
        telemetry = RecordingTelemetry(edge)
        rig = Rig(settings, plane, edge, legacy, modern, telemetry, await plane.bind(edge, telemetry))
        await plane.serve()
        try:
            yield rig
        finally:
            for writer in rig.writers:
                writer.transport.abort()
            await plane.stop_accepting()
            await plane.finish(0.1)
            await plane.close()
            dead_port.close()
