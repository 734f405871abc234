"""Copies never touch the client, whatever the shadow does; every bound sheds, and every copy is accounted for."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import Backend, Exchange, Observation
from proxy.capture import Budget, Capture
from proxy.counters import Counters
from proxy.headers import Observed
from proxy.mirror import Copy, Mirror, Mirrored, Reply, exchange_of
from proxy.races import Mark, Races
from proxy.settings import MirrorSettings
from proxy.signature import sign
from proxy.stages import Stage
from tests.proxy.rig import QUICK_MIRROR, SECRET, Rig, running, until
from tests.support.backends import Behaviour, answering, closing, hanging, sending

FAULTS: dict[str, Behaviour] = {
    "hanging": hanging(),
    "slow": answering(after_s=0.15),
    "wrong": answering(b"<html>", status="500 Oops", headers=()),
    "huge": answering(b"x" * 3_000_000),
    "closing": closing(),
    "half": sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    "garbage": sending(b"\x00\x01\x02\r\n\r\n"),
    "endless": sending(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65_536] * 400),
}


async def latencies(rig: Rig, n: int) -> list[float]:
    """Seconds of so many requests, one after the other; each must be answered by legacy."""
    taken = []
    for _ in range(n):
        started = time.perf_counter()
        answer = await rig.ask()
        taken.append(time.perf_counter() - started)
        assert (answer.status, answer.body) == (200, b'{"by":"legacy"}')
    return taken


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_shadow_at_fault_changes_nothing_for_the_client(tmp_path: Path, fault: str) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.modern.behaviour = FAULTS[fault]

        taken = await latencies(rig, 20)
        await rig.settled(20)

        assert statistics.median(taken) < 0.1
        assert rig.parity.counts() == {"requests": 20, "mirrored": 20}
        assert len(rig.parity.exchanges) == 20


async def test_a_dead_shadow_changes_nothing_for_the_client(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW, dead=Backend.MODERN) as rig:
        await latencies(rig, 20)
        await rig.settled(20)

        assert {exchange.modern.error for exchange in rig.parity.exchanges} == {"refused"}


@pytest.mark.parametrize(
    ("fault", "error", "skipped"),
    [
        ("hanging", "timeout", ""),
        ("closing", "broken", ""),
        ("half", "broken", ""),
        ("garbage", "broken", ""),
        ("huge", "", "body_too_large"),
        ("endless", "", "body_too_large"),
        ("wrong", "", ""),
    ],
)
async def test_what_the_shadow_did_is_in_the_exchange(
    tmp_path: Path, fault: str, error: str, skipped: str
) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.modern.behaviour = FAULTS[fault]
        await rig.ask()
        await rig.settled(1)

        (exchange,) = rig.parity.exchanges
        assert (exchange.modern.error, exchange.skipped) == (error, skipped)
        assert exchange.legacy.body == b'{"by":"legacy"}'
        assert len(exchange.modern.body) <= 6


async def test_the_copy_is_sent_after_the_answer_was_delivered(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        released = asyncio.Event()

        async def halfway(_seen: object, writer: asyncio.StreamWriter) -> bool:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            await released.wait()
            writer.write(b"cd")
            return True

        rig.legacy.behaviour = halfway
        asking = asyncio.create_task(rig.ask())
        await until(lambda: len(rig.legacy.seen) == 1)
        await asyncio.sleep(0.05)
        copies_before = len(rig.modern.seen)
        released.set()
        await asking
        await rig.settled(1)

        assert (copies_before, len(rig.modern.seen)) == (0, 1)


async def test_the_copy_is_signed_and_otherwise_the_same(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask(target="/v1/escrows/1?a=%2F", headers={"Authorization": "Bearer x", "Accept": "a/b"})
        await rig.settled(1)

        (original,), (copy,) = rig.legacy.seen, rig.modern.seen
        signature = copy.header("X-Crossfade-Signature") or ""
        signed_at = int(signature.removeprefix("t=").partition(",")[0])
        own = {"X-Crossfade-Shadow", "X-Crossfade-Signature", "X-Crossfade-Writes"}
        assert copy.header("X-Crossfade-Shadow") == "read"
        assert signature == sign(SECRET.encode(), "GET", "/v1/escrows/1?a=%2F", b"", signed_at)
        assert abs(time.time() - signed_at) < 5
        assert [header for header in copy.headers if header[0] not in own] == original.headers
        assert (copy.method, copy.target) == (original.method, original.target)


async def test_a_copy_is_sent_once_even_on_a_pooled_connection(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask()
        await rig.settled(1)
        rig.modern.behaviour = closing()
        await rig.ask()
        await rig.settled(2)

        assert [seen.connection for seen in rig.modern.seen] == [1, 1]


async def test_a_shadow_that_only_fails_is_left_alone_and_found_again(tmp_path: Path) -> None:
    bounds = replace(QUICK_MIRROR, failures=3, cool_down_s=0.1)

    async with running(tmp_path, stage=Stage.SHADOW, mirror=bounds) as rig:
        rig.modern.behaviour = closing()
        for n in range(1, 6):
            await rig.ask()
            await rig.settled(n)
        tried = len(rig.modern.seen)
        rig.modern.behaviour = answering()
        await asyncio.sleep(0.12)
        for n in range(6, 9):
            await rig.ask()
            await rig.settled(n)

        assert tried == 3
        assert rig.parity.counts() == {"requests": 8, "mirrored": 8, "shed/shadow_down": 2}
        assert [exchange.modern.error for exchange in rig.parity.exchanges] == ["broken"] * 3 + [""] * 3


async def test_a_write_during_the_read_is_marked_as_a_race(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.modern.behaviour = answering(after_s=0.1)
        await rig.ask()
        await rig.ask("POST")
        await rig.settled(2)
        await rig.ask()
        await rig.settled(3)

        assert [exchange.raced for exchange in rig.parity.exchanges] == [True, False]


# The bounds, one by one


class HeldSender:
    """A shadow that answers when it is let."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.sent: list[Copy] = []
        self.at_once = 0
        self.most_at_once = 0

    async def send(self, copy: Copy, capture: Capture) -> Reply:
        """Wait for the gate, then answer."""
        self.sent.append(copy)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1
        capture.add(b"shadow")
        return Reply(200)


