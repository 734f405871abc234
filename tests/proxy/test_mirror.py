"""Copies: signed, sent once, as many as the limit allows; every bound sheds, and every capture has one result."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from parity.completing import Shed
from parity.exchange import Backend
from proxy.captures import Budget, KeptBody
from proxy.mirror import Answered, Copy, Mirror, Reply, ShadowSender
from proxy.settings import AdaptiveSettings, MirrorSettings
from proxy.shadow_client import ShadowClient
from proxy.signature import sign
from tests.proxy.rig import QUICK_MIRROR, SECRET, STEADY, until
from tests.proxy.test_breaker import Clock
from tests.proxy.test_outbox import a_capture
from tests.support.backends import FakeBackend, answering, closing, hanging


class HeldSender:
    """A shadow that answers when it is let."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.sent: list[Copy] = []
        self.at_once = 0
        self.most_at_once = 0

    async def send(self, copy: Copy, capture: KeptBody) -> Reply:
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

    async def close(self) -> None:
        """Nothing to close."""


class ThrowingSender:
    """A sender with a fault of its own."""

    async def send(self, _copy: Copy, _capture: KeptBody) -> Reply:
        """Fail."""
        raise RuntimeError("a fault in the sender")

    async def close(self) -> None:
        """Nothing to close."""


class TakingSender(HeldSender):
    """As its parent; and each copy takes so many seconds of a clock."""

    def __init__(self, clock: Clock, taken_s: float) -> None:
        super().__init__()
        self.clock = clock
        self.taken_s = taken_s
        self.gate.set()

    async def send(self, copy: Copy, capture: KeptBody) -> Reply:
        """Set the clock forward when it is let."""
        reply = await super().send(copy, capture)
        self.clock.now += self.taken_s
        return reply


