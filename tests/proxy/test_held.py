"""Writes that are held back for their rehearsal: whatever modern does, legacy gets each once, whole and in time."""

import asyncio
import random
import time
from dataclasses import replace

import pytest

from domains.shared.shadow import Copy, copy_of
from parity.exchange import NO_READ_BACK, Backend, Endpoint
from proxy.stages import Stage
from tests.proxy.rig import QUICK_MIRROR, SECRET, get, until
from tests.proxy.wire.rehearsing import (
    REHEARSED,
    WRITE_SET,
    by_result,
    copies,
    held_back,
    rehearsal_of,
    rehearsed,
    rehearsing,
    results_of,
)
from tests.proxy.wire.rig import keeping
from tests.support.backends import Behaviour, Seen, answering

SLACK_S = 5.0
"""How much later than its deadline an answer may be on a machine that does something else."""
BODY = b'{"city":"Exampleton"}'
TO_POST = f"Content-Length: {len(BODY)}"


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def test_modern_runs_the_write_first_and_legacy_gets_it_when_that_is_answered() -> None:
    order: list[str] = []

    async def first(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.05)
        order.append("modern answers")
        return await REHEARSED(seen, writer)

    async def then(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        order.append("legacy is asked")
        return await answering(b'{"by":"legacy"}')(seen, writer)

    async with rehearsed(behaviour=rehearsing(first)) as rig:
        rig.legacy.behaviour = then
        answer = await rig.ask("POST", body=BODY)

        assert (answer.status, answer.body, answer.served_by) == (200, b'{"by":"legacy"}', Backend.LEGACY)
        assert order == ["modern answers", "legacy is asked"]
        (capture,) = rig.edge.captures
        rehearsal = rehearsal_of(capture)
        assert (rehearsal.status, rehearsal.body, rehearsal.error) == (201, b'{"id":"rehearsed"}', "")
        assert f"X-Write-Set: {WRITE_SET}\r\n".encode() in rehearsal.head
        assert 0.05 <= rehearsal.duration_s < SLACK_S
        assert by_result(results_of(rig)) == {"answered": 1}
        held, delay_s = held_back(results_of(rig))
        assert held == 1
        assert 0.05 <= delay_s < SLACK_S
        assert answer.header("X-Write-Set") is None


@pytest.mark.parametrize("framing", ["sized", "chunked", "none"])
async def test_both_get_the_same_write_and_modern_is_told_that_it_is_a_rehearsal(framing: str) -> None:
    async with rehearsed() as rig:
        fields = {"sized": (TO_POST,), "chunked": ("Transfer-Encoding: chunked",), "none": ()}[framing]
        body = {"sized": BODY, "chunked": chunks(BODY[:7], BODY[7:]), "none": b""}[framing]
        whole = b"" if framing == "none" else BODY
        await rig.raw(get("/v1/escrows?x=%2F", "Authorization: Bearer a", *fields, method="POST", body=body))

        (live,), (copy,) = rig.legacy.seen, copies(rig)
        assert (live.method, live.target, live.body) == (copy.method, copy.target, copy.body)
        assert live.body == whole
        own = {"x-crossfade-shadow", "x-crossfade-signature", "x-crossfade-within", "x-crossfade-writes"}
        framed = {"transfer-encoding", "content-length"}
        of_live = [one for one in live.headers if one[0].lower() not in framed]
        assert of_live == [one for one in copy.headers if one[0].lower() not in own | framed]
        assert {name.lower() for name, _ in copy.headers} >= own
        assert not {name.lower() for name, _ in live.headers} & own
        kind = copy_of(
            copy.header("X-Crossfade-Shadow"),
            copy.header("X-Crossfade-Signature"),
            method=copy.method,
            target=copy.target,
            body=copy.body,
            secret=SECRET,
            now_s=time.time(),
        )
        assert kind is Copy.REHEARSE


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("share", [0.0, 1.0])
async def test_only_what_legacy_commits_and_modern_shadows_is_rehearsed(stage: Stage, share: float) -> None:
    flag = {"canary_share": share} if stage is Stage.CANARY else {}
    async with rehearsed(stage, flag=flag) as rig:
        answer = await rig.ask("POST", body=BODY)

        is_rehearsed = stage is Stage.SHADOW or (stage is Stage.CANARY and share == 0.0)
        rehearsals = [seen for seen in copies(rig) if seen.header("X-Crossfade-Shadow")]
        assert len(rehearsals) == int(is_rehearsed)
        assert len(copies(rig)) + len(rig.legacy.seen) == 1 + len(rehearsals)
        assert not any(seen.header("X-Crossfade-Shadow") for seen in rig.legacy.seen)
        assert answer.served_by is (Backend.LEGACY if is_rehearsed or stage in OLD else Backend.MODERN)


OLD = {Stage.OFF, Stage.SHADOW}


async def test_a_body_that_comes_in_pieces_is_rehearsed_when_it_is_whole() -> None:
    async with rehearsed() as rig:
        reader, writer = await rig.connect()
        writer.write(get("/v1/escrows", TO_POST, method="POST", body=BODY[:5]))
        await until(lambda: rig.plane.requests_in_flight == 1)
        assert (rig.modern.begun, rig.legacy.begun) == ([], [])
        for at in range(5, len(BODY)):
            writer.write(BODY[at : at + 1])
            await writer.drain()
        assert b'{"by":"legacy"}' in await reader.read()

        assert (copies(rig)[0].body, rig.legacy.seen[0].body) == (BODY, BODY)


async def test_a_body_without_a_bound_goes_on_to_legacy_whole_and_is_not_rehearsed() -> None:
    mirror = replace(QUICK_MIRROR, capture_bytes=1_000)
    async with rehearsed(mirror=mirror) as rig:
        pieces = [b"%03d" % number * 100 for number in range(9)]
        request = get("/v1/escrows", "Transfer-Encoding: chunked", method="POST", body=chunks(*pieces))
        assert b'{"by":"legacy"}' in await rig.raw(request)

        assert [seen.body for seen in rig.legacy.seen] == [b"".join(pieces)]
        assert rig.modern.begun == []
        assert [capture.rehearsal for capture in rig.edge.captures] == [None]
        assert by_result(results_of(rig)) == {"large_body": 1}
        assert rig.edge.budget.held == 0


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        (("Content-Length: 2000",), "large_body"),
        (("Content-Length: 2000", "Expect: 100-continue"), "expects"),
        (("Content-Length: 20", "Content-Encoding: gzip"), "encoded_body"),
    ],
)
async def test_a_write_that_is_not_fit_for_it_goes_its_way_as_ever(
    fields: tuple[str, ...], result: str
) -> None:
    mirror = replace(QUICK_MIRROR, capture_bytes=1_000)
    async with rehearsed(mirror=mirror) as rig:
        body = b"x" * int(fields[0].rpartition(" ")[2])
        answer = await rig.raw(get("/v1/escrows", *fields, method="POST", body=body))

        assert b'{"by":"legacy"}' in answer
        assert (b"100 Continue" in answer) is (result == "expects")
        assert [seen.body for seen in rig.legacy.seen] == [body]
        assert (rig.modern.begun, [capture.rehearsal for capture in rig.edge.captures]) == ([], [None])
        assert by_result(results_of(rig)) == {result: 1}


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    async def echo(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        return await answering(f"{seen.method} {seen.target};".encode())(seen, writer)

    async with rehearsed() as rig:
        rig.legacy.behaviour = echo
        answer = await rig.raw(
            keeping("/v1/escrows", TO_POST, method="POST", body=BODY)
            + keeping("/v1/escrows/1")
            + keeping("/v1/escrows/2", "Transfer-Encoding: chunked", method="PUT", body=chunks(BODY))
            + get("/v1/escrows/3")
        )

        assert [line.partition(b";")[0] for line in answer.split(b"\r\n\r\n")[1:]] == [
            b"POST /v1/escrows",
            b"GET /v1/escrows/1",
            b"PUT /v1/escrows/2",
            b"GET /v1/escrows/3",
        ]
        assert [seen.body for seen in copies(rig)] == [BODY, BODY]


def waiting_for(event: asyncio.Event) -> Behaviour:
    async def late(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await event.wait()
        return await REHEARSED(seen, writer)

    return late


async def test_over_the_bound_of_writes_at_a_time_others_go_on_at_once() -> None:
    may_answer = asyncio.Event()
    async with rehearsed(
        behaviour=rehearsing(waiting_for(may_answer)), checks={"rehearse_concurrency": 1}
    ) as rig:
        first = asyncio.create_task(rig.ask("POST", body=b"first"))
        await until(lambda: len(copies(rig)) == 1)
        await rig.ask("POST", body=b"second")

        (capture,) = rig.edge.captures
        assert rehearsal_of(capture).shed == "rehearsal_limit"
        assert [seen.body for seen in rig.legacy.seen] == [b"second"]
        may_answer.set()
        assert (await first).status == 200


async def test_without_room_for_its_body_a_write_goes_on() -> None:
    async with rehearsed(mirror=replace(QUICK_MIRROR, held_bytes=10)) as rig:
        assert (await rig.ask("POST", body=BODY)).status == 200

        assert [seen.body for seen in rig.legacy.seen] == [BODY]
        assert by_result(results_of(rig)) == {"rehearsal_limit": 1}


async def test_a_worker_that_ends_lets_a_write_finish_that_is_held_back() -> None:
    may_answer = asyncio.Event()
    async with rehearsed(behaviour=rehearsing(waiting_for(may_answer))) as rig:
        asking = asyncio.create_task(rig.ask("POST", body=BODY))
        await until(lambda: len(copies(rig)) == 1)
        await rig.plane.stop_accepting()
        finishing = asyncio.create_task(rig.plane.finish(20.0))
        may_answer.set()

        assert (await asking).status == 200
        assert len(rig.legacy.seen) == 1
        await finishing


SWEEP = Endpoint("escrows", "POST", "/v1/sweep", read_back=NO_READ_BACK)


@pytest.mark.parametrize(
    ("status", "counted", "skipped"),
    [
        ("201 Created", {"mirrored": 1}, ""),
        ("400 Bad Request", {"mirrored": 1}, ""),
        ("409 Conflict", {"mirrored": 1}, ""),
        ("500 Oops", {"mirrored": 1}, "unknown_commit"),
    ],
)
async def test_what_was_rehearsed_is_captured_whatever_legacy_says(
    status: str, counted: dict[str, int], skipped: str
) -> None:
    async with rehearsed() as rig:
        rig.legacy.behaviour = answering(b"{}", status=status)
        await rig.ask("POST", body=BODY)

        assert rig.edge.counts() == {"requests": 1, **counted}
        (capture,) = rig.edge.captures
        assert (capture.status, capture.skipped, capture.body) == (int(status[:3]), skipped, b"")
        assert rehearsal_of(capture).status == 201
        assert rig.edge.budget.held == 0


@pytest.mark.parametrize("status", ["400 Bad Request", "201 Created"])
async def test_what_was_not_is_captured_as_if_nothing_had_been_wanted(status: str) -> None:
    async with rehearsed(behaviour=answering()) as rig:
        rig.legacy.behaviour = answering(b"{}", status=status)
        await rig.ask("POST", body=BODY)

        is_refused = status.startswith("4")
        assert rig.edge.counts() == {
            "requests": 1,
            **({"not_mirrored/refused_write": 1} if is_refused else {"mirrored": 1}),
        }
        assert [rehearsal_of(one).shed for one in rig.edge.captures] == (
            [] if is_refused else ["rehearsal_unproven"]
        )


@pytest.mark.parametrize("share", [0.0, 1.0])
async def test_a_write_that_no_read_shows_is_captured_if_it_was_drawn(share: float) -> None:
    checks = {"rehearse_share": share}
    async with rehearsed(endpoints=(SWEEP,), checks=checks) as rig:
        await rig.ask("POST", "/v1/sweep", body=BODY)

        drawn = {"mirrored": 1} if share else {"not_mirrored/no_read": 1}
        assert rig.edge.counts() == {"requests": 1, **drawn}
        assert len(rig.edge.captures) == int(share)
        assert rig.edge.budget.held == 0


async def test_the_share_that_is_rehearsed_is_of_the_writes_that_are_checked() -> None:
    async with rehearsed(checks={"share": 0.6, "rehearse_share": 0.5}, flag={"sample_rate": 0.9}) as rig:
        rig.edge._random = random.Random(7)
        for _ in range(60):
            await rig.ask("POST", body=BODY)

        drawn = [capture for capture in rig.edge.captures if capture.rehearsal is not None]
        assert len(drawn) == len(copies(rig))
        assert 20 <= len(rig.edge.captures) <= 45
        assert 6 <= len(drawn) <= 28
        assert len(rig.legacy.seen) == 60


async def test_a_rehearsed_write_says_which_writes_it_has_seen_and_whether_others_were_in_flight() -> None:
    async with rehearsed() as rig:
        for _ in range(2):
            await rig.ask("POST", body=BODY)

        first, second = rig.edge.captures
        assert [seen.header("X-Crossfade-Writes") for seen in copies(rig)] == [first.writes, second.writes]
        assert first.writes != second.writes
        assert (first.mark, second.mark) == ((0, 0), (0, 1))
