"""What stands in for sockets, clocks and names where a test wants to say what happens when."""

import asyncio
import errno
from collections.abc import Callable
from typing import Any, cast

from proxy.fields import Lines
from proxy.refusals import Refusal
from proxy.wire.backend import BackendConnection
from proxy.wire.framing import Content
from proxy.wire.heads import AnswerHead, RequestHead, answer_head, request_head
from proxy.wire.outgoing import AtOnce
from proxy.wire.pool import Pool
from proxy.wire.target import Target
from proxy.wire.timeouts import Timeouts


async def settle() -> None:
    """Let whatever is ready run."""
    for _ in range(6):
        await asyncio.sleep(0)


def head_of(
    method: str = "GET", target: str = "/v1/escrows", *fields: str, version: str = "1.1"
) -> RequestHead:
    """The head of a request, with a `Host`."""
    lines = [f"{method} {target} HTTP/{version}", "Host: crm.example.test", *fields, "", ""]
    return request_head("\r\n".join(lines).encode("latin-1"))


def head_with(*fields: str, host: str | None = "h", version: str = "1.1") -> RequestHead:
    """The head of a GET, as bytes that are UTF-8 where they can be."""
    lines = [f"GET / HTTP/{version}", *([] if host is None else [f"Host: {host}"]), *fields, "", ""]
    return request_head("\r\n".join(lines).encode("utf-8", "surrogateescape"))


def pairs_of(lines: Lines) -> list[tuple[str, str]]:
    """As a backend would read them."""
    block = b"\r\n".join(lines).decode("latin-1")
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in block.split("\r\n"))]


def an_answer(*fields: str, status: str = "200 OK") -> AnswerHead:
    """The head of an answer."""
    block = "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""])
    return answer_head(block.encode("utf-8", "surrogateescape"), to_head=False)


class Clock:
    """A loop's clock that a test moves; what is to be called later is called when it was moved."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._waiting: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = 0

    @property
    def waiting(self) -> int:
        """How many calls are to come."""
        return len(self._waiting)

    def time(self) -> float:
        """Seconds."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> "Handle":
        """What a loop does."""
        self._numbers += 1
        self._waiting[self._numbers] = (self._now + delay, callback)
        return Handle(self, self._numbers)

    def cancel(self, number: int) -> None:
        """Not to be called any more."""
        self._waiting.pop(number, None)

    def advance(self, seconds: float) -> None:
        """Let time pass at once; what was due is called once."""
        self._now += seconds
        due = {number: call for number, (at, call) in self._waiting.items() if at <= self._now}
        for number, call in due.items():
            del self._waiting[number]
            call()


class Handle:
    """Of a call that is to come."""

    def __init__(self, clock: Clock, number: int) -> None:
        self._clock = clock
        self._number = number

    def cancel(self) -> None:
        """Do not call."""
        self._clock.cancel(self._number)


def timeouts_of(clock: Clock) -> Timeouts:
    """Deadlines by that clock, ticking."""
    timeouts = Timeouts(cast("asyncio.AbstractEventLoop", clock))
    timeouts.start()
    return timeouts


