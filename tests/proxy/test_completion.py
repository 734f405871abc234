"""Whatever the shadow does, the client notices nothing and every capture becomes one exchange, or is shed."""

import asyncio
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from parity.completing import SecondAsking, Shadow, Shed
from parity.exchange import Backend, Exchange, Observation
from proxy.canary import token
from proxy.completion import MAX_SPREAD_S, Completion, busy_at_mark
from proxy.settings import ProxySettings
from proxy.stages import Stage
from tests.proxy.rig import ENDPOINTS, QUICK_FORWARD, QUICK_MIRROR, Rig, completing, running, until
from tests.proxy.test_outbox import a_capture
from tests.support.backends import Behaviour, FakeBackend, Seen, answering, closing, hanging, sending

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
ANSWER_HEAD = b"Content-Type: a/b\r\nX-Served-By: legacy\r\nX-Flag-Version: 3\r\nX-Query-Count: 7\r\n"
WRITTEN = Observation(200, (("content-type", "a/b"),), b"{}", 0.01, 7)


def settings_for(tmp_path: Path, modern: FakeBackend) -> ProxySettings:
    return ProxySettings(
        legacy_url="http://127.0.0.1:9",
        modern_url=modern.url,
        store_url="sqlite://",
        state_dir=tmp_path,
        endpoints=ENDPOINTS,
        token_key=b"a token key of some length",
        forward=QUICK_FORWARD,
        mirror=QUICK_MIRROR,
    )


def patient_settings(tmp_path: Path, legacy: FakeBackend, modern: FakeBackend) -> ProxySettings:
    """For backends of which none is late."""
    mirror = replace(QUICK_MIRROR, timeout_s=30.0)
    return replace(settings_for(tmp_path, modern), legacy_url=legacy.url, mirror=mirror)


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
async def test_what_the_shadow_did_is_told(tmp_path: Path, fault: str, error: str, skipped: str) -> None:
    mirror = replace(QUICK_MIRROR, timeout_s=1.0 if error == "timeout" else 30.0)  # the others are not late
    async with running(tmp_path, stage=Stage.SHADOW, mirror=mirror) as rig:
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


