"""What the parity worker sees, told to whoever records it: a listener on a Unix socket of the state directory.

The listener says what it wants in one line, then gets the line of each exchange, and `{"lost": n}` for those that were
not told because it does not keep up. Nothing here delays a batch or fails it: what waits is bounded, and redacted by a
thread before it leaves the process.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from parity.completing import Shadow, Shed
from parity.exchange import LEFT_ALONE, Capture, Exchange
from parity.recordings.line import Pairs, RecordedExchange, encoded_line
from parity.recordings.redacting import redacted
from parity.redact import Redactor

HELD_BYTES = 8 * 1024 * 1024
_END = b"\n"
_QUERY_COUNT = "x-query-count"
_OF_THE_WIRE = frozenset({_QUERY_COUNT, "x-write-set", "connection", "keep-alive", "transfer-encoding"})

_log = structlog.get_logger("parity")
_Seen = tuple[Capture, Exchange | Shed]
_Listener = tuple[int, int]


class Wish(msgspec.Struct, frozen=True):
    """What a listener wants: exchanges since `began_at` (Unix time), of one domain or of all, redacted or not."""

    began_at: float
    domain: str = ""
    redact: bool = True


class Tap:
    """Stands between the worker and its shadow, which it implements (`parity/completing.py`)."""

    def __init__(
        self,
        shadow: Shadow,
        socket: Path,
        redactor: Redactor,
        *,
        levels: Callable[[], dict[str, float]] = dict,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        self._shadow = shadow
        self._levels = levels
        self._socket = socket
        self._redactor = redactor
        self._held_bytes = held_bytes
        self._telling: dict[asyncio.Task[None], _Telling] = {}

    async def complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """What the shadow makes of them."""
        self._meet()
        completed = await self._shadow.complete(captures)
        for telling in self._telling.values():
            for seen in zip(captures, completed, strict=False):
                telling.offer(seen)
        return completed

    def levels(self) -> dict[str, float]:
        """What proxies are told of the shadows; while somebody records all captures are wanted, whoever is down."""
        found = self._levels()
        return {
            name: 0.0 if self._telling and name.startswith(LEFT_ALONE) else n for name, n in found.items()
        }

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """As the shadow does."""
        self._shadow.release(completed)

    async def close(self) -> None:
        """Tell nobody any more."""
        for task in self._telling:
            task.cancel()
        if self._telling:
            await asyncio.wait([*self._telling])

    def _meet(self) -> None:
        """Begin to tell whoever listens and is not told yet: the one before may be gone without our having noticed."""
        listener = _listener_at(self._socket)
        if listener is None or any(telling.listener == listener for telling in self._telling.values()):
            return
        telling = _Telling(self._socket, listener, self._redactor, self._held_bytes)
        task = asyncio.get_running_loop().create_task(telling.run())
        self._telling[task] = telling
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.warning("recording_ended", fault=type(task.exception()).__name__)
        del self._telling[task]


class _Telling:
    """One listener, and what waits to be told to it."""

    def __init__(self, socket: Path, listener: _Listener, redactor: Redactor, held_bytes: int) -> None:
        self.listener = listener
        self._socket = socket
        self._redactor = redactor
        self._held_bytes = held_bytes
        self._waiting: asyncio.Queue[_Seen] = asyncio.Queue()
        self._held = 0
        self._lost = 0

    def offer(self, seen: _Seen) -> None:
        """Have it wait, or count it as lost."""
        size = _size(seen[0])
        if seen[0].skipped or self._held + size > self._held_bytes:
            self._lost += 1
            return
        self._held += size
        self._waiting.put_nowait(seen)

    async def run(self) -> None:
        """Tell the listener until it is gone."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return  # left behind by one that was killed
        try:
            wish = msgspec.json.decode(await reader.readline(), type=Wish)
            gone = asyncio.ensure_future(reader.read())
            while not gone.done():
                next_one = asyncio.ensure_future(self._waiting.get())
                await asyncio.wait({next_one, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not next_one.done():
                    next_one.cancel()
                    break
                await self._write(next_one.result(), wish, writer)
        except ConnectionError:
            return
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _write(self, seen: _Seen, wish: Wish, writer: asyncio.StreamWriter) -> None:
        capture, completed = seen
        try:
            if capture.at >= wish.began_at and wish.domain in ("", capture.domain):
                writer.write(await asyncio.to_thread(self._line, capture, completed, wish) + _END)
            if self._lost:
                lost, self._lost = self._lost, 0
                writer.write(json.dumps({"lost": lost}).encode() + _END)
            await writer.drain()
        finally:
            self._held -= _size(capture)

    def _line(self, capture: Capture, completed: Exchange | Shed, wish: Wish) -> bytes:
        exchange = recorded_of(capture, completed, wish.began_at)
        if wish.redact:
            exchange = redacted(exchange, capture.endpoint, self._redactor)
        return encoded_line(exchange).encode("utf-8", "surrogatepass")


def _listener_at(socket: Path) -> _Listener | None:
    """Who made the socket; another one is another file, though it may have the number of the last."""
    try:
        found = socket.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns


def _size(capture: Capture) -> int:
    return len(capture.head) + len(capture.body) + len(capture.answer_head) + len(capture.answer_body)


def recorded_of(capture: Capture, completed: Exchange | Shed, began_at: float) -> RecordedExchange:
    """The request of a capture and what its client got, as a line of a recording that began then.

    Of a write that was checked the exchange is the read that shows it, so all but the client is the capture's.
    """
    answer_headers = _pairs(capture.answer_head)
    counted = next((value for name, value in answer_headers if name.lower() == _QUERY_COUNT), "")
    return RecordedExchange(
        number=0,
        id=capture.id,
        domain=capture.domain,
        session=completed.client if isinstance(completed, Exchange) else "",
        backend=capture.authoritative,
        at_s=max(0.0, capture.at - began_at),
        duration_s=capture.duration_s,
        method=capture.method,
        target=capture.target,
        headers=_pairs(capture.head),
        body=capture.body,
        status=capture.status,
        answer_headers=tuple(pair for pair in answer_headers if pair[0].lower() not in _OF_THE_WIRE),
        answer_body=capture.answer_body,
        query_count=int(counted) if counted.isdecimal() else None,
    )


def _pairs(head: bytes) -> Pairs:
    split = (line.decode("latin-1").partition(":") for line in head.split(b"\r\n") if line)
    return tuple((name.strip(), value.strip()) for name, colon, value in split if colon)