class ThrowingSender:
    """A sender with a fault of its own."""

    async def send(self, _copy: Copy, _capture: Capture) -> Reply:
        """Fail."""
        raise RuntimeError("a fault in the sender")


class Collected:
    """A sink that takes everything."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def put(self, exchange: Exchange) -> bool:
        """Take it."""
        self.exchanges.append(exchange)
        return True


def a_mirrored(name: str = "GET /v1/escrows", size: int = 100) -> Mirrored:
    return Mirrored(
        id="id",
        endpoint=name,
        domain="escrows",
        method="GET",
        target="/v1/escrows",
        headers=[],
        body=b"",
        client="token",
        stage="shadow",
        authoritative=Backend.LEGACY,
        answer=Observation(200),
        at=1.0,
        mark=Mark(0, 0),
        size=size,
    )


class Bench:
    """A mirror on its own, with everything that it counts in."""

    def __init__(self, sender: HeldSender | ThrowingSender, **bounds: int) -> None:
        self.sink = Collected()
        self.counters = Counters()
        self.budget = Budget(10_000)
        observe: Callable[[Sequence[tuple[str, str]]], Observed] = lambda _headers: Observed((), None)  # noqa: E731 -- the annotation is the point
        self.mirror = Mirror(
            Backend.MODERN,
            sender,
            self.sink,
            settings=replace(MirrorSettings(), **bounds),
            secret=b"",
            counters=self.counters,
            budget=self.budget,
            races=Races(),
            observe=observe,
        )

    def offer(self, n: int) -> None:
        """So many copies, as the edge would offer them."""
        for _ in range(n):
            self.counters.mirrored("GET /v1/escrows")
            assert self.budget.take(100)
            self.mirror.offer(a_mirrored())

    def counted(self) -> dict[str, int]:
        """The counts since the last time, by name and reason."""
        return {f"{count.name}/{count.reason}": count.n for count in self.counters.take()}


async def test_the_queue_is_bounded_in_items_and_the_senders_in_number() -> None:
    sender = HeldSender()
    bench = Bench(sender, queue_items=5, concurrency=2)

    bench.offer(2)
    await asyncio.sleep(0)
    bench.offer(10)
    waiting = bench.mirror.waiting
    sender.gate.set()
    await bench.mirror.drain(1)

    assert waiting == 5
    assert sender.most_at_once == 2
    assert len(bench.sink.exchanges) == 7
    assert bench.counted() == {"mirrored/": 12, "shed/shadow_queue": 5}
    assert bench.budget.held == 0


async def test_draining_sheds_what_is_not_done_in_time() -> None:
    sender = HeldSender()
    bench = Bench(sender, concurrency=2)

    bench.offer(5)
    await asyncio.sleep(0)
    await bench.mirror.drain(0.02)
    bench.offer(1)

    assert bench.sink.exchanges == []
    assert bench.counted() == {"mirrored/": 6, "shed/shadow_queue": 6}
    assert (bench.counters.in_flight, bench.budget.held) == (0, 0)


async def test_a_fault_in_the_sender_is_a_broken_shadow() -> None:
    bench = Bench(ThrowingSender())

    bench.offer(3)
    await bench.mirror.drain(1)

    assert [exchange.modern.error for exchange in bench.sink.exchanges] == ["broken"] * 3
    assert bench.budget.held == 0


async def test_a_shadow_answer_without_room_is_shed() -> None:
    sender = HeldSender()
    bench = Bench(sender)

    bench.offer(1)
    bench.budget.limit = 0
    sender.gate.set()
    await bench.mirror.drain(1)

    assert bench.counted() == {"mirrored/": 1, "shed/shadow_queue": 1}
    assert bench.budget.held == 0


def test_an_exchange_is_skipped_for_a_known_reason_only() -> None:
    with pytest.raises(ValueError, match="no reason for skipping"):
        exchange_of(a_mirrored(), Observation(), raced=False, skipped="a whim")
