"""Bytes that nobody would write, both ways: nothing goes on that two sides could frame differently, nothing hangs or grows."""

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.wire.case import OK_CLOSE
from tests.wire.messages import requests_in
from tests.wire.play import Act, Pause, Step, connected
from tests.wire.process import descriptors, resident_bytes
from tests.wire.run import Wired, wired
from tests.wire.second import read_answer, read_requests
from tests.wire.strategies import ANSWERS, CUTS, REQUESTS, cut

CORPUS = Path(__file__).parent / "corpus"
MORE = os.environ.get("CROSSFADE_FUZZ_EXAMPLES")
"""How many examples, each time others; without it a few, each time the same: CI is no place for finds."""
SHORT = settings(
    max_examples=int(MORE or 80),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
BOUND_S = 3.0
ASKING = b"GET /v1/escrows HTTP/1.1\r\nHost: crm.example.test\r\nConnection: close\r\n\r\n"


class Loop:
    """A proxy on a loop in a thread of its own, for tests that hypothesis calls many times."""

    def __init__(self, directory: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._context = wired(directory)
        self.on: Wired = self.run(self._context.__aenter__())

    def run(self, work: Coroutine[Any, Any, Any], timeout_s: float = 30) -> Any:
        """Do this there."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout_s)

    def tasks(self) -> int:
        """How many tasks there are."""
        return len(asyncio.all_tasks(self._loop))

    def close(self) -> None:
        """End it."""
        self.run(self._context.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """One for the module."""
    running = Loop(tmp_path_factory.mktemp("fuzz"))
    yield running
    running.close()


async def _ask(on: Wired, pieces: list[bytes], *, finishes: bool) -> tuple[bytes, str]:
    steps: list[Step] = []
    for piece in pieces:
        steps += [piece, Pause(0)]
    async with connected(on.port) as client:
        await client.play([*steps, Act.FINISH] if finishes else steps)
        await client.until(lambda: bool(client.ended), BOUND_S)
        return bytes(client.got), client.ended


def check_request(loop: Loop, raw: bytes, widths: list[int]) -> None:
    """Whole requests at the backend are those that h11 finds in what the client sent, and in what the backend got."""
    loop.run(loop.on.backend.restart(()))

    _, ended = loop.run(_ask(loop.on, cut(raw, widths), finishes=True))

    assert ended, f"the client's connection hangs: {raw!r}"
    sent = read_requests(raw.removeprefix(b"\r\n"))
    by_connection = [bytes(end.got) for end in loop.on.backend.ends]
    reached = [one for got in by_connection for one in read_requests(got).requests]
    strict = [one.body for got in by_connection for one in requests_in(got) if one.is_whole]
    assert strict == [one.body for one in reached], f"two readers differ at the backend: {raw!r}"
    assert all(read_requests(got).is_clean for got in by_connection), f"no HTTP at the backend: {raw!r}"
    meant = [(one.method, _path(one.target), one.body) for one in sent.requests]
    seen = [(one.method, one.target, one.body) for one in reached]
    if sent.requests and sent.requests[-1].version == b"1.0":
        seen = seen[: len(meant)]  # h11 knows no keep-alive of HTTP/1.0 and reads no further
    assert seen == meant[: len(seen)], f"the backend got what the client did not send: {raw!r}"


def _path(target: bytes) -> bytes:
    if target.startswith(b"http://"):
        rest = target[7:].partition(b"/")[2]
        return b"/" + rest
    return target


def check_answer(loop: Loop, raw: bytes, widths: list[int]) -> None:
    """The client gets what h11 reads in the backend's bytes, a 502, or a broken connection; the next one is unharmed."""
    script: list[Step] = []
    for piece in cut(raw, widths):
        script += [piece, Pause(0)]
    loop.run(loop.on.backend.restart(((*script, Act.CLOSE),)))

    got, ended = loop.run(_ask(loop.on, [ASKING], finishes=False))
    after, _ = loop.run(_ask(loop.on, [ASKING], finishes=False))

    assert ended, f"the client's connection hangs: {raw!r}"
    said = read_answer(raw)
    heard = read_answer(got, has_closed=ended == "closed")
    if heard is not None and heard.is_whole and not _is_refusal(got):
        assert said is not None, f"the client got an answer where there is none: {raw!r}"
        assert (heard.status, heard.body) == (said.status, said.body)
        assert said.is_whole or ended == "reset"
    assert after == OK_CLOSE, f"the next one was harmed: {raw!r}"


def _is_refusal(got: bytes) -> bool:
    return b"Proxy-Status: crossfade" in got


@SHORT
@given(raw=REQUESTS, widths=CUTS)
@example(raw=b"\r\n", widths=[])
def test_no_request_is_framed_in_two_ways(loop: Loop, raw: bytes, widths: list[int]) -> None:
    check_request(loop, raw, widths)


@SHORT
@given(raw=ANSWERS, widths=CUTS)
@example(raw=b"HTTP/1.1 200 OK\r\n\r\n", widths=[])
def test_no_answer_is_framed_in_two_ways(loop: Loop, raw: bytes, widths: list[int]) -> None:
    check_answer(loop, raw, widths)


@pytest.mark.parametrize("path", sorted((CORPUS / "requests").iterdir()), ids=lambda path: path.name)
def test_requests_that_were_found_once_stay_right(loop: Loop, path: Path) -> None:
    for widths in ([], [1] * 40, [7] * 40):
        check_request(loop, path.read_bytes(), widths)


@pytest.mark.parametrize("path", sorted((CORPUS / "answers").iterdir()), ids=lambda path: path.name)
def test_answers_that_were_found_once_stay_right(loop: Loop, path: Path) -> None:
    for widths in ([], [1] * 40, [7] * 40):
        check_answer(loop, path.read_bytes(), widths)


def test_nothing_grows_however_odd_the_bytes(loop: Loop) -> None:
    odd = [path.read_bytes() for path in sorted((CORPUS / "requests").iterdir())]

    async def round_of(times: int) -> None:
        for _ in range(times):
            await asyncio.gather(*(_ask(loop.on, [raw], finishes=True) for raw in odd))
        await loop.on.backend.restart(())
        await asyncio.sleep(0.1)

    loop.run(round_of(5))
    before = (resident_bytes(), descriptors(), loop.tasks())
    loop.run(round_of(40), 60)
    after = (resident_bytes(), descriptors(), loop.tasks())

    assert after[0] - before[0] < 8_000_000
    assert after[1] <= before[1] + 4
    assert after[2] <= before[2] + 4
