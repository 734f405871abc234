"""What the parity worker sees, told to whoever records it: a listener on a Unix socket of the state directory.

The listener says what it wants in one line, then gets the line of each exchange, and `{"lost": n}` for those that were
not told because it does not keep up. Nothing here delays a batch or fails it: what waits is bounded, and redacted by a
thread before it leaves the process.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from parity.completing import Shadow, Shed
from parity.exchange import Capture, Exchange, Observation
from parity.recordings.line import Pairs, RecordedExchange, encoded_line
from parity.recordings.redacting import redacted
from parity.redact import Redactor

HELD_BYTES = 8 * 1024 * 1024
_END = b"\n"

_log = structlog.get_logger("parity")
_Seen = tuple[Capture, Exchange | Shed]


class Wish(msgspec.Struct, frozen=True):
    """What a listener wants: exchanges since `began_at` (Unix time), of one domain or of all, redacted or not."""

    began_at: float
    domain: str = ""
    redact: bool = True


class Tap:
    """Stands between the worker and its shadow, which it implements (`parity/completing.py`)."""

    def __init__(
        self, shadow: Shadow, socket: Path, redactor: Redactor, *, held_bytes: int = HELD_BYTES
    ) -> None:
        self._shadow = shadow
        self._socket = socket
        self._redactor = redactor
        self._held_bytes = held_bytes
        self._waiting: asyncio.Queue[_Seen] = asyncio.Queue()
        self._held = 0
        self._lost = 0
        self._telling: asyncio.Task[None] | None = None

    async def complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """What the shadow makes of them."""
        if self._telling is None and self._socket.exists():
            self._telling = asyncio.get_running_loop().create_task(self._tell())
            self._telling.add_done_callback(self._forget)
        completed = await self._shadow.complete(captures)
        if self._telling is not None:
            for seen in zip(captures, completed, strict=False):
                self._offer(seen)
        return completed

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """As the shadow does."""
        self._shadow.release(completed)

    async def close(self) -> None:
        """Tell nobody any more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})

    def _offer(self, seen: _Seen) -> None:
        size = _size(seen[0])
        if seen[0].skipped or self._held + size > self._held_bytes:
            self._lost += 1
            return
        self._held += size
        self._waiting.put_nowait(seen)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.warning("recording_ended", fault=type(task.exception()).__name__)
        self._telling = None
        self._waiting = asyncio.Queue()
        self._held = self._lost = 0

    async def _tell(self) -> None:
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


def _size(capture: Capture) -> int:
    return len(capture.head) + len(capture.body) + len(capture.answer_head) + len(capture.answer_body)


def recorded_of(capture: Capture, completed: Exchange | Shed, began_at: float) -> RecordedExchange:
    """The request of a capture and what its client got, as a line of a recording that began then."""
    known = isinstance(completed, Exchange)
    answer = (
        completed.observation(capture.authoritative) if isinstance(completed, Exchange) else Observation()
    )
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
        answer_headers=answer.headers if known else _pairs(capture.answer_head),
        answer_body=capture.answer_body,
        query_count=answer.query_count,
    )


def _pairs(head: bytes) -> Pairs:
    split = (line.decode("latin-1").partition(":") for line in head.split(b"\r\n") if line)
    return tuple((name.strip(), value.strip()) for name, _, value in split)
