"""The access log: a sample of the served requests as JSON lines, written by a thread, never waited for."""

import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import msgspec

from proxy.canary import token
from proxy.metrics import NOBODY
from proxy.spool import Spool

_LOOK_INTERVAL_S = 1.0
_LINE_BYTES = 600
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
_MODE = 0o640


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One served request as the loop leaves it; `key` is the sticky key, `target` has its query."""

    at: float
    request_id: str
    endpoint: str
    method: str = ""
    target: str = ""
    status: int = 0
    backend: str = NOBODY
    stage: str = NOBODY
    flag_version: int = 0
    duration_s: float = 0.0
    sent_bytes: int = 0
    key: str = ""
    mirrored: bool = False
    error: str = ""
    rehearsal_s: float = 0.0


class Line(msgspec.Struct, frozen=True):
    """The same as it is written. `status` is 0 and `backend` `none` where nobody answered."""

    at: str
    request_id: str
    endpoint: str
    method: str
    target: str
    status: int
    backend: str
    stage: str
    flag_version: int
    duration_ms: float
    sent_bytes: int
    client: str
    mirrored: bool
    error: str
    rehearsal_ms: float


class AccessLog:
    """Takes entries on the loop: at rate 0.01 one of a hundred, and every one whose status is 500 or more."""

    def __init__(
        self,
        file: Path,
        rate: float,
        *,
        token_key: bytes,
        queries: bool = False,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = monotonic,
        max_items: int = 20_000,
        max_bytes: int = 16_777_216,
        interval_s: float = 0.2,
    ) -> None:
        self._rate = rate
        self._chance = chance
        self._token_key = token_key
        self._queries = queries
        self._lines = LineFile(file, clock)
        self.spool: Spool[Entry] = Spool(
            "access_log",
            self._write,
            max_items=max_items,
            max_bytes=max_bytes,
            interval_s=interval_s,
            clock=clock,
        )

    def wants(self, status: int) -> bool:
        """Whether this request is in the sample."""
        return status >= 500 or self._chance() < self._rate

    def put(self, entry: Entry) -> None:
        """Take one request; never waits, never raises."""
        self.spool.put(entry, _LINE_BYTES + len(entry.target) + len(entry.key) + len(entry.request_id))

    def end(self, timeout_s: float) -> None:
        """Write what waits, within that time."""
        if self.spool.end(timeout_s):
            self._lines.close()

    def _write(self, entries: Sequence[Entry]) -> int:
        return self._lines.write([msgspec.json.encode(self._line(entry)) for entry in entries])

    def _line(self, entry: Entry) -> Line:
        target = entry.target if self._queries else entry.target.partition("?")[0]
        return Line(
            at=datetime.fromtimestamp(entry.at, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            request_id=entry.request_id,
            endpoint=entry.endpoint,
            method=entry.method,
            target=_text(target),
            status=entry.status,
            backend=entry.backend,
            stage=entry.stage,
            flag_version=entry.flag_version,
            duration_ms=round(entry.duration_s * 1000, 3),
            sent_bytes=entry.sent_bytes,
            client=token(entry.key, self._token_key) if entry.key else "",
            mirrored=entry.mirrored,
            error=entry.error,
            rehearsal_ms=round(entry.rehearsal_s * 1000, 3),
        )


class LineFile:
    """A file of lines that others may move away or remove at any moment; used on one thread.

    Once a second it is looked whether the path still leads to the open file; else it is opened again.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = monotonic) -> None:
        self._file = file
        self._clock = clock
        self._descriptor = -1
        self._looked_at = -_LOOK_INTERVAL_S
        self._is_torn = False

    def write(self, lines: Sequence[bytes]) -> int:
        """Append as many lines as can be, in order; returns how many. Raises `OSError` if it was none."""
        self._look()
        before = b"\n" if self._is_torn else b""  # half a line must not spoil the next one
        page = before + b"".join(line + b"\n" for line in lines)
        position = 0
        trouble: OSError | None = None
        while position < len(page):
            try:
                position += os.write(self._descriptor, page[position:])
            except OSError as error:
                trouble = error
                break
        if position:
            self._is_torn = page[position - 1] != ord("\n")
        written = page.count(b"\n", len(before), max(position, len(before)))
        if trouble is not None and not written:
            raise trouble
        return written

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    def _look(self) -> None:
        now = self._clock()
        if self._descriptor >= 0 and now - self._looked_at < _LOOK_INTERVAL_S:
            return
        self._looked_at = now
        if self._descriptor >= 0 and not self._is_there():
            self.close()
        if self._descriptor < 0:
            self._descriptor = os.open(self._file, _FLAGS, _MODE)
            self._is_torn = False

    def _is_there(self) -> bool:
        try:
            there = self._file.stat()
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self._descriptor))


def _text(value: str) -> str:
    # Bytes that are no UTF-8 came as surrogates, which no encoder takes.
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
