"""Bodies larger than memory should be, through a proxy worker that is a process of its own: whole, and at flat memory.

`make test` sends some hundred megabytes, `make soak` two gigabytes (`--large-bytes`).
"""

import asyncio
import hashlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.settings import Settings
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_store import FlagStore
from proxy.stages import Stage
from tests.support.site_process import Up, running_up

PIECE = b"".join(number.to_bytes(4, "big") for number in range(65_536))
GROWTH = 20_000_000
FRAMINGS = ("length", "chunked")
_PAUSE_S = 0.3
_TIMEOUT_S = 20.0


@pytest.fixture(scope="session")
def large_bytes(request: pytest.FixtureRequest) -> int:
    """How many bytes a large body has."""
    return int(request.config.getoption("large_bytes"))


def pieces(size: int) -> Iterator[bytes]:
    """No piece like the one before."""
    for start in range(0, size, len(PIECE)):
        yield (start.to_bytes(8, "big") + PIECE[8:])[: size - start]


def pour(connection: socket.socket, size: int, framing: str) -> str:
    """Send so many bytes; returns what they hash to."""
    hashed = hashlib.sha256()
    for piece in pieces(size):
        hashed.update(piece)
        if framing == "chunked":
            connection.sendall(b"%x\r\n" % len(piece))
        connection.sendall(piece)
        if framing == "chunked":
            connection.sendall(b"\r\n")
    if framing == "chunked":
        connection.sendall(b"0\r\n\r\n")
    return hashed.hexdigest()


class Drain:
    """Reads a head and then a body, and hashes that as it comes."""

    def __init__(self, connection: socket.socket) -> None:
        self._reader = connection.makefile("rb", 1_048_576)
        self.hashed = hashlib.sha256()
        self.size = 0

    def head(self) -> bytes:
        """Up to the empty line."""
        lines = []
        while (line := self._reader.readline()) not in {b"\r\n", b""}:
            lines.append(line)
        return b"".join(lines).lower()

    def body(self, size: int, framing: str) -> str:
        """After a pause, so that the sender has to wait; returns what it hashes to."""
        time.sleep(_PAUSE_S)
        if framing == "chunked":
            while left := int(self._reader.readline(), 16):
                self._take(left)
                self._reader.readline()
            self._reader.readline()
        else:
            self._take(size)
        return self.hashed.hexdigest()

    def _take(self, left: int) -> None:
        while left and (data := self._reader.read(min(left, 1_048_576))):
            self.hashed.update(data)
            self.size += len(data)
            left -= len(data)


@dataclass
class Backend:
    """Serves one connection that says something in a thread, by `serve`."""

    serve: Callable[[socket.socket], None]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this is open."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        with closing(self.listener):
            yield
            thread.join(_TIMEOUT_S)

    def _run(self) -> None:
        connection, _ = self.listener.accept()
        while not connection.recv(1, socket.MSG_PEEK):  # `crossfade up` looks whether anybody listens
            connection.close()
            connection, _ = self.listener.accept()
        with closing(connection):
            connection.settimeout(_TIMEOUT_S)
            self.serve(connection)


def framing_line(framing: str, size: int) -> bytes:
    return b"Transfer-Encoding: chunked\r\n" if framing == "chunked" else b"Content-Length: %d\r\n" % size


class Peak:
    """The most memory that a process has had since this was made."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = self._bytes("VmRSS")

    @property
    def growth(self) -> int:
        """In bytes."""
        return self._bytes("VmHWM") - self._before

    def _bytes(self, name: str) -> int:
        [line] = [line for line in self._status.read_text().splitlines() if line.startswith(name)]
        return int(line.split()[1]) * 1_024


def tell(size: int, seconds: float, peak: Peak) -> None:
    """Figures for `make soak`."""
    sys.stdout.write(f"{size:,} bytes in {seconds:.1f} s, peak {peak.growth:,} bytes above the start\n")


def dial(up: Up) -> socket.socket:
    host, _, port = up.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_a_large_upload_arrives_whole_at_flat_memory(
    tmp_path: Path, large_bytes: int, framing: str
) -> None:
    arrived: list[str] = []

    def serve(connection: socket.socket) -> None:
        drain = Drain(connection)
        assert framing_line(framing, large_bytes).lower().strip() in drain.head()
        arrived.append(drain.body(large_bytes, framing))
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")

    def upload(up: Up) -> tuple[str, bytes]:
        with dial(up) as client:
            client.sendall(
                b"POST /v1/escrows HTTP/1.1\r\nHost: h\r\n" + framing_line(framing, large_bytes) + b"\r\n"
            )
            sent = pour(client, large_bytes, framing)
            return sent, client.recv(65_536)

    backend = Backend(serve)
    async with running_up(tmp_path, "--legacy", backend.url, workers=1) as up:
        [worker] = up.workers()
        peak = Peak(worker)
        started = time.monotonic()
        with backend.running():
            sent, answer = await asyncio.to_thread(upload, up)
        tell(large_bytes, time.monotonic() - started, peak)

        assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
        assert arrived == [sent]
        assert peak.growth < GROWTH


@pytest.mark.parametrize(
    ("framing", "stage"),
    [("length", Stage.OFF), ("chunked", Stage.SHADOW), ("until it closes", Stage.SHADOW)],
)
async def test_a_large_download_comes_whole_at_flat_memory(
    tmp_path: Path, large_bytes: int, framing: str, stage: Stage
) -> None:
    poured: list[str] = []

    def serve(connection: socket.socket) -> None:
        Drain(connection).head()
        lines = b"" if framing == "until it closes" else framing_line(framing, large_bytes)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n")
        poured.append(pour(connection, large_bytes, framing))

    def download(up: Up) -> tuple[bytes, str, int]:
        with dial(up) as client:
            client.sendall(b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\n\r\n")
            drain = Drain(client)
            head = drain.head()
            return head, drain.body(large_bytes, "length" if framing == "length" else "chunked"), drain.size

    backend = Backend(serve)
    async with running_up(tmp_path, "--legacy", backend.url, workers=1) as up:
        if stage is Stage.SHADOW:
            await asyncio.to_thread(_flip, up)
        [worker] = up.workers()
        peak = Peak(worker)
        started = time.monotonic()
        with backend.running():
            head, got, size = await asyncio.to_thread(download, up)
        tell(large_bytes, time.monotonic() - started, peak)

        assert head.startswith(b"http/1.1 200 ok\r\n")
        assert size == large_bytes
        assert poured == [got]
        assert peak.growth < GROWTH


def _flip(up: Up) -> None:
    engine = open_database(Settings(state_dir=up.state_dir).store_url)
    store = FlagStore(engine, (Endpoint("escrows", "GET", "/v1/escrows"),))
    version = store.flip("escrows", Stage.SHADOW, actor="test", reason="a large body").version
    store.wait_acknowledged(version)
    engine.dispose()