async def test_the_copy_is_what_the_authoritative_backend_got(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask(target="/v1/escrows/1?a=%2F", headers={"Authorization": "Bearer x", "Accept": "a/b"})
        await rig.settled(1)

        (original,), (copy,) = rig.legacy.seen, rig.modern.seen
        own = {"X-Crossfade-Shadow", "X-Crossfade-Signature", "X-Crossfade-Writes"}
        assert [header for header in copy.headers if header[0] not in own] == original.headers
        assert (copy.method, copy.target) == (original.method, original.target)


async def test_each_answer_is_observed_as_its_backend_gave_it(tmp_path: Path) -> None:
    answer = answering(
        b"{}", headers=(("Content-Type", "a/b"), ("X-Query-Count", "4"), ("Server-Timing", "x"))
    )
    async with FakeBackend(answer) as modern:
        completion = completing(settings_for(tmp_path, modern))
        (found,) = await completion.complete([a_capture(answer_head=ANSWER_HEAD, address="192.0.2.5")])
        held = completion.held_bytes
        completion.release([found])
        await completion.close()

    assert isinstance(found, Exchange)
    assert found.legacy == WRITTEN
    assert msgspec.structs.replace(found.modern, duration_s=0.0) == Observation(
        200, (("content-type", "a/b"), ("content-length", "2")), b"{}", 0.0, 4
    )
    assert found.client == token("address:192.0.2.5", b"a token key of some length")
    assert (held, completion.held_bytes) == (2, 0)


async def test_results_are_in_the_order_of_the_captures(tmp_path: Path) -> None:
    async def by_target(seen: object, writer: asyncio.StreamWriter) -> bool:
        target = getattr(seen, "target", "")
        return await answering(target.encode(), after_s=0.05 if target == "/0" else 0)(seen, writer)  # type: ignore[arg-type]  # what it got

    async with FakeBackend(by_target) as modern:
        completion = completing(settings_for(tmp_path, modern))
        found = await completion.complete([a_capture(target=f"/{number}") for number in range(5)])
        await completion.close()

    assert [one.modern.body for one in found if isinstance(one, Exchange)] == [
        b"/%d" % number for number in range(5)
    ]


TRIES = 5  # a busy machine moves single copies; one pair of several that it left alone is enough


@pytest.mark.parametrize(
    ("apart_s", "least_s", "most_s"), [(0.06, 0.05, 0.1), (60.0, MAX_SPREAD_S - 0.01, 1.0)]
)
async def test_copies_are_sent_as_far_apart_as_their_requests_came_within_a_bound(
    tmp_path: Path, apart_s: float, least_s: float, most_s: float
) -> None:
    asked: list[float] = []

    async def noting(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        asked.append(time.perf_counter())
        return await answering(b"{}")(seen, writer)

    async with FakeBackend(noting) as modern:
        completion = completing(settings_for(tmp_path, modern))
        for _ in range(TRIES):
            await completion.complete([a_capture(at=5.0 + apart_s), a_capture(at=5.0)])
        await completion.close()

    gaps = [second - first for first, second in zip(asked[::2], asked[1::2], strict=True)]
    assert [gap for gap in gaps if least_s <= gap <= most_s]


async def test_for_a_shadow_that_is_down_nothing_waits_and_what_needs_no_copy_is_completed_all_the_same(
    tmp_path: Path,
) -> None:
    first, skipped, last = a_capture(at=5.0), a_capture(at=5.0, skipped="body_too_large"), a_capture(at=65.0)
    taken_s = []
    async with FakeBackend(closing()) as modern:
        settings = settings_for(tmp_path, modern)
        completion = completing(replace(settings, mirror=replace(QUICK_MIRROR, failures=3, cool_down_s=60.0)))
        await completion.complete([first] * 3)
        for _ in range(TRIES):
            began_s = time.perf_counter()
            found = await completion.complete([first, skipped, last])
            taken_s.append(time.perf_counter() - began_s)
            assert found[::2] == [Shed("shadow_down")] * 2
            assert isinstance(found[1], Exchange)
        await completion.close()

        assert len(modern.seen) == 3
    assert min(taken_s) < MAX_SPREAD_S / 2


async def test_for_what_would_wait_in_vain_nothing_waits(tmp_path: Path) -> None:
    async with FakeBackend(answering(after_s=0.5)) as modern:
        settings = settings_for(tmp_path, modern)
        completion = completing(replace(settings, mirror=replace(QUICK_MIRROR, concurrency=1, wait_s=0.4)))
        await completion.complete([a_capture()])
        asking = asyncio.create_task(completion.complete([a_capture()] * 2))
        await until(lambda: completion.mirrors[Backend.MODERN].waiting == 1)
        async with asyncio.timeout(MAX_SPREAD_S):
            found = await completion.complete([a_capture(at=5.0), a_capture(at=65.0)])
        await asking
        await completion.close()

    assert found == [Shed("shadow_queue")] * 2


async def test_what_cannot_be_compared_spares_the_shadow(tmp_path: Path) -> None:
    failed = Observation(error="refused", duration_s=0.1)
    async with FakeBackend() as modern:
        completion = completing(settings_for(tmp_path, modern))
        skipped, fell_back = await completion.complete(
            [
                a_capture(skipped="body_too_large", answer_head=ANSWER_HEAD),
                a_capture(shadow=failed, answer_head=ANSWER_HEAD, mark=(1, 1)),
            ]
        )
        await completion.close()

        assert modern.seen == []
    assert isinstance(skipped, Exchange)
    assert isinstance(fell_back, Exchange)
    assert (skipped.skipped, skipped.legacy, skipped.modern) == ("body_too_large", WRITTEN, Observation())
    assert (fell_back.modern, fell_back.legacy, fell_back.raced) == (failed, WRITTEN, True)


async def test_a_write_that_overlapped_is_a_race_asked_after_the_answer(tmp_path: Path) -> None:
    asked: list[tuple[str, tuple[int, int], int]] = []
    async with FakeBackend() as modern:

        def overlapped(domain: str, mark: tuple[int, int]) -> bool:
            asked.append((domain, mark, len(modern.seen)))
            return True

        completion = completing(settings_for(tmp_path, modern), overlapped=overlapped)
        (found,) = await completion.complete([a_capture(mark=(0, 4))])
        await completion.close()

    assert isinstance(found, Exchange)
    assert found.raced
    assert asked == [("escrows", (0, 4), 1)]


def test_without_counts_only_writes_at_the_mark_are_known() -> None:
    assert busy_at_mark("escrows", (1, 5))
    assert not busy_at_mark("escrows", (0, 5))


async def test_a_write_in_flight_when_the_read_begins_is_a_race(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.legacy.behaviour = hanging()
        writing = asyncio.create_task(rig.ask("POST"))
        await until(lambda: len(rig.legacy.seen) == 1)
        rig.legacy.behaviour = answering()
        await rig.ask()
        await writing
        await rig.ask()
        await rig.settled(3)

        assert [exchange.raced for exchange in rig.parity.exchanges] == [True, False]


async def test_a_fault_with_one_capture_costs_no_other(tmp_path: Path) -> None:
    def overlapped(domain: str, _mark: tuple[int, int]) -> bool:
        if domain == "clients":
            raise KeyError("Nettle Brindlefox")
        return False

    async with FakeBackend() as modern:
        completion = completing(settings_for(tmp_path, modern), overlapped=overlapped)
        with capture_logs() as logs:
            bad, good = await completion.complete([a_capture(domain="clients"), a_capture()])
        completion.release([bad, good])
        await completion.close()

    assert isinstance(bad, Exchange)
    assert isinstance(good, Exchange)
    assert (bad.skipped, good.skipped, completion.held_bytes) == ("completing_failed", "", 0)
    assert "Brindlefox" not in str(logs)


async def test_answers_without_room_are_shed(tmp_path: Path) -> None:
    async with FakeBackend(answering(b"x" * 600)) as modern:
        settings = settings_for(tmp_path, modern)
        completion = completing(replace(settings, mirror=replace(QUICK_MIRROR, held_bytes=1_000)))
        found = await completion.complete([a_capture(), a_capture()])
        shed = [one for one in found if isinstance(one, Shed)]
        completion.release(found)
        again = await completion.complete([a_capture()])
        await completion.close()

    assert shed == [Shed("shadow_queue")]
    assert isinstance(again[0], Exchange)


def test_it_is_a_shadow_to_the_parity_worker_and_asks_again() -> None:
    wanted = {name for seam in (Shadow, SecondAsking) for name in vars(seam) if not name.startswith("_")}

    assert wanted <= set(dir(Completion))


async def test_both_backends_are_asked_again_at_once(tmp_path: Path) -> None:
    both_asked = asyncio.Barrier(2)

    async def together(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await both_asked.wait()
        return await answering(b'{"again":true}')(seen, writer)

    async with FakeBackend(together) as legacy, FakeBackend(together) as modern:
        completion = completing(patient_settings(tmp_path, legacy, modern))
        again = await completion.ask_again(a_capture(writes="epoch=1 *=0"))
        held = completion.held_bytes
        completion.release_again(again)
        await completion.close()

    assert isinstance(again.legacy, Observation)
    assert isinstance(again.modern, Observation)
    assert again.legacy.body == again.modern.body == b'{"again":true}'
    assert (held, completion.held_bytes, again.raced) == (28, 0, False)
    assert [one.seen[0].header("X-Crossfade-Writes") for one in (legacy, modern)] == [None, "epoch=1 *=0"]


async def test_asking_again_that_is_given_up_holds_nothing(tmp_path: Path) -> None:
    async with FakeBackend(answering(b"{}")) as legacy, FakeBackend(hanging()) as modern:
        completion = completing(patient_settings(tmp_path, legacy, modern))
        asking = asyncio.create_task(completion.ask_again(a_capture()))
        await until(lambda: completion.held_bytes == 2)
        asking.cancel()
        await asyncio.wait({asking})
        await completion.close()

    assert asking.cancelled()
    assert completion.held_bytes == 0


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, ""),
        ({"method": "POST"}, "not_a_read"),
        ({"method": "DELETE", "endpoint": "DELETE /v1/escrows/{id}"}, "not_a_read"),
        ({"endpoint": "GET /v1/auth/verify"}, "never"),
        ({"endpoint": "GET /unknown"}, "never"),
    ],
)
async def test_only_mirrorable_reads_may_be_asked_again(
    tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    async with FakeBackend() as modern:
        completion = completing(settings_for(tmp_path, modern))
        await completion.close()

    assert completion.forbids(a_capture(**changes)) == word


async def test_how_the_ways_to_the_shadows_stand_is_told(tmp_path: Path) -> None:
    async with FakeBackend(answering()) as modern:
        completion = completing(settings_for(tmp_path, modern))

        levels = completion.levels()
        await completion.close()

    assert levels["shadow_limit/modern"] == settings_for(tmp_path, modern).mirror.concurrency
    assert {levels[name] for name in levels if not name.startswith("shadow_limit")} == {0}
