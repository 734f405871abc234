"""Answers on the wire, for every framing."""

from pathlib import Path

import pytest

from proxy.stages import Stage
from tests.proxy.rig import get, running
from tests.support.backends import sending

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
)
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nabcde"


@pytest.mark.parametrize(
    ("answer", "framing"),
    [(CHUNKED, b"Transfer-Encoding: chunked"), (SIZED, b"Content-Length: 5"), (UNTIL_CLOSE, b"chunked")],
)
@pytest.mark.parametrize("pause_s", [0.0, 0.02])
async def test_a_body_is_framed_as_it_came(
    tmp_path: Path, answer: bytes, framing: bytes, pause_s: float
) -> None:
    middle = len(answer) - 3

    async with running(tmp_path, expose_served_by=False) as rig:
        rig.legacy.behaviour = sending(answer[:middle], answer[middle:], pause_s=pause_s)
        got = await rig.raw(get())
        body = (await rig.ask()).body

    assert framing in got
    assert body == b"abcde"


async def test_a_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    two = b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get("/3")

    async with running(tmp_path) as rig:
        got = await rig.raw(two)

        assert [seen.target for seen in rig.legacy.seen] == ["/1", "/2", "/3"]
    first, second, third = got.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert b"Connection" not in first
    assert b"Connection: keep-alive\r\n" in second
    assert b"Connection: close\r\n" in third


async def test_no_body_means_no_framing(tmp_path: Path) -> None:
    async with running(tmp_path, expose_served_by=False) as rig:
        rig.legacy.behaviour = sending(b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n")
        no_content = await rig.raw(get())
        rig.legacy.behaviour = sending(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")
        not_modified = await rig.raw(get())

    assert no_content == b"HTTP/1.1 204 No Content\r\nX: 1\r\nConnection: close\r\n\r\n"
    assert not_modified == b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"


async def test_the_answer_to_head_is_compared_without_a_body(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        got = await rig.raw(get(method="HEAD"))

    assert got.endswith(b"\r\n\r\n")