class Bench:
    """A mirror on its own."""

    def __init__(
        self,
        sender: ShadowSender,
        settings: MirrorSettings = QUICK_MIRROR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget = Budget(10_000)
        self.mirror = Mirror(
            Backend.MODERN, sender, settings=settings, secret=SECRET.encode(), budget=self.budget, clock=clock
        )

    def ask(self, n: int) -> list[asyncio.Task[Answered | Shed]]:
        """So many captures at once."""
        return [asyncio.create_task(self.mirror.ask(a_capture(number=number))) for number in range(n)]


async def told(asking: list[asyncio.Task[Answered | Shed]]) -> list[str]:
    """What became of each: `answered`, the shadow's error, or why it was shed."""
    results = await asyncio.gather(*asking)
    return [one.reason if isinstance(one, Shed) else one.reply.error or "answered" for one in results]


async def test_the_copy_is_the_captured_request_signed_and_stamped() -> None:
    async with FakeBackend() as modern:
        client = ShadowClient(modern.url, QUICK_MIRROR, 4.0)
        bench = Bench(client)
        head = b"Host: h\r\nx-A: 1\r\nExpect: 100-continue\r\nx-A: \xc3\xbc\r\nContent-Length: 2\r\n"
        target = "/v1/escrows/1?a=%2F"
        await bench.mirror.ask(
            a_capture(head=head, body=b"{}", target=target, writes="epoch=1 *=0", method="OPTIONS")
        )
        await bench.mirror.close()

        (copy,) = modern.seen
        signature = copy.header("X-Crossfade-Signature") or ""
        signed_at = int(signature.removeprefix("t=").partition(",")[0])
        assert (copy.method, copy.target, copy.body) == ("OPTIONS", target, b"{}")
        assert copy.headers == [
            ("Host", "h"),
            ("x-A", "1"),
            ("x-A", "ü".encode().decode("latin-1")),
            ("Content-Length", "2"),
            ("X-Crossfade-Writes", "epoch=1 *=0"),
            ("X-Crossfade-Shadow", "read"),
            ("X-Crossfade-Signature", signature),
        ]
        assert signature == sign(SECRET.encode(), "OPTIONS", target, b"{}", signed_at)
        assert abs(time.time() - signed_at) < 5


async def test_legacy_is_told_no_writes() -> None:
    sender = HeldSender()
    sender.gate.set()
    mirror = Mirror(Backend.LEGACY, sender, settings=QUICK_MIRROR, secret=b"", budget=Budget(10_000))

    await mirror.ask(a_capture(writes="epoch=1 *=0"))

    lines = sender.sent[0].wire.split(b"\r\n")
    assert lines[1:] == [b"Host: crm.example.test", b"X-Crossfade-Shadow: read", b"", b""]


async def test_a_copy_is_sent_once_even_on_a_pooled_connection() -> None:
    async with FakeBackend() as modern:
        client = ShadowClient(modern.url, QUICK_MIRROR, 4.0)
        bench = Bench(client)
        await bench.mirror.ask(a_capture())
        modern.behaviour = closing()
        second = await bench.mirror.ask(a_capture())
        await client.close()

        assert [seen.connection for seen in modern.seen] == [1, 1]
        assert isinstance(second, Answered)
        assert second.reply.error == "broken"


# The bounds, one by one


async def test_copies_are_bounded_in_number_and_so_are_those_that_wait() -> None:
    sender = HeldSender()
    bench = Bench(sender, replace(QUICK_MIRROR, queue_items=5, concurrency=2))

    asking = bench.ask(10)
    await asyncio.sleep(0)
    waiting = bench.mirror.waiting
    sender.gate.set()

    assert sorted(await told(asking)) == ["answered"] * 7 + ["shadow_queue"] * 3
    assert (waiting, sender.most_at_once, bench.mirror.waiting) == (5, 2, 0)


async def test_a_copy_whose_turn_does_not_come_is_shed() -> None:
    sender = HeldSender()
    bench = Bench(sender, replace(QUICK_MIRROR, timeout_s=5, wait_s=0.02, concurrency=1))

    asking = bench.ask(3)
    await until(lambda: asking[1].done() and asking[2].done())
    sender.gate.set()

    assert await told(asking) == ["answered", "shadow_queue", "shadow_queue"]
    assert bench.mirror.waiting == 0


async def test_no_more_wait_than_can_have_their_turn_in_time() -> None:
    clock = Clock()
    sender = TakingSender(clock, 0.2)
    bench = Bench(sender, replace(QUICK_MIRROR, concurrency=2, wait_s=0.5), clock)
    unknown = bench.mirror.most_waiting
    await told(bench.ask(1))
    sender.gate.clear()

    asking = bench.ask(10)
    await asyncio.sleep(0)
    waiting, refused = bench.mirror.waiting, [one.result() for one in asking if one.done()]
    sender.gate.set()

    assert (unknown, waiting) == (QUICK_MIRROR.queue_items, 5)  # ten a second, and half a second
    assert refused == [Shed("shadow_queue")] * 3
    assert sorted(await told(asking)) == ["answered"] * 7 + ["shadow_queue"] * 3


async def test_a_shadow_that_becomes_quick_has_room_for_more_again() -> None:
    clock = Clock()
    sender = TakingSender(clock, 1.0)
    bench = Bench(sender, replace(QUICK_MIRROR, concurrency=1, wait_s=0.5), clock)
    await told(bench.ask(1))
    before = bench.mirror.most_waiting
    sender.taken_s = 0.001
    for _ in range(100):
        await told(bench.ask(1))

    assert (before, bench.mirror.most_waiting > 50) == (1, True)


async def test_whether_one_more_would_wait_in_vain_is_known_before_it_is_asked() -> None:
    clock = Clock()
    sender = TakingSender(clock, 0.25)
    bench = Bench(sender, replace(QUICK_MIRROR, concurrency=1, wait_s=0.5), clock)
    await told(bench.ask(1))
    sender.gate.clear()
    nobody_waits = bench.mirror.in_vain(ahead=100)
    asking = bench.ask(2)
    await asyncio.sleep(0)
    one_waits = [bench.mirror.in_vain(ahead) for ahead in (0, 1)]
    sender.gate.set()
    await told(asking)

    assert (nobody_waits, one_waits) == (None, [None, Shed("shadow_queue")])


async def test_with_a_reduced_limit_that_is_the_reason() -> None:
    adaptive = AdaptiveSettings(failed_factor=0.25)
    sender = HeldSender()
    bench = Bench(sender, replace(QUICK_MIRROR, concurrency=4, wait_s=0.02, adaptive=adaptive))
    failed = await told(bench.ask(4))
    limit = bench.mirror.limit

    asking = bench.ask(2)
    await until(asking[1].done)
    sender.gate.set()

    assert (failed, limit) == (["timeout"] * 4, 1)
    assert await told(asking) == ["answered", "shadow_limit"]


async def test_a_hanging_shadow_takes_no_longer_than_its_bounds() -> None:
    async with FakeBackend(hanging()) as modern:
        client = ShadowClient(modern.url, QUICK_MIRROR, 4.0)
        bench = Bench(client, replace(QUICK_MIRROR, concurrency=4, wait_s=0.1))
        started = time.monotonic()
        found = await told(bench.ask(64))
        taken_s = time.monotonic() - started
        await client.close()

        assert sorted(found) == ["shadow_queue"] * 60 + ["timeout"] * 4
        assert taken_s < 2 * QUICK_MIRROR.timeout_s


async def test_a_shadow_that_only_fails_is_left_alone_and_found_again() -> None:
    async with FakeBackend(closing()) as modern:
        client = ShadowClient(modern.url, QUICK_MIRROR, 4.0)
        bench = Bench(client, replace(QUICK_MIRROR, failures=3, cool_down_s=0.1))
        down = [(await told(bench.ask(1)))[0] for _ in range(5)]
        modern.behaviour = answering()
        await asyncio.sleep(0.12)
        up = [(await told(bench.ask(1)))[0] for _ in range(3)]
        await client.close()

        assert down == ["broken"] * 3 + ["shadow_down"] * 2
        assert up == ["answered"] * 3
        assert len(modern.seen) == 6


async def test_nobody_waits_for_a_shadow_that_went_down() -> None:
    async with FakeBackend(closing()) as modern:
        client = ShadowClient(modern.url, QUICK_MIRROR, 4.0)
        bench = Bench(client, replace(QUICK_MIRROR, failures=2, concurrency=2, wait_s=5, cool_down_s=60))
        started = time.monotonic()
        found = await told(bench.ask(20))
        await client.close()

        assert found.count("shadow_down") >= 16
        assert found.count("broken") + found.count("shadow_down") == 20
        assert time.monotonic() - started < 1


async def test_a_fault_in_the_sender_is_a_broken_shadow() -> None:
    bench = Bench(ThrowingSender())

    assert await told(bench.ask(3)) == ["broken"] * 3
    assert bench.budget.held == 0


async def test_an_answer_without_room_is_shed() -> None:
    sender = HeldSender()
    sender.gate.set()
    bench = Bench(sender)
    bench.budget.limit = 0

    assert await told(bench.ask(1)) == ["shadow_queue"]
    assert bench.budget.held == 0


async def test_giving_up_leaves_nothing_behind() -> None:
    sender = HeldSender()
    bench = Bench(sender, replace(QUICK_MIRROR, concurrency=1, timeout_s=5, wait_s=5))
    asking = bench.ask(4)
    await asyncio.sleep(0)
    sender.gate.set()
    for task in (asking[0], asking[2]):
        task.cancel()
    results = await asyncio.gather(*asking, return_exceptions=True)

    assert [isinstance(one, Answered) for one in results] == [False, True, False, True]
    assert (bench.mirror.waiting, sender.at_once) == (0, 0)
    assert await told(bench.ask(1)) == ["answered"]


async def test_a_shadow_that_slows_down_gets_fewer_copies_and_more_again_when_it_is_quick() -> None:
    async with FakeBackend(answering()) as modern:
        adaptive = AdaptiveSettings(slack_s=0.03, recover_s=0.02)
        settings = replace(QUICK_MIRROR, timeout_s=2, wait_s=0.01, concurrency=8, adaptive=adaptive)
        client = ShadowClient(modern.url, settings, 4.0)
        bench = Bench(client, settings)
        for _ in range(10):  # one at least is as quick as the shadow is, whatever else the machine does
            await told(bench.ask(1))
        before = bench.mirror.limit

        modern.behaviour = answering(after_s=0.3)
        slow = [one for _ in range(5) for one in await told(bench.ask(8))]
        during = bench.mirror.limit
        modern.behaviour = answering()
        deadline = time.monotonic() + 5
        while bench.mirror.limit < before and time.monotonic() < deadline:
            await told(bench.ask(1))
        after = bench.mirror.limit
        await client.close()

        assert during < before / 2
        assert slow.count("shadow_limit") > 0
        assert after == before


async def test_a_shadow_that_waits_for_its_database_gets_fewer_copies() -> None:
    async with FakeBackend(answering(headers=(("Server-Timing", "db;dur=2, pool;dur=80"),))) as modern:
        client = ShadowClient(modern.url, QUICK_MIRROR, 4.0)
        bench = Bench(client, replace(QUICK_MIRROR, adaptive=AdaptiveSettings()))
        for _ in range(3):
            await told(bench.ask(1))
        await client.close()

        assert bench.mirror.limit < 32 / 2


def test_a_steady_limit_is_what_the_other_tests_stand_on() -> None:
    assert (STEADY.failed_factor, STEADY.strained_factor) == (1.0, 1.0)
