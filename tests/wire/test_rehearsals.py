"""Whatever modern and clients do while a write is rehearsed: legacy gets it once or not at all, and in time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from parity.exchange import Backend, Rehearsal
from proxy.settings import MirrorSettings
from proxy.stages import Stage
from proxy.wire.outgoing import reset
from tests.proxy.rig import QUICK_MIRROR, Rig, get, running, until
from tests.proxy.wire.rehearsing import rehearsing, rehearsing_settings
from tests.support.backends import Behaviour, Seen, answering, closing, hanging, sending

SLACK_S = 5.0
"""How much later than its deadline an answer may be on a machine that does something else."""
BODY = b'{"city":"Exampleton"}'
POST = get("/v1/escrows", f"Content-Length: {len(BODY)}", method="POST", body=BODY)
LEGACYS = b'{"by":"legacy"}'


@asynccontextmanager
async def rehearsed(
    directory: Path,
    behaviour: Behaviour | None = None,
    *,
    mirror: MirrorSettings = QUICK_MIRROR,
    within_s: float = 5.0,
    dead: Backend | None = None,
) -> AsyncIterator[Rig]:
    """A worker that has every write rehearsed."""
    checks = rehearsing_settings(rehearse_within_s=within_s)
    async with running(directory, stage=Stage.SHADOW, dead=dead, mirror=mirror, write_checks=checks) as rig:
        rig.modern.behaviour = behaviour or rehearsing()
        yield rig


def of_method(method: str, seen: list[Seen]) -> list[Seen]:
    return [one for one in seen if one.method == method]


def rehearsals(rig: Rig) -> list[Rehearsal | None]:
    return [capture.rehearsal for capture in rig.parity.captures]


async def shown(rig: Rig, name: str) -> dict[tuple[str, ...], float]:
    """A metric of the worker, by the values of its labels."""
    async with rig.session.get(f"http://127.0.0.1:{rig.admin_port}/metrics") as page:
        text = await page.text()
    return {
        tuple(sample.labels[label] for label in sorted(sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"crossfade_proxy_{name}"
    }


MISBEHAVIOURS = {
    "hanging": (hanging(), "timeout"),
    "slow": (answering(after_s=60.0), "timeout"),
    "closing": (closing(), "broken"),
    "garbage": (sending(b"\x00\xffnonsense\r\n\r\n"), "broken"),
    "half a head": (sending(b"HTTP/1.1 201 Created\r\nX-Write-"), "broken"),
    "half a body": (
        sending(b"HTTP/1.1 201 Created\r\nX-Write-Set: []\r\nContent-Length: 9\r\n\r\nhalf"),
        "broken",
    ),
    "a body without an end": (
        sending(b"HTTP/1.1 201 Created\r\nX-Write-Set: []\r\n\r\n", pause_s=60.0),
        "timeout",
    ),
    "huge": (answering(b"x" * 100_000, headers=(("X-Write-Set", "[]"),)), "body_too_large"),
    "another protocol": (
        sending(b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", stays_open=True),
        "broken",
    ),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
async def test_a_modern_that_misbehaves_costs_the_deadline_at_most_and_nothing_else(
    name: str, tmp_path: Path
) -> None:
    behaviour, error = MISBEHAVIOURS[name]
    mirror = replace(QUICK_MIRROR, capture_bytes=50_000)
    within_s = 0.2 if error == "timeout" else 5.0
    async with rehearsed(tmp_path, rehearsing(behaviour), mirror=mirror, within_s=within_s) as rig:
        began = time.perf_counter()
        answer = await rig.raw(POST)
        took_s = time.perf_counter() - began
        copies = len(of_method("POST", rig.modern.seen))
        held = await shown(rig, "held_bytes")
        rig.modern.behaviour = answering()
        await rig.settled(1)

        assert answer.endswith(LEGACYS)
        assert took_s < within_s + SLACK_S
        assert [seen.body for seen in of_method("POST", rig.legacy.seen)] == [BODY]
        assert copies == 1
        assert [one.error for one in rehearsals(rig) if one] == [error]
        assert await shown(rig, "rehearsals_total") == {("POST /v1/escrows", error): 1}
        assert held["captures",] == 0


async def test_what_comes_too_late_is_broken_off(tmp_path: Path) -> None:
    async with rehearsed(tmp_path, rehearsing(hanging()), within_s=0.1) as rig:
        await rig.raw(POST)
        rig.parity.shadow = None

        await until(lambda: rig.modern.open_connections == 0)


async def test_a_modern_that_is_not_there_costs_nothing_once_that_is_known(tmp_path: Path) -> None:
    mirror = replace(QUICK_MIRROR, failures=2, cool_down_s=600.0)
    async with rehearsed(tmp_path, dead=Backend.MODERN, mirror=mirror) as rig:
        for _ in range(4):
            assert (await rig.raw(POST)).endswith(LEGACYS)
        await rig.settled(4)

        assert [(one.error, one.shed) for one in rehearsals(rig) if one] == [
            ("refused", ""),
            ("refused", ""),
            ("", "rehearsal_down"),
            ("", "rehearsal_down"),
        ]
        assert await shown(rig, "rehearsal_seconds_count") == {("POST /v1/escrows",): 2}
        assert len(of_method("POST", rig.legacy.seen)) == 4


@pytest.mark.parametrize("status", ["201 Created", "303 See Other", "500 Oops"])
async def test_an_answer_without_a_write_set_ends_all_rehearsals(status: str, tmp_path: Path) -> None:
    async with rehearsed(tmp_path, rehearsing(answering(status=status))) as rig:
        await rig.raw(POST)
        rig.modern.behaviour = rehearsing()
        await rig.ask("PUT", "/v1/escrows/1", data=BODY)
        await rig.settled(2)

        assert await shown(rig, "rehearsals_stopped") == {(): 1}
        writes = [seen.method for seen in rig.modern.seen if seen.method in {"POST", "PUT"}]
        assert writes == ["POST"]
        assert [one.shed for one in rehearsals(rig) if one] == ["", "rehearsal_unproven"]
        assert [len(of_method(method, rig.legacy.seen)) for method in ("POST", "PUT")] == [1, 1]


async def test_a_head_without_a_write_set_is_enough_for_that(tmp_path: Path) -> None:
    behaviour = sending(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nhalf")
    async with rehearsed(tmp_path, rehearsing(behaviour)) as rig:
        await rig.raw(POST)

        assert await shown(rig, "rehearsals_stopped") == {(): 1}


async def test_what_modern_refuses_it_has_not_written(tmp_path: Path) -> None:
    async with rehearsed(tmp_path, rehearsing(answering(b"{}", status="400 Bad Request"))) as rig:
        for _ in range(2):
            await rig.raw(POST)
        await rig.settled(2)

        assert [one.status for one in rehearsals(rig) if one] == [400, 400]
        assert await shown(rig, "rehearsals_stopped") == {(): 0}


async def test_a_modern_that_does_not_know_rehearsals_never_gets_a_write(tmp_path: Path) -> None:
    async with rehearsed(tmp_path, answering(b'{"by":"modern"}')) as rig:
        for _ in range(3):
            await rig.raw(POST)
        await rig.settled(3)

        asked = [(seen.method, seen.target, seen.body) for seen in rig.modern.seen if seen.method != "GET"]
        assert asked == [("OPTIONS", "/v1/escrows", b"")]
        assert {one.shed for one in rehearsals(rig) if one} == {"rehearsal_unproven"}
        assert len(of_method("POST", rig.legacy.seen)) == 3


async def leave(rig: Rig, request: bytes, under_way: str) -> None:
    """A client that sends this, and is gone when modern got so far, or without that when the proxy has begun."""
    _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(request)
    if under_way:
        await until(lambda: any(begun.startswith(under_way) for begun in rig.modern.begun))
    else:
        await writer.drain()
        async with asyncio.timeout(10):
            while await shown(rig, "requests_in_flight") != {(): 1}:
                pass
    reset(writer.transport)
    await rig.settled(1)


@pytest.mark.parametrize(
    ("behaviour", "under_way"), [(hanging(), "OPTIONS"), (rehearsing(hanging()), "POST")]
)
async def test_of_a_write_whose_client_left_meanwhile_legacy_gets_nothing(
    behaviour: Behaviour, under_way: str, tmp_path: Path
) -> None:
    async with rehearsed(tmp_path, behaviour) as rig:
        await leave(rig, POST, under_way)
        await until(lambda: rig.modern.open_connections == 0)

        assert (rig.legacy.begun, rig.parity.captures) == ([], [])
        assert rig.parity.counts() == {"requests": 1, "not_mirrored/unanswered": 1}
        assert await shown(rig, "rehearsals_total") == {("POST /v1/escrows", "abandoned"): 1}
        assert (await shown(rig, "held_bytes"))["captures",] == 0


async def test_of_half_a_write_nobody_gets_anything(tmp_path: Path) -> None:
    async with rehearsed(tmp_path) as rig:
        await leave(rig, POST[:-5], "")

        assert (rig.legacy.begun, rig.modern.begun) == ([], [])
        assert await shown(rig, "rehearsals_total") == {("POST /v1/escrows", "abandoned"): 1}
        assert (await shown(rig, "held_bytes"))["captures",] == 0
