"""Every batch arrives once and unchanged, however the parity worker behaves; the client never notices."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from parity.exchange import Receipt
from parity.wire import encode
from proxy.counters import Counters
from proxy.handover import Handover
from proxy.outbox import Outbox
from proxy.stages import Stage
from tests.proxy.rig import QUICK_HANDOVER, FakeParity, running, until
from tests.proxy.test_outbox import ENDPOINT, a_capture


class Line:
    """A handover on its own, towards a fake parity worker."""

    def __init__(self, socket: Path, **bounds: float) -> None:
        settings = replace(QUICK_HANDOVER, **bounds)  # type: ignore[arg-type]  # the names are the settings'
        self.counters = Counters()
        self.outbox = Outbox("proxy-1-run", settings, self.counters)
        self.handover = Handover(socket, self.outbox, settings)
        self.running = asyncio.create_task(self.handover.run())
        self.offered = 0

    def offer(self, n: int = 1) -> None:
        """So many captures."""
        for _ in range(n):
            self.offered += 1
            self.counters.mirrored(ENDPOINT)
            self.handover.put(a_capture(number=self.offered))

    async def end(self) -> None:
        """Hand over what is there and end."""
        self.handover.close()
        await asyncio.wait_for(self.running, 5)


@pytest.fixture
def parity(tmp_path: Path) -> FakeParity:
    return FakeParity(tmp_path / "parity.sock")


def ids(parity: FakeParity) -> list[int]:
    return [int(capture.id) for capture in parity.captures]


async def test_captures_arrive_in_order_in_batches_of_64(parity: FakeParity) -> None:
    await parity.start()
    line = Line(parity.socket)

    line.offer(200)
    await line.end()
    await parity.stop()

    assert ids(parity) == list(range(1, 201))
    assert [len(batch.captures) for batch in parity.batches] == [64, 64, 64, 8]
    parity.assert_the_books_balance()


async def test_an_idle_worker_says_that_it_is_there_and_at_the_end_that_it_is_not(parity: FakeParity) -> None:
    await parity.start()
    line = Line(parity.socket, presence_s=0.02)

    await until(lambda: len(parity.batches) >= 2)
    await line.end()
    await parity.stop()

    said = [{count.name for count in batch.counts} for batch in parity.batches]
    assert said[:2] == [{"present"}, {"present"}]
    assert "ended" in said[-1]


async def test_a_batch_is_sent_again_unchanged_until_its_receipt_comes(parity: FakeParity) -> None:
    parity.acknowledges = False
    await parity.start()
    line = Line(parity.socket, receipt_timeout_s=0.03)

    line.offer(3)
    await until(lambda: parity.frames >= 3)
    parity.acknowledges = True
    line.offer(2)
    await line.end()
    await parity.stop()

    assert ids(parity) == [1, 2, 3, 4, 5]
    parity.assert_the_books_balance()


async def test_a_parity_worker_that_starts_late_gets_everything(parity: FakeParity) -> None:
    line = Line(parity.socket)

    line.offer(5)
    await asyncio.sleep(0.05)
    await parity.start()
    await line.end()
    await parity.stop()

    assert ids(parity) == [1, 2, 3, 4, 5]


async def test_a_parity_worker_that_is_restarted_at_any_moment_misses_nothing(parity: FakeParity) -> None:
    chance = random.Random(7)
    line = Line(parity.socket, receipt_timeout_s=0.05)

    for _ in range(15):
        await parity.start()
        line.offer(chance.randrange(30))
        parity.delay_s = chance.choice([0, 0, 0.002, 0.1])
        await asyncio.sleep(chance.random() * 0.02)
        await parity.stop()
        line.offer(chance.randrange(5))
    parity.delay_s = 0
    await parity.start()
    await line.end()
    await parity.stop()

    assert ids(parity) == list(range(1, line.offered + 1))
    parity.assert_the_books_balance()


async def test_what_does_not_fit_is_shed_and_the_books_say_so(parity: FakeParity) -> None:
    line = Line(parity.socket, queue_items=10)

    line.offer(25)
    await parity.start()
    await line.end()
    await parity.stop()

    assert len(parity.captures) == 10
    assert parity.counts() == {"mirrored": 25, "shed/parity_queue": 15}
    parity.assert_the_books_balance()


async def test_a_window_of_batches_goes_without_waiting_for_receipts(parity: FakeParity) -> None:
    parity.acknowledges = False
    await parity.start()
    line = Line(parity.socket, receipt_timeout_s=5.0, batch_captures=10, window_batches=4)

    line.offer(200)
    await until(lambda: parity.frames == 4)
    await asyncio.sleep(0.05)
    frames = parity.frames
    await parity.stop()
    parity.acknowledges = True
    await parity.start()
    await line.end()
    await parity.stop()

    assert frames == 4
    assert ids(parity) == list(range(1, 201))
    parity.assert_the_books_balance()


async def test_a_worker_that_closes_is_noticed_before_anything_is_sent(parity: FakeParity) -> None:
    await parity.start()
    line = Line(parity.socket)
    line.offer(1)
    await until(lambda: len(parity.batches) == 1)
    await parity.stop()
    await asyncio.sleep(0.03)
    await parity.start()
    await asyncio.sleep(0.03)

    line.offer(1)
    await line.end()
    await parity.stop()

    assert (ids(parity), parity.frames) == ([1, 2], 2)


async def test_another_receipt_than_that_of_the_oldest_batch_is_not_taken(parity: FakeParity) -> None:
    async def confused(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(Receipt(7)))

    server = await asyncio.start_unix_server(confused, parity.socket)
    line = Line(parity.socket)
    line.offer(3)
    await asyncio.sleep(0.05)
    held = line.outbox.held_bytes
    server.close()
    await parity.start()
    await line.end()
    await parity.stop()

    assert held > 0
    assert ids(parity) == [1, 2, 3]


class Failing(Outbox):
    """One whose batches cannot be made."""

    def next_frame(self, *, present: bool = False, closing: bool = False) -> NoReturn:
        """As of a fault of ours."""
        raise ZeroDivisionError((present, closing))


async def test_a_fault_of_its_own_ends_it_and_is_told(parity: FakeParity) -> None:
    await parity.start()
    counters = Counters()
    handover = Handover(parity.socket, Failing("proxy-1-run", QUICK_HANDOVER, counters), QUICK_HANDOVER)

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(handover.run(), 5)
    await parity.stop()


@pytest.mark.parametrize("fault", ["dead", "silent", "slow"])
async def test_a_parity_worker_at_fault_changes_nothing_for_the_client(tmp_path: Path, fault: str) -> None:
    bounds = replace(QUICK_HANDOVER, queue_items=20)

    async with running(tmp_path, stage=Stage.SHADOW, handover=bounds) as rig:
        if fault == "dead":
            await rig.parity.stop()
        rig.parity.acknowledges = fault != "silent"
        rig.parity.delay_s = 0.2 if fault == "slow" else 0.0
        answers = [await rig.ask() for _ in range(60)]
        rig.parity.acknowledges, rig.parity.delay_s = True, 0.0
        if fault == "dead":
            await rig.parity.start()
        await rig.settled(60)

        counts = rig.parity.counts()
        assert {answer.status for answer in answers} == {200}
        assert counts["mirrored"] == 60
        assert len(rig.parity.captures) + counts["shed/parity_queue"] == 60
