"""Whatever modern and clients do while a write is rehearsed: legacy gets it once or not at all, and in time."""

import time
from dataclasses import replace

import pytest

from parity.exchange import Backend
from proxy.settings import MirrorSettings
from proxy.wire.outgoing import reset
from tests.proxy.rig import QUICK_MIRROR, get, until
from tests.proxy.wire.rehearsing import (
    copies,
    figures_of,
    held_back,
    rehearsal_of,
    rehearsed,
    rehearsing,
    results,
)
from tests.proxy.wire.rig import Rig
from tests.support.backends import Behaviour, answering, closing, hanging, sending

SLACK_S = 5.0
"""How much later than its deadline an answer may be on a machine that does something else."""
BODY = b'{"city":"Exampleton"}'
TO_POST = f"Content-Length: {len(BODY)}"
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
async def test_a_modern_that_misbehaves_costs_the_deadline_at_most_and_nothing_else(name: str) -> None:
    behaviour, error = MISBEHAVIOURS[name]
    mirror = replace(QUICK_MIRROR, capture_bytes=50_000)
    within_s = 0.2 if error == "timeout" else 5.0
    async with rehearsed(
        behaviour=rehearsing(behaviour), mirror=mirror, checks={"rehearse_within_s": within_s}
    ) as rig:
        began = time.perf_counter()
        answer = await rig.ask("POST", body=BODY)
        took_s = time.perf_counter() - began

        assert (answer.status, answer.body) == (200, b'{"by":"legacy"}')
        assert took_s < within_s + SLACK_S
        assert [seen.body for seen in rig.legacy.seen] == [BODY]
        assert len(copies(rig)) == 1
        (capture,) = rig.edge.captures
        assert rehearsal_of(capture).error == error
        assert results(figures_of(rig)) == {error: 1}
        assert (rig.edge.budget.held, rig.edge.begun, rig.edge.over) == (0, 1, 1)


async def test_what_comes_too_late_is_broken_off() -> None:
    async with rehearsed(behaviour=rehearsing(hanging()), checks={"rehearse_within_s": 0.1}) as rig:
        await rig.ask("POST", body=BODY)

        await until(lambda: rig.modern.open_connections == 0)


async def test_a_modern_that_is_not_there_costs_nothing_once_that_is_known() -> None:
    mirror = MirrorSettings(failures=2, cool_down_s=600.0)
    async with rehearsed(dead=Backend.MODERN, mirror=mirror) as rig:
        for _ in range(4):
            assert (await rig.ask("POST", body=BODY)).status == 200

        found = [rehearsal_of(capture) for capture in rig.edge.captures]
        assert [(one.error, one.shed) for one in found] == [
            ("refused", ""),
            ("refused", ""),
            ("", "rehearsal_down"),
            ("", "rehearsal_down"),
        ]
        assert held_back(figures_of(rig))[0] == 2
        assert len(rig.legacy.seen) == 4


@pytest.mark.parametrize("status", ["201 Created", "303 See Other", "500 Oops"])
async def test_an_answer_without_a_write_set_ends_all_rehearsals(status: str) -> None:
    async with rehearsed(behaviour=rehearsing(answering(status=status))) as rig:
        await rig.ask("POST", body=BODY)
        rig.modern.behaviour = rehearsing()
        await rig.ask("PUT", "/v1/escrows/1", body=BODY)

        assert figures_of(rig).is_stopped
        assert len(copies(rig)) == 1
        assert [rehearsal_of(capture).shed for capture in rig.edge.captures] == ["", "rehearsal_unproven"]
        assert [seen.method for seen in rig.legacy.seen] == ["POST", "PUT"]


async def test_a_head_without_a_write_set_is_enough_for_that() -> None:
    behaviour = sending(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nhalf")
    async with rehearsed(behaviour=rehearsing(behaviour)) as rig:
        await rig.ask("POST", body=BODY)

        assert figures_of(rig).is_stopped


async def test_what_modern_refuses_it_has_not_written() -> None:
    async with rehearsed(behaviour=rehearsing(answering(b"{}", status="400 Bad Request"))) as rig:
        for _ in range(2):
            await rig.ask("POST", body=BODY)

        assert [rehearsal_of(capture).status for capture in rig.edge.captures] == [400, 400]
        assert not figures_of(rig).is_stopped


async def test_a_modern_that_does_not_know_rehearsals_never_gets_a_write() -> None:
    async with rehearsed(behaviour=answering(b'{"by":"modern"}')) as rig:
        for _ in range(3):
            await rig.ask("POST", body=BODY)

        assert [(seen.method, seen.target, seen.body) for seen in rig.modern.seen] == [
            ("OPTIONS", "/v1/escrows", b"")
        ]
        assert {rehearsal_of(capture).shed for capture in rig.edge.captures} == {"rehearsal_unproven"}
        assert len(rig.legacy.seen) == 3


async def leave(rig: Rig, request: bytes, is_under_way: str) -> None:
    """A client that sends this, and is gone when modern got so far."""
    _, writer = await rig.connect()
    writer.write(request)
    await until(
        lambda: (
            any(begun.startswith(is_under_way) for begun in rig.modern.begun)
            if is_under_way
            else rig.plane.requests_in_flight == 1
        )
    )
    reset(writer.transport)
    await until(lambda: rig.plane.load.clients == 0)
    await rig.settled()


@pytest.mark.parametrize(
    ("behaviour", "under_way"), [(hanging(), "OPTIONS"), (rehearsing(hanging()), "POST")]
)
async def test_of_a_write_whose_client_left_meanwhile_legacy_gets_nothing(
    behaviour: Behaviour, under_way: str
) -> None:
    async with rehearsed(behaviour=behaviour) as rig:
        await leave(rig, get("/v1/escrows", TO_POST, method="POST", body=BODY), under_way)
        await until(lambda: rig.modern.open_connections == 0)

        assert (rig.legacy.begun, rig.edge.captures) == ([], [])
        assert rig.edge.counts() == {"requests": 1, "not_mirrored/unanswered": 1}
        assert results(figures_of(rig)) == {"abandoned": 1}
        assert (rig.edge.budget.held, rig.edge.begun, rig.edge.over) == (0, 1, 1)


async def test_of_half_a_write_nobody_gets_anything() -> None:
    async with rehearsed() as rig:
        await leave(rig, get("/v1/escrows", TO_POST, method="POST", body=BODY[:5]), "")

        assert (rig.legacy.begun, rig.modern.begun) == ([], [])
        assert results(figures_of(rig)) == {"abandoned": 1}
        assert rig.edge.budget.held == 0
