"""The parity worker on a real socket: several proxies, broken frames, a store that refuses, stopping."""

import asyncio
import shutil
import socket as sockets
import struct
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from parity.bodies import BOUNDS, Bounds
from parity.completing import Shadow
from parity.database import open_database
from parity.errors import SocketError, StoreError
from parity.exchange import Batch, Receipt
from parity.metrics import ParityMetrics
from parity.outcome import Outcome
from parity.report import Report, build_report
from parity.rule_changes import rules_changed_at
from parity.rules import RuleBook
from parity.wire import encode
from parity.worker import IntakeSettings, owned, run_worker
from tests.parity.factories import LIST, Carried, batch, by_shape, exchange, until
from tests.parity.test_metrics import told
from tests.support.receipts import read_receipt

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
WAIT_S = 30.0


@pytest.fixture
def socket() -> Iterator[Path]:
    """A socket path short enough for every system."""
    folder = tempfile.mkdtemp(prefix="xf-")
    yield Path(folder) / "parity.sock"
    shutil.rmtree(folder)


class Running:
    """A worker that runs, and what a test does with it."""

    def __init__(self, socket: Path, store_url: str, stop: asyncio.Event) -> None:
        self.socket = socket
        self.store_url = store_url
        self.stop = stop
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Streams:
        """A connection of a proxy; it ends with the worker at the latest."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        self._writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        """What is left of the connections, so that no later test hears of them."""
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    def report(self) -> Report:
        """What the store has by now."""
        return build_report(open_database(self.store_url))


@asynccontextmanager
async def running(
    socket: Path,
    store_url: str,
    rules: RuleBook | None = None,
    shadow: Shadow | None = None,
    settings: IntakeSettings | None = None,
    bounds: Bounds = BOUNDS,
    metrics: ParityMetrics | None = None,
) -> AsyncIterator[Running]:
    stop, ready = asyncio.Event(), asyncio.Event()
    worker = asyncio.create_task(
        run_worker(
            socket=socket,
            store_url=store_url,
            rules=rules or RuleBook(),
            redaction_key=b"key",
            shadow=shadow or Carried(),
            stop=stop,
            ready=ready.set,
            settings=settings,
            bounds=bounds,
            metrics=metrics,
        )
    )
    started = asyncio.create_task(ready.wait())
    await asyncio.wait({worker, started}, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    if worker.done():
        worker.result()
    found = Running(socket, store_url, stop)
    try:
        yield found
    finally:
        stop.set()
        await asyncio.wait_for(worker, WAIT_S)
        await found.close()


async def send(streams: Streams, *batches: Batch) -> list[Receipt | None]:
    reader, writer = streams
    for one in batches:
        writer.write(encode(one))
    return [await asyncio.wait_for(read_receipt(reader), WAIT_S) for _ in batches]


def mode_of(socket: Path) -> int | None:
    return socket.stat().st_mode & 0o777 if socket.exists() else None


async def closed(streams: Streams) -> bool:
    try:
        return await asyncio.wait_for(streams[0].read(), WAIT_S) == b""
    except ConnectionError:
        return True


async def test_a_batch_is_compared_recorded_and_receipted(socket: Path, sqlite_url: str) -> None:
    async with running(socket, sqlite_url, RuleBook(rules=(by_shape("$.id"),))) as worker:
        receipts = await send(
            await worker.connect(), batch(exchange({"id": 1}, {"id": 2}), exchange({"a": 1}, {"a": 2}))
        )

        assert receipts == [Receipt(1)]
        assert worker.report().tally.outcomes[Outcome.MATCH] == 1
        assert worker.report().tally.mismatches == 1


async def test_a_body_of_more_values_than_configured_is_skipped_and_counted(
    socket: Path, sqlite_url: str
) -> None:
    found = exchange(list(range(60)), list(range(61)))

    async with running(socket, sqlite_url, bounds=Bounds(max_values=50)) as worker:
        await send(await worker.connect(), batch(found))

        assert worker.report().tally.reasons[Outcome.SKIPPED] == {"too_many_values": 1}


async def test_rules_that_changed_while_no_worker_ran_are_noted(socket: Path, sqlite_url: str) -> None:
    for rules in (RuleBook(), RuleBook(rules=(by_shape("$.id", endpoint=LIST),))):
        async with running(socket, sqlite_url, rules) as worker:
            await send(await worker.connect(), batch(exchange()))

    engine = open_database(sqlite_url)
    assert rules_changed_at(engine, [LIST]) is not None
    assert rules_changed_at(engine, ["GET /v1/leads"]) is None


async def test_several_proxies_hand_over_at_once(socket: Path, sqlite_url: str) -> None:
    async def proxy(worker: Running, name: str) -> None:
        streams = await worker.connect()
        for seq in range(1, 6):
            assert await send(streams, batch(exchange(), proxy=name, seq=seq)) == [Receipt(seq)]

    async with running(socket, sqlite_url) as worker:
        await asyncio.gather(*(proxy(worker, f"proxy-{number}") for number in range(4)))

        assert worker.report().balance.outcomes == 20
        assert worker.report().balance.balanced


async def test_a_batch_sent_again_gets_its_receipt_and_is_not_counted_again(
    socket: Path, sqlite_url: str
) -> None:
    async with running(socket, sqlite_url) as worker:
        assert await send(await worker.connect(), batch(exchange()), batch(exchange())) == [Receipt(1)] * 2
        assert await send(await worker.connect(), batch(exchange())) == [Receipt(1)]

        assert worker.report().tally.total == 1


@pytest.mark.parametrize(
    "frame",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 5) + b"hello",
        struct.pack(">I", 2**32 - 1),
        struct.pack(">I", 9) + b"x",
    ],
)
async def test_a_broken_frame_ends_its_connection_only(socket: Path, sqlite_url: str, frame: bytes) -> None:
    async with running(socket, sqlite_url) as worker:
        good, bad = await worker.connect(), await worker.connect()
        with capture_logs() as logs:
            bad[1].write(frame)
            bad[1].write_eof()

            assert await closed(bad)
        assert await send(good, batch(exchange())) == [Receipt(1)]
        assert [entry["event"] for entry in logs] == ["frame_refused"]


async def test_a_store_that_refuses_costs_no_batch_and_the_shadow_no_second_copy(
    socket: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "later"
    shadow = Carried()
    async with running(socket, f"sqlite:///{folder / 'store.db'}", shadow=shadow) as worker:
        with capture_logs() as logs:
            sending = asyncio.create_task(
                send(await worker.connect(), batch(exchange()), batch(exchange(), seq=2))
            )
            await asyncio.sleep(0.3)
            folder.mkdir()

            assert await sending == [Receipt(1), Receipt(2)]
        assert worker.report().tally.total == 2
        assert [entry["event"] for entry in logs] == ["batch_not_recorded"]
        assert (len(shadow.asked), shadow.released) == (2, 2)


async def test_a_store_that_refuses_keeps_no_worker_from_stopping(socket: Path, tmp_path: Path) -> None:
    async with running(socket, f"sqlite:///{tmp_path / 'never' / 'store.db'}") as worker:
        streams = await worker.connect()
        sending = asyncio.create_task(send(streams, batch(exchange())))
        await asyncio.sleep(0.1)
        worker.stop.set()

        assert await sending == [None]


async def test_a_shadow_that_is_slow_holds_up_no_other_batch_but_its_receipt(
    socket: Path, sqlite_url: str
) -> None:
    gate = asyncio.Event()
    shadow = Carried(gate)
    async with running(socket, sqlite_url, shadow=shadow) as worker:
        streams = await worker.connect()
        sending = asyncio.create_task(
            send(streams, *(batch(exchange(id=str(seq)), seq=seq) for seq in range(1, 6)))
        )
        await until(lambda: len(shadow.asked) == 5)
        gate.set()

        assert await sending == [Receipt(seq) for seq in range(1, 6)]


async def test_a_batch_that_comes_again_on_another_connection_is_asked_for_once(
    socket: Path, sqlite_url: str
) -> None:
    gate = asyncio.Event()
    shadow = Carried(gate)
    async with running(socket, sqlite_url, shadow=shadow) as worker:
        first = await worker.connect()
        first[1].write(encode(batch(exchange())))
        await until(lambda: len(shadow.asked) == 1)
        first[1].transport.abort()
        again = asyncio.create_task(send(await worker.connect(), batch(exchange()), batch(exchange(), seq=2)))
        await until(lambda: len(shadow.asked) == 2)
        gate.set()

        assert await again == [Receipt(1), Receipt(2)]
        assert worker.report().tally.total == 2


async def test_what_does_not_fit_is_left_with_the_proxy_until_there_is_room(
    socket: Path, sqlite_url: str
) -> None:
    gate = asyncio.Event()
    shadow = Carried(gate)
    bounds = IntakeSettings(held_batches=2)
    async with running(socket, sqlite_url, shadow=shadow, settings=bounds) as worker:
        streams = [await worker.connect() for _ in range(5)]
        sending = [
            asyncio.create_task(send(one, batch(exchange(), proxy=f"proxy-{number}")))
            for number, one in enumerate(streams)
        ]
        await until(lambda: len(shadow.asked) == 2)
        await asyncio.sleep(0.05)
        asked = len(shadow.asked)
        gate.set()

        assert [await one for one in sending] == [[Receipt(1)]] * 5
        assert asked == 2


async def test_stopping_takes_what_was_sent_before(socket: Path, sqlite_url: str) -> None:
    async with running(socket, sqlite_url) as worker:
        reader, writer = await worker.connect()
        for seq in range(1, 21):
            writer.write(encode(batch(exchange(), seq=seq)))
        await writer.drain()
        worker.stop.set()

        receipts = [await asyncio.wait_for(read_receipt(reader), WAIT_S) for _ in range(20)]

    assert [receipt.seq for receipt in receipts if receipt] == list(range(1, 21))
    assert worker.report().tally.total == 20


async def test_stopping_does_not_wait_for_idle_or_half_sent_connections(
    socket: Path, sqlite_url: str
) -> None:
    async with running(socket, sqlite_url) as worker:
        idle, half = await worker.connect(), await worker.connect()
        half[1].write(encode(batch(exchange()))[:20])
        await half[1].drain()
        worker.stop.set()

        assert await closed(idle)
        assert await closed(half)

    assert mode_of(socket) is None


async def test_a_proxy_that_vanishes_is_no_fault(socket: Path, sqlite_url: str) -> None:
    async with running(socket, sqlite_url) as worker:
        _, writer = await worker.connect()
        writer.write(encode(batch(exchange())))
        writer.transport.abort()

        assert await send(await worker.connect(), batch(exchange(), proxy="other")) == [Receipt(1)]


async def test_two_workers_cannot_own_one_socket(socket: Path, sqlite_url: str) -> None:
    async with running(socket, sqlite_url) as worker:
        with pytest.raises(SocketError, match="another parity worker already owns"):
            async with running(socket, sqlite_url):
                pass

        assert await send(await worker.connect(), batch(exchange())) == [Receipt(1)]


async def test_a_socket_left_by_a_worker_that_was_killed_is_replaced(socket: Path, sqlite_url: str) -> None:
    with sockets.socket(sockets.AF_UNIX) as left:
        left.bind(str(socket))

    async with running(socket, sqlite_url) as worker:
        assert await send(await worker.connect(), batch(exchange())) == [Receipt(1)]


def test_a_socket_on_which_something_else_listens_is_left_alone(socket: Path) -> None:
    with sockets.socket(sockets.AF_UNIX) as other:
        other.bind(str(socket))
        other.listen()

        with pytest.raises(SocketError, match="another process already listens"), owned(socket):
            pass
    assert socket.exists()


def test_a_file_that_is_no_socket_is_left_alone(socket: Path) -> None:
    socket.write_text("precious")

    with pytest.raises(SocketError, match="is no socket"), owned(socket):
        pass
    assert socket.read_text() == "precious"


async def test_only_the_owner_may_hand_over(socket: Path, sqlite_url: str) -> None:
    async with running(socket, sqlite_url):
        assert mode_of(socket) == 0o600


async def test_a_path_too_long_for_a_socket_is_one_sentence(tmp_path: Path, sqlite_url: str) -> None:
    with pytest.raises(SocketError, match="cannot listen on"):
        async with running(tmp_path / ("x" * 120), sqlite_url):
            pass


async def test_what_a_worker_holds_and_recorded_is_counted_for_whoever_asks(
    socket: Path, sqlite_url: str
) -> None:
    gate, metrics = asyncio.Event(), ParityMetrics()
    async with running(socket, sqlite_url, shadow=Carried(gate), metrics=metrics) as worker:
        sending = asyncio.create_task(send(await worker.connect(), batch(exchange())))
        await until(lambda: told(metrics, "held_batches") == 1)
        gate.set()
        await sending

    assert (told(metrics, "held_batches"), told(metrics, "batches_total")) == (0, 1)


async def test_a_store_that_is_none_is_refused_at_the_start(socket: Path) -> None:
    with pytest.raises(StoreError, match="not supported"):
        async with running(socket, "mysql://host/db"):
            pass
