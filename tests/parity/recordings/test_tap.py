"""What the parity worker tells whoever records it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from parity.completing import Shed
from parity.exchange import Backend, Exchange
from parity.recordings.line import RecordedExchange, decoded_line
from parity.recordings.tap import Tap, Wish, recorded_of
from parity.redact import Redactor
from tests.parity.factories import Carried, capture, exchange, until

ANSWERED = b"Content-Type: text/plain\r\nX-Query-Count: 4\r\nTransfer-Encoding: chunked\r\n"
ALL = Wish(0.0, redact=False)


class Listener:
    """Whoever records: it says what it wants, and keeps what it is told."""

    def __init__(self, socket: Path, wish: Wish) -> None:
        self._socket = socket
        self._wish = wish
        self.lines: list[bytes] = []
        self.connections = 0
        self.leaving = asyncio.Event()

    async def listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it is left."""
        self.connections += 1
        writer.write(msgspec.json.encode(self._wish) + b"\n")
        leaving = asyncio.ensure_future(self.leaving.wait())
        reading = asyncio.ensure_future(self._read(reader))
        await asyncio.wait({leaving, reading}, return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        leaving.cancel()
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            self.lines.append(line)

    @property
    def exchanges(self) -> list[RecordedExchange]:
        """The lines that are exchanges."""
        return [decoded_line(line, 0) for line in self.lines if b'"lost"' not in line]


@asynccontextmanager
async def listening(socket: Path, wish: Wish = ALL) -> AsyncIterator[Listener]:
    listener = Listener(socket, wish)
    server = await asyncio.start_unix_server(listener.listen, socket)
    try:
        yield listener
    finally:
        server.close()
        listener.leaving.set()
        _remove(socket)  # at once: nobody has had a turn to notice


def _remove(socket: Path) -> None:
    socket.unlink()


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "record.sock"


@pytest.fixture
async def tap(socket: Path) -> AsyncIterator[Tap]:
    made = Tap(Carried(), socket, Redactor(b"key"), held_bytes=4_096)
    yield made
    await made.close()


async def test_every_exchange_is_told_with_what_the_client_got(tap: Tap, socket: Path) -> None:
    found = exchange({"name": "Ann"}, {"name": "Bob"})
    asked = capture(
        found,
        method="POST",
        body=b'{"a": 1}',
        head=b"Host: crm\r\nAuthorization: Bearer x\r\n",
        answer_head=ANSWERED,
    )

    async with listening(socket) as listener:
        completed = await tap.complete([asked])
        await until(lambda: bool(listener.lines))

    [told] = listener.exchanges
    assert completed == [found]
    assert (told.method, told.target, told.body, told.session) == (
        "POST",
        "/v1/escrows",
        b'{"a": 1}',
        "c0ffee",
    )
    assert told.headers == (("Host", "crm"), ("Authorization", "Bearer x"))
    assert (told.status, told.answer_headers, told.query_count) == (200, (("Content-Type", "text/plain"),), 4)
    assert told.answer_body == asked.answer_body


async def test_it_is_redacted_before_it_leaves_the_process(tap: Tap, socket: Path) -> None:
    asked = capture(exchange(), body=b"s3cret", target="/v1/escrows?q=s3cret", head=b"Cookie: s3cret\r\n")

    async with listening(socket, Wish(0.0)) as listener:
        await tap.complete([asked])
        await until(lambda: bool(listener.lines))

    assert b"s3cret" not in listener.lines[0]


@pytest.mark.parametrize(
    ("wish", "told"),
    [(Wish(0.0, "leads"), ["b"]), (Wish(1_795_000_000.5), ["c"]), (Wish(1_795_000_000.0), ["a", "b", "c"])],
)
async def test_only_what_is_wanted_is_told(tap: Tap, socket: Path, wish: Wish, told: list[str]) -> None:
    asked = [
        capture(exchange(), id="a"),
        capture(exchange(), id="b", domain="leads"),
        capture(exchange(), id="c", at=1_795_000_001.0),
    ]
    last = capture(exchange(), id="last", domain=wish.domain or "escrows", at=1_795_000_002.0)

    async with listening(socket, msgspec.structs.replace(wish, redact=False)) as listener:
        await tap.complete([*asked, last])
        await until(lambda: b'"last"' in b"".join(listener.lines))

    assert [one.id for one in listener.exchanges] == [*told, "last"]


async def test_what_does_not_fit_is_counted_and_the_batch_goes_on(tap: Tap, socket: Path) -> None:
    large = capture(exchange(), body=b"x" * 5_000)
    unfit = capture(exchange(), skipped="body_too_large")

    async with listening(socket) as listener:
        completed = await tap.complete([large, unfit, capture(exchange())])
        await until(lambda: b'"lost"' in b"".join(listener.lines))

    assert len(completed) == 3
    assert len(listener.exchanges) == 1
    assert json.loads(listener.lines[1]) == {"lost": 2}


async def test_without_a_listener_nothing_is_held(tap: Tap) -> None:
    assert await tap.complete([capture(exchange())]) == [exchange()]


async def test_a_listener_that_was_killed_is_no_fault(tap: Tap, socket: Path) -> None:
    async with listening(socket):
        pass
    await asyncio.to_thread(socket.touch)

    for _ in range(3):
        assert await tap.complete([capture(exchange())]) == [exchange()]


async def test_a_listener_that_says_nonsense_is_left(tap: Tap, socket: Path) -> None:
    async def odd(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"nonsense\n")
        writer.close()

    async with await asyncio.start_unix_server(odd, socket):
        assert await tap.complete([capture(exchange())]) == [exchange()]
        assert await tap.complete([capture(exchange())]) == [exchange()]


async def test_one_that_listens_later_is_told_all_from_then_on_though_the_one_before_has_only_just_left(
    tap: Tap, socket: Path
) -> None:
    async with listening(socket) as first:
        await tap.complete([capture(exchange(), id="a")])
        await until(lambda: len(first.lines) == 1)
    async with listening(socket) as second:
        await tap.complete([capture(exchange(), id="b")])
        await until(lambda: len(second.lines) == 1)

    assert [one.id for one in (*first.exchanges, *second.exchanges)] == ["a", "b"]


async def test_while_somebody_records_proxies_are_told_that_every_capture_is_wanted(socket: Path) -> None:
    levels = {"shadow_limit/modern": 7.0, "shadow_left_alone_seconds/modern": 2.0}
    tap = Tap(Carried(), socket, Redactor(b"key"), levels=lambda: levels)
    before = tap.levels()

    async with listening(socket) as listener:
        await tap.complete([])
        await until(lambda: listener.connections == 1)
        during = tap.levels()
    await until(lambda: tap.levels() == levels)
    await tap.close()

    assert before == levels
    assert during == {"shadow_limit/modern": 7.0, "shadow_left_alone_seconds/modern": 0.0}


async def test_what_is_released_is_released_by_the_shadow(socket: Path) -> None:
    shadow = Carried()

    Tap(shadow, socket, Redactor(b"key")).release([exchange()])

    assert shadow.released == 1


@pytest.mark.parametrize(
    "completed",
    [
        exchange(),
        Shed("shadow_down"),
        exchange(target="/v1/escrows/5", check="read_back", write="POST /v1/escrows"),
    ],
    ids=["completed", "shed", "checked"],
)
def test_what_is_recorded_is_what_the_client_sent_and_got(completed: Exchange | Shed) -> None:
    asked = capture(
        exchange(),
        at=5.0,
        method="POST",
        status=201,
        answer_head=ANSWERED,
        answer_body=b"x",
        duration_s=0.5,
    )

    found = recorded_of(asked, completed, 3.0)

    assert (found.method, found.target, found.backend) == ("POST", "/v1/escrows", Backend.LEGACY)
    assert (found.status, found.answer_body, found.at_s, found.duration_s) == (201, b"x", 2.0, 0.5)
    assert (found.answer_headers, found.query_count) == ((("Content-Type", "text/plain"),), 4)
