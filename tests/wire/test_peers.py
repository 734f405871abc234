"""What nginx and HAProxy both refuse, the proxy refuses: requests, and answers of backends."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from tests.proxy.rig import running
from tests.wire import cases_body, cases_change, cases_pass, cases_refuse
from tests.wire.case import CHUNKED, GET, HOST, LINE, POST
from tests.wire.peers import CountingBackend, found_peers, peer, takes_answer, takes_request
from tests.wire.run import CLIENT, FORWARD, plain

ODD = [bytes([one]) for one in (*range(0x21), *b"\"'(),/:;<=>?@[\\]{}+-_.0x9#%", 0x7F, 0x80, 0xA0, 0xFF)]
E = b"\r\n"
PLACES = [
    b"G%sET /v1/x HTTP/1.1\r\n" + HOST + E,
    b"%sGET /v1/x HTTP/1.1\r\n" + HOST + E,
    b"GET%s/v1/x HTTP/1.1\r\n" + HOST + E,
    b"GET %s/v1/x HTTP/1.1\r\n" + HOST + E,
    b"GET /v1/%sx HTTP/1.1\r\n" + HOST + E,
    b"GET /v1/x%sHTTP/1.1\r\n" + HOST + E,
    b"GET /v1/x HTTP/1.1%s\r\n" + HOST + E,
    b"GET /v1/x HTTP/1%s1\r\n" + HOST + E,
    GET + b"X%sA: a\r\n\r\n",
    GET + b"X-A%s: a\r\n\r\n",
    GET + b"%sX-A: a\r\n\r\n",
    GET + b"X-A:%sa\r\n\r\n",
    GET + b"X-A: a%sb\r\n\r\n",
    GET + b"X-A: a%s\r\n\r\n",
    GET + b"X-A: a\r%s\n\r\n",
    LINE + b"Host: crm%s.test\r\n\r\n",
    LINE + b"Host: crm.test:8%s0\r\n\r\n",
    LINE + b"Host: %s\r\n\r\n",
    POST + b"Content-Length: %s3\r\n\r\nabc",
    POST + b"Content-Length: 3%s\r\n\r\nabc",
    POST + b"Content%sLength: 3\r\n\r\nabc",
    POST + b"Transfer-Encoding: %schunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked%s\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding%s: chunked\r\n\r\n0\r\n\r\n",
    POST + CHUNKED + b"\r\n%s3\r\nabc\r\n0\r\n\r\n",
    POST + CHUNKED + b"\r\n3%s\r\nabc\r\n0\r\n\r\n",
    POST + CHUNKED + b"\r\n3;a%sb\r\nabc\r\n0\r\n\r\n",
    POST + CHUNKED + b"\r\n3\r\nabc%s\r\n0\r\n\r\n",
    POST + CHUNKED + b"\r\n3\r\nabc\r\n0%s\r\n\r\n",
    POST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\nX%s: y\r\n\r\n",
]
OK = b"HTTP/1.1 200 OK\r\n"
PLACES_OF_ANSWERS = [
    b"HTTP/1.1%s200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"%sHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1%s1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 2%s00 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200%sOK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 O%sK\r\nContent-Length: 2\r\n\r\nok",
    OK + b"X%sA: a\r\nContent-Length: 2\r\n\r\nok",
    OK + b"X-A%s: a\r\nContent-Length: 2\r\n\r\nok",
    OK + b"%sX-A: a\r\nContent-Length: 2\r\n\r\nok",
    OK + b"X-A: a%sb\r\nContent-Length: 2\r\n\r\nok",
    OK + b"Content-Length: %s2\r\n\r\nok",
    OK + b"Content-Length: 2%s\r\n\r\nok",
    OK + b"Transfer-Encoding: %schunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked%s\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    OK + CHUNKED + b"\r\n%s2\r\nok\r\n0\r\n\r\n",
    OK + CHUNKED + b"\r\n2%s\r\nok\r\n0\r\n\r\n",
    OK + CHUNKED + b"\r\n2\r\nok%s\r\n0\r\n\r\n",
    OK + CHUNKED + b"\r\n2\r\nok\r\n0%s\r\n\r\n",
]
TABLE = [*cases_pass.CASES, *cases_change.CASES, *cases_refuse.CASES, *cases_body.CASES]
REQUESTS = [
    *(place % odd for place, odd in itertools.product(PLACES, ODD)),
    *(sent for case in TABLE if (sent := plain(case)) and len(sent) < 60_000),
]
ANSWERS = [
    *(place % odd for place, odd in itertools.product(PLACES_OF_ANSWERS, ODD)),
    *(sent for _, sent in cases_body.HEADS if len(sent) < 60_000),
]
AT_ONCE = 64
OPTIONS: dict[str, Any] = {"client": CLIENT, "forward": FORWARD}


async def _which(cases: Sequence[int], taken: Callable[[int], Awaitable[bool]]) -> set[int]:
    """Those of the cases that are taken."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(case: int) -> int | None:
        async with room:
            return case if await taken(case) else None

    return {case for case in await asyncio.gather(*map(one, cases)) if case is not None}


async def test_a_request_that_both_refuse_is_refused(tmp_path: Path) -> None:
    cases = range(len(REQUESTS))
    taken: set[int] = set()
    for name in found_peers():
        async with CountingBackend() as backend, peer(name, backend, tmp_path) as port:
            taken |= await _which(
                cases,
                lambda case, port=port, backend=backend: takes_request(port, backend, REQUESTS[case], case),  # type: ignore[misc]  # defaults bind the loop's values
            )
    refused = [case for case in cases if case not in taken]

    async with CountingBackend() as backend, running(tmp_path, legacy_url=backend.url, **OPTIONS) as rig:
        ours = await _which(refused, lambda case: takes_request(rig.port, backend, REQUESTS[case], case))

    assert len(refused) > 500
    assert [REQUESTS[case] for case in sorted(ours)] == []


async def test_an_answer_that_both_refuse_is_refused(tmp_path: Path) -> None:
    bytes_of = dict(enumerate(ANSWERS))
    taken: set[int] = set()
    for name in found_peers():
        async with CountingBackend(bytes_of=bytes_of) as backend, peer(name, backend, tmp_path) as port:
            taken |= await _which(
                range(len(ANSWERS)),
                lambda case, port=port: takes_answer(port, case),  # type: ignore[misc]  # as above
            )
    refused = [case for case in bytes_of if case not in taken]

    async with (
        CountingBackend(bytes_of=bytes_of) as backend,
        running(tmp_path, legacy_url=backend.url, **OPTIONS) as rig,
    ):
        ours = await _which(refused, lambda case: takes_answer(rig.port, case))

    assert len(refused) > 300
    assert [ANSWERS[case] for case in sorted(ours)] == []
