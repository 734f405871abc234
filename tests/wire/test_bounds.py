"""Bounds by endpoint, by domain and for everybody: time, bodies, requests in flight, connections."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.settings import EndpointBounds
from proxy.stages import Stage
from tests.proxy.rig import QUICK_CLIENT, QUICK_FORWARD, Answer, Rig, get, running, until
from tests.support.backends import FakeBackend, answering, hanging, sending

PATIENT = replace(QUICK_FORWARD, answer_timeout_s=5.0, fallback_timeout_s=5.0)
LIST, CREATE, ONE = "GET /v1/escrows", "POST /v1/escrows", "GET /v1/escrows/{id}"


def chunked(body: bytes, target: str = "/v1/escrows") -> bytes:
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(body[at : at + 100]), body[at : at + 100]) for at in range(0, len(body), 100)
    )
    return get(target, "Transfer-Encoding: chunked", method="POST", body=chunks + b"0\r\n\r\n")


async def begun(rig: Rig, requests: int) -> None:
    await until(lambda: len(rig.legacy.begun) >= requests)


async def test_an_endpoint_has_its_own_patience_and_others_keep_theirs(tmp_path: Path) -> None:
    async with running(tmp_path, forward=PATIENT, bounds={ONE: EndpointBounds(answer_timeout_s=0.2)}) as rig:
        rig.legacy.behaviour = answering(b"late", after_s=0.7)
        started = time.monotonic()
        hasty = await rig.ask(target="/v1/escrows/7")
        took = time.monotonic() - started
        patient = await rig.ask(target="/v1/escrows")

    assert (hasty.status, patient.status) == (504, 200)
    assert hasty.header("Proxy-Status") == "crossfade; error=http_response_timeout"
    assert took < 0.6


async def test_an_endpoint_may_have_more_patience_than_others(tmp_path: Path) -> None:
    async with running(tmp_path, bounds={ONE: EndpointBounds(answer_timeout_s=30.0)}) as rig:
        rig.legacy.behaviour = answering(b"late", after_s=QUICK_FORWARD.answer_timeout_s + 0.5)
        answers = await asyncio.gather(rig.ask(target="/v1/escrows/7"), rig.ask(target="/v1/escrows"))

    assert [answer.status for answer in answers] == [200, 504]


async def test_silence_within_an_answer_is_bounded_by_endpoint_and_breaks_it(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"

    async with running(
        tmp_path, forward=PATIENT, bounds={"escrows": EndpointBounds(answer_timeout_s=0.2)}
    ) as rig:
        rig.legacy.behaviour = sending(head, b"", pause_s=2.0, stays_open=True)
        started = time.monotonic()
        with pytest.raises(ConnectionError):
            await rig.raw(get())

    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("key", [CREATE, "escrows"])
async def test_a_body_over_the_bound_of_its_endpoint_or_domain_is_413(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, bounds={key: EndpointBounds(max_body_bytes=1_000)}) as rig:
        fits = await rig.ask("POST", data=b"x" * 1_000)
        large = await rig.ask("POST", data=b"x" * 1_001)
        streamed = await rig.raw(chunked(b"x" * 1_001))
        streamed_fits = await rig.raw(chunked(b"x" * 1_000))
        elsewhere = await rig.ask("POST", target="/v1/other", data=b"x" * 5_000)
        seen = [len(one.body) for one in rig.legacy.seen]

    assert (fits.status, large.status, elsewhere.status) == (200, 413, 200)
    assert streamed.startswith(b"HTTP/1.1 413 ")
    assert streamed_fits.startswith(b"HTTP/1.1 200 ")
    assert seen == [1_000, 1_000, 5_000], "no backend had a whole body that was refused"


async def test_the_bound_of_an_endpoint_is_nearer_than_its_domains_and_the_general_one(
    tmp_path: Path,
) -> None:
    bounds = {CREATE: EndpointBounds(max_body_bytes=3_000), "escrows": EndpointBounds(max_body_bytes=2_000)}

    async with running(tmp_path, bounds=bounds, client=replace(QUICK_CLIENT, max_body_bytes=1_000)) as rig:
        statuses = [
            (await rig.ask(method, target=target, data=b"x" * size)).status
            for method, target, size in (
                ("POST", "/v1/escrows", 3_000),
                ("POST", "/v1/escrows", 3_001),
                ("PUT", "/v1/escrows/7", 2_000),
                ("PUT", "/v1/escrows/7", 2_001),
                ("POST", "/v1/other", 1_000),
                ("POST", "/v1/other", 1_001),
            )
        ]

    assert statuses == [200, 413, 200, 413, 200, 413]


async def test_an_endpoint_takes_so_many_at_once_and_the_next_is_503(tmp_path: Path) -> None:
    async with running(tmp_path, forward=PATIENT, bounds={LIST: EndpointBounds(max_in_flight=2)}) as rig:
        rig.legacy.behaviour = answering(after_s=0.4)
        held = [asyncio.create_task(rig.ask()) for _ in range(2)]
        await begun(rig, 2)
        refused = await rig.ask()
        other = await rig.ask(target="/v1/escrows/7")
        first = await asyncio.gather(*held)
        after = await rig.ask()

    assert [answer.status for answer in first] == [200, 200]
    assert (refused.status, other.status, after.status) == (503, 200, 200)
    assert refused.header("Retry-After") == "1"
    assert refused.header("Proxy-Status") == "crossfade; error=connection_limit_reached"


async def _leave(rig: Rig) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(get())
    asked = len(rig.legacy.begun)
    await until(lambda: len(rig.legacy.begun) > asked)
    writer.transport.abort()
    del reader


async def _answered(rig: Rig) -> Answer:
    return await rig.ask()


@pytest.mark.parametrize("end", ["answered", "refused", "broken", "silent", "left", "too large"])
async def test_however_a_request_ends_its_place_is_free_again(tmp_path: Path, end: str) -> None:
    bounds = {
        key: EndpointBounds(max_in_flight=1, answer_timeout_s=0.2, max_body_bytes=100)
        for key in (LIST, CREATE)
    }

    async with running(tmp_path, bounds=bounds) as rig:
        behaviour = rig.legacy.behaviour
        for _ in range(3):
            match end:
                case "broken":
                    rig.legacy.behaviour = sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
                    with suppress(ConnectionError):
                        await rig.raw(get())
                case "refused":
                    rig.legacy.behaviour = sending(b"nonsense\r\n\r\n")
                    assert (await rig.ask()).status == 502
                case "silent":
                    rig.legacy.behaviour = hanging()
                    assert (await rig.ask()).status == 504
                case "left":
                    rig.legacy.behaviour = hanging()
                    await _leave(rig)
                    await until(lambda: rig.legacy.open_connections == 0)
                case "too large":
                    assert (await rig.raw(chunked(b"x" * 500))).startswith(b"HTTP/1.1 413 ")
                case _:
                    assert (await rig.ask()).status == 200
        rig.legacy.behaviour = behaviour
        after = [await rig.ask("GET"), await rig.ask("POST", data=b"x")]

    assert [answer.status for answer in after] == [200, 200]


async def test_a_fallback_takes_one_place_and_gives_it_back(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, bounds={LIST: EndpointBounds(max_in_flight=1)}) as rig:
        rig.modern.behaviour = sending(b"nonsense\r\n\r\n")
        answers = [await rig.ask() for _ in range(4)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, b'{"by":"legacy"}')] * 4


async def test_a_reload_changes_the_bounds_while_requests_are_in_flight(tmp_path: Path) -> None:
    async with running(tmp_path, forward=PATIENT, bounds={LIST: EndpointBounds(max_in_flight=1)}) as rig:
        rig.legacy.behaviour = answering(after_s=0.4)
        held = asyncio.create_task(rig.ask())
        await begun(rig, 1)
        problem = await rig.reload(bounds={LIST: EndpointBounds(max_in_flight=3)})
        more = await asyncio.gather(rig.ask(), rig.ask(), rig.ask())
        await held
        after = await asyncio.gather(rig.ask(), rig.ask(), rig.ask())

    assert problem == ""
    assert sorted(answer.status for answer in more) == [200, 200, 503]
    assert [answer.status for answer in after] == [200, 200, 200]


@pytest.mark.parametrize("bounds", [(None, 1), (1, None)])
async def test_a_bound_that_comes_or_goes_in_a_reload_counts_nobody_twice(
    tmp_path: Path, bounds: tuple[int | None, int | None]
) -> None:
    before, after = ({LIST: EndpointBounds(max_in_flight=bound)} for bound in bounds)

    async with running(tmp_path, forward=PATIENT, bounds=before) as rig:
        rig.legacy.behaviour = answering(after_s=0.3)
        held = asyncio.create_task(rig.ask())
        await begun(rig, 1)
        await rig.reload(bounds=after)
        ended = await held
        await rig.reload(bounds={LIST: EndpointBounds(max_in_flight=1)})
        one = asyncio.create_task(rig.ask())
        await begun(rig, 2)
        second = await rig.ask()
        first = await one

    assert (ended.status, first.status, second.status) == (200, 200, 503)


async def test_one_connection_too_many_is_closed_and_there_is_room_again_when_one_goes(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, client=replace(QUICK_CLIENT, max_connections=3)) as rig:
        held = [await asyncio.open_connection("127.0.0.1", rig.port) for _ in range(3)]
        for reader, writer in held:
            writer.write(b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        refused = b""
        with suppress(ConnectionError):
            refused = await rig.raw(get())
        held[0][1].close()
        await held[0][1].wait_closed()
        admitted = b""
        for _ in range(50):
            with suppress(ConnectionError):
                admitted = await rig.raw(get())
            if admitted:
                break
            await asyncio.sleep(0.02)
        for _, writer in held[1:]:
            writer.close()

    assert refused == b""
    assert admitted.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_connections_to_a_backend_are_no_more_than_its_bound(tmp_path: Path) -> None:
    forward = replace(PATIENT, connections=3, wait_s=5.0)

    async with running(tmp_path, forward=forward) as rig:
        rig.legacy.behaviour = answering(after_s=0.05)
        answers = await asyncio.gather(*(rig.ask() for _ in range(30)))

    assert {answer.status for answer in answers} == {200}
    assert rig.legacy.connections == 3


async def test_an_idle_client_is_let_go_after_a_while_and_not_before(tmp_path: Path) -> None:
    async with running(tmp_path, client=replace(QUICK_CLIENT, idle_s=0.5)) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        for _ in range(3):
            writer.write(b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\n\r\n")
            await reader.readuntil(b'legacy"}')
            await asyncio.sleep(0.2)
        started = time.monotonic()
        rest = await asyncio.wait_for(reader.read(), 5)
        waited = time.monotonic() - started
        writer.close()

    assert rest == b""
    assert 0.1 < waited < 1.5


async def test_a_body_that_stops_coming_is_408_and_its_backend_connection_is_not_used_again(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, forward=PATIENT, client=replace(QUICK_CLIENT, body_timeout_s=0.2)) as rig:
        answer = await rig.raw(get("/v1/escrows", "Content-Length: 10", method="POST", body=b"half"))
        after = await rig.ask("POST", data=b"whole")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert after.status == 200
    assert [seen.body for seen in rig.legacy.seen] == [b"whole"]


async def test_bounds_hold_for_modern_as_for_legacy(tmp_path: Path) -> None:
    bounds = {LIST: EndpointBounds(answer_timeout_s=0.2), CREATE: EndpointBounds(max_body_bytes=10)}

    async with (
        FakeBackend(hanging()) as silent,
        running(tmp_path, stage=Stage.COMPLETE, modern_url=silent.url, forward=PATIENT, bounds=bounds) as rig,
    ):
        read = await rig.ask()
        write = await rig.ask("POST", data=b"x" * 11)

    assert (read.status, write.status) == (504, 413)
    assert rig.legacy.seen == []
