"""Writes go to legacy only when it is certain that modern did not commit them: never in doubt, never twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parity.exchange import Backend
from proxy.settings import EndpointBounds, MirrorSettings
from proxy.stages import Stage
from tests.proxy.rig import QUICK_FORWARD, Rig, get, running, until
from tests.support.backends import Behaviour, Seen, answering, closing, hanging, sending

REFUSED = answering(b'{"by":"modern"}', status="503 Service Unavailable", headers=(("X-Committed", "0"),))
BODY = b'{"name":"Ada"}'
SIZED = get("/v1/escrows", f"Content-Length: {len(BODY)}", method="POST", body=BODY)
CHUNKED = get(
    "/v1/escrows",
    "Transfer-Encoding: chunked",
    method="POST",
    body=b'5\r\n{"nam\r\n9\r\ne":"Ada"}\r\n0\r\n\r\n',
)
BARE = get("/v1/escrows/1", method="DELETE")


@asynccontextmanager
async def at(tmp_path: Path, stage: Stage = Stage.LIVE, **changes: Any) -> AsyncIterator[Rig]:
    """A proxy whose legacy backend says that it has answered."""
    async with running(tmp_path, stage=stage, **changes) as rig:
        rig.legacy.behaviour = answering(b'{"by":"legacy"}', status="201 Created")
        yield rig


def writes(seen: list[Seen]) -> list[tuple[str, bytes]]:
    """The writes among what a backend got: a check may have read, too."""
    return [(one.method, one.body) for one in seen if one.method != "GET"]


@pytest.mark.parametrize(("request_", "body"), [(SIZED, BODY), (CHUNKED, BODY), (BARE, b"")])
async def test_where_modern_cannot_be_reached_legacy_gets_it_once(
    tmp_path: Path, request_: bytes, body: bytes
) -> None:
    async with at(tmp_path, dead=Backend.MODERN) as rig:
        answer = await rig.raw(request_)
        await rig.settled(1)

        assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
        assert b"X-Served-By: legacy" in answer
        assert [sent for _, sent in writes(rig.legacy.seen)] == [body]
        assert rig.parity.counts()["fallback"] == 1


async def test_a_body_that_comes_later_goes_where_its_head_went(tmp_path: Path) -> None:
    async with at(tmp_path, dead=Backend.MODERN) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        head, body = SIZED[: -len(BODY)], SIZED[-len(BODY) :]
        writer.write(head + body[:4])
        await until(lambda: bool(rig.legacy.begun))
        writer.write(body[4:])
        answer = await reader.read()
        writer.close()

        assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
        assert writes(rig.legacy.seen) == [("POST", BODY)]


async def test_where_modern_has_no_free_connection_legacy_gets_it_once(tmp_path: Path) -> None:
    forward = replace(QUICK_FORWARD, connections=1, wait_s=0.1)

    async with at(tmp_path, forward=forward) as rig:
        rig.modern.behaviour = answering(status="201 Created", after_s=0.8)
        first, second = await asyncio.gather(rig.raw(SIZED), rig.raw(SIZED))

        assert sorted(b"X-Served-By: legacy" in one for one in (first, second)) == [False, True]
        assert (len(writes(rig.modern.seen)), len(writes(rig.legacy.seen))) == (1, 1)


@pytest.mark.parametrize(("request_", "body"), [(SIZED, BODY), (CHUNKED, BODY), (BARE, b"")])
@pytest.mark.parametrize(
    "refusal",
    [
        REFUSED,
        answering(b"", status="500 Internal Server Error", headers=(("x-COMMITTED", " 0 "),)),
        sending(b"HTTP/1.1 503 No\r\nX-Committed: 0\r\nTransfer-Encoding: chunked\r\n\r\n", stays_open=True),
        sending(b"HTTP/1.1 503 No\r\nX-Committed: 0\r\n\r\nand so on", stays_open=True),
        sending(
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 No\r\nX-Committed: 0\r\nContent-Length: 2\r\n\r\nno"
        ),
    ],
)
async def test_an_answer_that_says_it_committed_nothing_is_dropped_and_legacy_gets_the_write_once(
    tmp_path: Path, request_: bytes, body: bytes, refusal: Behaviour
) -> None:
    async with at(tmp_path) as rig:
        rig.modern.behaviour = refusal
        answer = await rig.raw(request_)
        await rig.settled(1)

        assert b"HTTP/1.1 201 Created\r\n" in answer
        assert b"503" not in answer
        assert b"modern" not in answer
        assert b'{"by":"legacy"}' in answer
        assert [sent for _, sent in writes(rig.modern.seen)] == [body]
        assert [sent for _, sent in writes(rig.legacy.seen)] == [body]
        assert rig.parity.counts()["fallback"] == 1


async def test_an_answer_before_the_body_has_come_is_dropped_and_the_rest_goes_to_legacy(
    tmp_path: Path,
) -> None:
    async def early(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 No\r\nX-Committed: 0\r\nContent-Length: 0\r\n\r\n")

    server = await asyncio.start_server(early, "127.0.0.1", 0)
    async with at(tmp_path, modern_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(SIZED[: -len(BODY)] + BODY[:4])
        await until(lambda: bool(rig.legacy.begun))
        writer.write(BODY[4:])
        answer = await reader.read()
        writer.close()

        assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
        assert writes(rig.legacy.seen) == [("POST", BODY)]
    server.close()


async def test_a_connection_serves_on_after_a_write_went_to_legacy(tmp_path: Path) -> None:
    async with at(tmp_path) as rig:
        rig.modern.behaviour = REFUSED
        fallen = await rig.ask("POST", data=BODY)
        rig.modern.behaviour = answering(b"{}", status="201 Created")
        after = await rig.ask("POST", data=BODY)

        assert (fallen.served_by, after.served_by) == (Backend.LEGACY, Backend.MODERN)
        assert fallen.header("X-Committed") is None


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(status="503 Service Unavailable"),
        answering(status="503 Service Unavailable", headers=(("X-Committed", "1"),)),
        answering(status="503 Service Unavailable", headers=(("X-Committed", ""),)),
        answering(status="503 Service Unavailable", headers=(("X-Committed", "00"),)),
        answering(status="503 Service Unavailable", headers=(("X-Committed", "0, 1"),)),
        answering(status="503 Service Unavailable", headers=(("X-Committed", "0"), ("X-Committed", "1"))),
        answering(status="503 Service Unavailable", headers=(("X-Committed", "0"), ("X-Committed", "0"))),
        answering(status="503 Service Unavailable", headers=(("X-Was", "X-Committed: 0"),)),
        answering(status="409 Conflict", headers=(("X-Committed", "0"),)),
        answering(status="200 OK", headers=(("X-Committed", "0"),)),
        closing(),
        hanging(),
        sending(b"HTTP/1.1 503 No\r\nX-Committed: 0\r\n"),
        sending(b"HTTP/1.1 503 No\r\nX-Committed: 0\r\nContent-Length: x\r\n\r\n"),
        sending(b"nonsense"),
    ],
)
async def test_in_doubt_a_write_is_modern_s_alone(tmp_path: Path, behaviour: Behaviour) -> None:
    async with at(tmp_path, forward=replace(QUICK_FORWARD, answer_timeout_s=0.3)) as rig:
        rig.modern.behaviour = behaviour
        answer = await rig.raw(SIZED)

        assert b"X-Served-By: legacy" not in answer
        assert len(writes(rig.modern.seen)) == 1
        assert writes(rig.legacy.seen) == []


async def test_a_pooled_connection_that_was_closed_is_in_doubt(tmp_path: Path) -> None:
    async with at(tmp_path) as rig:
        rig.modern.behaviour = answering(status="201 Created")
        await rig.ask("POST", data=BODY)
        rig.modern.behaviour = closing()
        answer = await rig.ask("POST", data=BODY)

        assert answer.status == 502
        assert writes(rig.legacy.seen) == []


async def test_a_body_that_was_too_large_to_keep_is_not_sent_again(tmp_path: Path) -> None:
    async with at(tmp_path, mirror=MirrorSettings(capture_bytes=4)) as rig:
        rig.modern.behaviour = REFUSED
        answer = await rig.raw(SIZED)

        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"X-Committed" not in answer
        assert writes(rig.legacy.seen) == []


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        (Stage.COMPLETE, {}),
        (Stage.LIVE, {"forward": replace(QUICK_FORWARD, fallback=False)}),
        (Stage.LIVE, {"bounds": {"POST /v1/escrows": EndpointBounds(fallback=False)}}),
        (Stage.LIVE, {"bounds": {"escrows": EndpointBounds(fallback=False)}}),
    ],
)
async def test_where_nothing_falls_back_a_write_does_not_either(
    tmp_path: Path, stage: Stage, changes: dict[str, Any]
) -> None:
    async with at(tmp_path, stage, **changes) as rig:
        rig.modern.behaviour = REFUSED
        answer = await rig.raw(SIZED)

        assert answer.startswith(b"HTTP/1.1 503 ")
        assert writes(rig.legacy.seen) == []


async def test_a_read_waits_for_modern_where_nothing_falls_back(tmp_path: Path) -> None:
    async with at(tmp_path, dead=Backend.MODERN, forward=replace(QUICK_FORWARD, fallback=False)) as rig:
        answer = await rig.ask()
        await rig.settled(1)

        assert answer.status == 502
        assert "fallback" not in rig.parity.counts()


async def test_legacy_s_own_failure_is_the_end_of_it(tmp_path: Path) -> None:
    async with at(tmp_path) as rig:
        rig.modern.behaviour = rig.legacy.behaviour = REFUSED
        answer = await rig.raw(SIZED)

        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"X-Served-By: legacy" in answer
        assert (len(writes(rig.modern.seen)), len(writes(rig.legacy.seen))) == (1, 1)


async def test_a_write_that_legacy_committed_for_modern_is_checked_as_legacy_s(tmp_path: Path) -> None:
    async with at(tmp_path) as rig:
        rig.modern.behaviour = REFUSED
        await rig.raw(get("/v1/escrows/1", f"Content-Length: {len(BODY)}", method="PUT", body=BODY))
        await rig.settled(1)

        assert [(one.authoritative, one.body) for one in rig.parity.captures] == [(Backend.LEGACY, b"")]


async def test_what_a_client_says_of_commits_reaches_nobody(tmp_path: Path) -> None:
    async with at(tmp_path) as rig:
        rig.modern.behaviour = answering(status="201 Created")
        await rig.raw(
            get("/v1/escrows", "X-Committed: 0", "x_committed: 0", "Content-Length: 0", method="POST")
        )

        assert [(one.all("x-committed"), one.all("x_committed")) for one in rig.modern.seen][:1] == [([], [])]


async def test_a_write_that_is_not_sampled_is_counted_when_it_falls_back_and_not_checked(
    tmp_path: Path,
) -> None:
    async with at(tmp_path, dead=Backend.MODERN) as rig:
        await rig.flip_to(Stage.LIVE, "POST /v1/escrows", sample_rate=0.0)
        await rig.raw(SIZED)
        await rig.settled(1)

        assert rig.parity.counts() == {
            "requests": 1,
            "fallback_begun": 1,
            "fallback": 1,
            "not_mirrored/sampled_out": 1,
        }