class FakeTransport(asyncio.Transport):
    """Remembers what it was told; says that it is lost in the next turn of the loop, as a real one does.

    `is_narrow`: one write fills it. `is_gone`: the other end has reset it, and nobody has heard of that yet.
    """

    is_gone = False

    def __init__(
        self,
        protocol: asyncio.Protocol | None = None,
        *,
        writes_eof: bool = True,
        is_narrow: bool = False,
    ) -> None:
        super().__init__()
        self._is_narrow = is_narrow
        self.protocol = protocol
        self.sent: list[bytes] = []
        self.reads = True
        self.is_aborted = self.is_ended = self._is_closing = False
        self.waiting_bytes = 0
        self._writes_eof = writes_eof

    @property
    def text(self) -> bytes:
        """All that was written."""
        return b"".join(self.sent)

    @property
    def is_closed(self) -> bool:
        """Closed in either way."""
        return self._is_closing

    def write(self, data: Any) -> None:
        """Keep it; what is written to a closed transport is lost."""
        if not self._is_closing:
            assert not self.is_ended, "written behind the end"
            self.sent.append(bytes(data))
            if self._is_narrow and self.protocol is not None:
                self.protocol.pause_writing()

    def write_eof(self) -> None:
        """No more. Raises OSError when it is gone, as asyncio's own does."""
        if self.is_gone:
            raise OSError(errno.ENOTCONN, "not connected")
        self.is_ended = True

    def can_write_eof(self) -> bool:
        """Not with TLS."""
        return self._writes_eof

    def is_closing(self) -> bool:
        """Closed or about to be."""
        return self._is_closing

    def pause_reading(self) -> None:
        """Read no more."""
        self.reads = False

    def resume_reading(self) -> None:
        """Read again."""
        self.reads = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Means nothing here."""

    def get_write_buffer_size(self) -> int:
        """What the test says is waiting."""
        return self.waiting_bytes

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """An address, and nothing else."""
        return ("192.0.2.9", 40_000) if name == "peername" else default

    def close(self) -> None:
        """Close."""
        if not self._is_closing:
            self._is_closing = True
            if self.protocol is not None:
                asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        """Close at once."""
        self.is_aborted = True
        self.close()


class FakeTarget(Target):
    """A backend whose connections come about when the test says so, or at once."""

    attempts: list[asyncio.Future[None]]
    connections: list[BackendConnection]
    transports: list[FakeTransport]
    is_quick: bool
    is_narrow: bool

    def __init__(self, *, is_quick: bool = True, is_narrow: bool = False) -> None:
        super().__init__("backend.test", 80)
        object.__setattr__(self, "attempts", [])
        object.__setattr__(self, "connections", [])
        object.__setattr__(self, "transports", [])
        object.__setattr__(self, "is_quick", is_quick)
        object.__setattr__(self, "is_narrow", is_narrow)

    async def connect(
        self,
        factory: Callable[[], asyncio.Protocol],
        timeout_s: float,  # noqa: ARG002  the target's signature
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Wait for the test's word; what it set as exception is raised."""
        if not self.is_quick:
            attempt: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.attempts.append(attempt)
            await attempt
        protocol = factory()
        transport = FakeTransport(protocol, is_narrow=self.is_narrow)
        protocol.connection_made(transport)
        self.transports.append(transport)
        self.connections.append(cast("BackendConnection", protocol))
        return transport, protocol

    @property
    def pending(self) -> list[asyncio.Future[None]]:
        """Attempts without an end."""
        return [attempt for attempt in self.attempts if not attempt.done()]

    @property
    def open_transports(self) -> list[FakeTransport]:
        """What is not closed."""
        return [transport for transport in self.transports if not transport.is_closed]


def a_pool(target: Target, timeouts: Timeouts, **changes: Any) -> Pool:
    """A pool with quick bounds."""
    bounds: dict[str, Any] = {
        "limit": 2,
        "wait_s": 2.0,
        "connect_timeout_s": 1.0,
        "idle_s": 4.0,
        "buffer_bytes": 65_536,
    }
    return Pool(target, timeouts, **{**bounds, **changes})


class Taker:
    """Takes an answer and remembers it; `connection` is told by the test."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.body = b""
        self.heads: list[AnswerHead] = []
        self.refusal: Refusal | None = None
        self.untouched: bool | None = None
        self.rest = b""
        self.on_interim: Callable[[], None] = lambda: None

    def answer_interim(self, head: AnswerHead) -> None:
        """Note it."""
        self.events.append(f"interim {head.status}")
        self.heads.append(head)
        self.on_interim()

    def answer_began(self, head: AnswerHead, content: Content) -> None:
        """Note it."""
        self.events.append(f"began {head.status}")
        self.heads.append(head)
        self.body += content

    def answer_piece(self, content: Content) -> None:
        """Note it."""
        assert content
        self.body += content

    def answer_ended(self) -> None:
        """Note it."""
        self.events.append("ended")

    def answer_failed(self, refusal: Refusal, *, untouched: bool) -> None:
        """Note it."""
        self.events.append("failed")
        self.refusal = refusal
        self.untouched = untouched

    def answer_switched(self, head: AnswerHead, rest: bytes) -> None:
        """Note it."""
        self.events.append("switched")
        self.heads.append(head)
        self.rest = rest

    def backend_full(self) -> None:
        """Note it."""
        self.events.append("full")

    def backend_drained(self) -> None:
        """Note it."""
        self.events.append("drained")


class Keeper:
    """Counts what comes back."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def put_back(self, connection: BackendConnection) -> None:
        """Note it."""
        assert connection.is_usable
        self.events.append("put back")

    def lost(self, connection: BackendConnection) -> None:
        """Note it."""
        assert not connection.is_usable
        self.events.append("lost")


class Far:
    """One end of a tunnel."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.data = b""

    def far_data(self, data: bytes) -> None:
        """Note it."""
        self.data += data

    def far_eof(self) -> None:
        """Note it."""
        self.events.append("eof")

    def far_lost(self) -> None:
        """Note it."""
        self.events.append("lost")

    def far_full(self) -> None:
        """Note it."""
        self.events.append("full")

    def far_drained(self) -> None:
        """Note it."""
        self.events.append("drained")


def connection_of(
    keeper: Keeper, timeouts: Timeouts, *, writes_eof: bool = True
) -> tuple[BackendConnection, FakeTransport]:
    """A connection to a backend, and what is below it."""
    connection = BackendConnection(keeper, timeouts, 65_536, AtOnce())
    transport = FakeTransport(connection, writes_eof=writes_eof)
    connection.connection_made(transport)
    return connection, transport
