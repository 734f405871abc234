"""The plane on real sockets: what its connections share, and an orderly end."""

import asyncio
import socket
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from parity.exchange import Backend
from proxy.errors import ListenError
from proxy.plane import DataPlane
from proxy.settings import ClientSettings, EndpointBounds, TlsSettings
from proxy.stages import Stage
from proxy.wire.plane import WirePlane
from tests.proxy.rig import QUICK_FORWARD, get, until
from tests.proxy.wire.rig import (
    RecordingEdge,
    RecordingTelemetry,
    Rig,
    keeping,
    parsed,
    planed,
    settings_of,
)
from tests.proxy.wire.test_target import certificate
from tests.support.backends import FakeBackend, answering, hanging, sending

PATIENT = replace(QUICK_FORWARD, answer_timeout_s=60, fallback_timeout_s=60)


async def one_answer(reader: asyncio.StreamReader) -> bytes:
    """The next answer of a connection that stays; its body has a length."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = parsed(head).header("Content-Length") or "0"
    return head + await reader.readexactly(int(length))


def reset(writer: asyncio.StreamWriter) -> None:
    """Be gone for good, which a plain end is not."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_it_is_a_data_plane() -> None:
    plane: DataPlane = WirePlane(settings_of())

    assert not plane.is_closing
    await plane.close()


async def test_requests_share_connections_to_their_backend() -> None:
    async with planed() as rig:
        for _ in range(5):
            await rig.ask()

        assert (rig.legacy.connections, len(rig.legacy.seen)) == (1, 5)
        assert rig.telemetry.over == [("legacy", 200, "")] * 5
        assert rig.plane.load.idle[Backend.LEGACY] == 1


async def test_many_clients_at_once_get_their_own_answers() -> None:
    async def echo(seen: object, writer: asyncio.StreamWriter) -> bool:
        body = str(getattr(seen, "target", "")).encode()
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        return True

    async with planed(forward=replace(PATIENT, connections=4, wait_s=20)) as rig:
        rig.legacy.behaviour = echo
        answers = await asyncio.gather(*(rig.ask("GET", f"/{number}") for number in range(80)))

        assert [answer.body for answer in answers] == [b"/%d" % number for number in range(80)]
        assert rig.legacy.connections == 4


@pytest.mark.parametrize("size", [0, 1, 16_384, 16_385, 65_536, 65_537, 200_000])
async def test_a_body_that_came_with_its_head_arrives_whole_whether_it_is_joined_or_not(size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)

    async with planed(forward=PATIENT) as rig:
        rig.legacy.behaviour = answering(body[:size])
        answer = await rig.ask("POST", body=body[:size])

        assert rig.legacy.seen[0].body == body[:size]
        assert answer.body == body[:size]


async def test_bodies_of_many_megabytes_pass_both_ways() -> None:
    large = bytes(range(256)) * 4 * 4_096

    async with planed(forward=PATIENT) as rig:
        rig.legacy.behaviour = answering(large)
        answer = await rig.ask("POST", body=large)

        assert rig.legacy.seen[0].body == large
        assert answer.body == large


async def test_a_backend_that_does_not_read_slows_the_client() -> None:
    is_over = asyncio.Event()  # held, or the task that waits for it could vanish

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await is_over.wait()
        writer.close()

    server = await asyncio.start_server(stall, "127.0.0.1", 0, limit=1_024)
    port = server.sockets[0].getsockname()[1]
    async with planed(forward=PATIENT, legacy_url=f"http://127.0.0.1:{port}") as rig:
        _, writer = await rig.connect()
        writer.write(keeping("/v1/escrows", "Content-Length: 200000000", method="POST"))
        sent = 0
        with suppress(TimeoutError):
            while sent < 150_000_000:  # more than the system holds of two connections
                writer.write(b"x" * 100_000)
                await asyncio.wait_for(writer.drain(), 0.5)
                sent += 100_000
        writer.transport.abort()
        is_over.set()
        await asyncio.sleep(0)
    server.close()

    assert sent < 150_000_000


async def test_there_are_no_more_clients_than_the_bound_and_room_again_when_one_leaves() -> None:
    async with planed(client=ClientSettings(max_connections=2)) as rig:
        clients = [await rig.connect() for _ in range(2)]
        await until(lambda: rig.plane.load.clients == 2)
        refused, _ = await rig.connect()
        with suppress(ConnectionResetError):
            assert await refused.read() == b""
        clients[0][1].transport.abort()
        await until(lambda: rig.plane.load.clients == 1)

        assert (await rig.ask()).status == 200


async def test_an_endpoint_takes_no_more_at_once_than_its_bound() -> None:
    bounds = {"GET /v1/escrows": EndpointBounds(max_in_flight=1)}

    async with planed(forward=PATIENT, bounds=bounds) as rig:
        rig.legacy.behaviour = answering(after_s=0.2)
        first, second = asyncio.create_task(rig.ask()), None
        await until(lambda: len(rig.legacy.seen) == 1)
        second, other = await asyncio.gather(rig.ask(), rig.ask("GET", "/v1/escrows/1"))
        answers = [await first, second, other, await rig.ask()]

        assert [answer.status for answer in answers] == [200, 503, 200, 200]
        assert ("none", 503, "busy") in rig.telemetry.over
        assert rig.telemetry.turned_away == []


async def test_an_endpoint_may_have_bounds_of_its_own() -> None:
    bounds = {"POST /v1/escrows": EndpointBounds(max_body_bytes=3, answer_timeout_s=0.1)}

    async with planed(forward=PATIENT, bounds=bounds) as rig:
        large = await rig.ask("POST", body=b"abcd")
        rig.legacy.behaviour = hanging()
        silent = await rig.ask("POST", body=b"abc")

        assert (large.status, silent.status) == (413, 504)
        assert ("none", 413, "large_body") in rig.telemetry.over


async def test_an_endpoint_may_take_no_body_at_all() -> None:
    bounds = {"POST /v1/escrows": EndpointBounds(max_body_bytes=0)}
    chunked = ("Transfer-Encoding: chunked", "Connection: close")

    async with planed(forward=PATIENT, bounds=bounds) as rig:
        one_byte = await rig.ask("POST", body=b"a")
        in_chunks = parsed(
            await rig.raw(keeping("/v1/escrows", *chunked, method="POST", body=b"1\r\na\r\n0\r\n\r\n"))
        )
        none = await rig.ask("POST")

        assert (one_byte.status, in_chunks.status, none.status) == (413, 413, 200)


# TLS


async def test_it_serves_tls_and_says_so_to_its_backend(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    async with planed(tls=TlsSettings(path)) as rig:
        context = ssl.create_default_context(cafile=path)
        reader, writer = await asyncio.open_connection("localhost", rig.port, ssl=context)
        writer.write(get())
        answer = parsed(await asyncio.wait_for(reader.read(), 5))
        writer.transport.abort()

        assert answer.status == 200
        assert rig.legacy.seen[0].header("X-Forwarded-Proto") == "https"


async def test_a_certificate_that_cannot_be_used_is_said_before_it_listens(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("nonsense")

    for name in ("broken.pem", "none.pem"):
        settings = settings_of(tls=TlsSettings(tmp_path / name))
        edge = RecordingEdge(settings)
        plane = WirePlane(settings)
        with pytest.raises(ListenError, match=name):
            await plane.bind(edge, RecordingTelemetry(edge))
        await plane.close()


async def test_a_port_that_is_taken_is_said() -> None:
    async with planed() as rig:
        settings = settings_of(listen_port=rig.port)
        edge = RecordingEdge(settings)
        plane = WirePlane(settings)

        with pytest.raises(ListenError, match=str(rig.port)):
            await plane.bind(edge, RecordingTelemetry(edge))
        await plane.close()


async def test_an_inherited_socket_is_served() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    async with planed(listen_fd=listening.fileno()) as rig:
        assert rig.port == listening.getsockname()[1]
        assert (await rig.ask()).status == 200
    listening.close()


# Its end


async def ended(rig: Rig, timeout_s: float) -> float:
    """How long it took to finish."""
    started = time.monotonic()
    await rig.plane.stop_accepting()
    await rig.plane.finish(timeout_s)
    return time.monotonic() - started


async def test_finishing_waits_for_requests_and_closes_their_connections() -> None:
    async with planed(forward=PATIENT) as rig:
        rig.legacy.behaviour = answering(after_s=0.3)
        reader, writer = await rig.connect()
        writer.write(keeping())
        await until(lambda: len(rig.legacy.seen) == 1)
        took_s = await ended(rig, 5)
        answer = parsed(await reader.read())

        assert (answer.status, answer.header("Connection")) == (200, "close")
        assert took_s < 4
        assert rig.edge.outcomes == ["answered"]
        with pytest.raises(ConnectionRefusedError):
            await rig.connect()


async def test_an_idle_connection_is_closed_after_the_grace_and_serves_until_then() -> None:
    async with planed() as rig:
        reader, writer = await rig.connect()
        writer.write(keeping())
        await one_answer(reader)
        idle_reader, _ = await rig.connect()
        await until(lambda: rig.plane.load.clients == 2)
        finishing = asyncio.create_task(ended(rig, 10))
        await asyncio.sleep(0.2)
        writer.write(keeping())
        late = parsed(await reader.read())
        silent = await idle_reader.read()
        took_s = await finishing

        assert (late.status, late.header("Connection"), silent) == (200, "close", b"")
        assert 0.9 < took_s < 4


async def test_finishing_is_bounded_and_what_was_broken_off_is_told_too() -> None:
    async with planed(forward=PATIENT) as rig:
        rig.legacy.behaviour = hanging()
        for method in ("GET", "POST"):
            _, writer = await rig.connect()
            writer.write(keeping(method=method))
        await until(lambda: len(rig.legacy.seen) == 2)
        took_s = await ended(rig, 0.2)
        await rig.plane.close()
        await until(lambda: rig.plane.load.clients == 0)

        assert took_s < 2
        assert sorted(rig.edge.outcomes) == ["abandoned", "abandoned"]
        assert (rig.plane.requests_in_flight, len(rig.telemetry.over)) == (0, 2)
        assert rig.edge.races.mark("escrows").in_flight == 0


async def test_finishing_waits_for_a_write_whose_client_is_gone() -> None:
    async with planed(forward=PATIENT) as rig:
        rig.legacy.behaviour = answering(after_s=0.4)
        _, writer = await rig.connect()
        writer.write(keeping(method="POST"))
        await until(lambda: len(rig.legacy.seen) == 1)
        reset(writer)
        await until(lambda: rig.plane.load.clients == 0)
        await ended(rig, 5)

        assert rig.telemetry.over == [("legacy", 200, "abandoned")]


# Other settings


async def test_requests_in_flight_keep_their_backend_when_it_is_changed() -> None:
    async with planed(forward=PATIENT) as rig, FakeBackend(answering(b"new")) as other:
        rig.legacy.behaviour = answering(b"old", after_s=0.3)
        asking = asyncio.create_task(rig.ask())
        await until(lambda: len(rig.legacy.seen) == 1)
        settings = replace(rig.settings, legacy_url=other.url)
        rig.plane.reconfigure(RecordingEdge(settings), settings)
        late = await rig.ask()
        early = await asking

        assert (early.body, late.body) == (b"old", b"new")
        await until(lambda: rig.legacy.open_connections == 0)


async def test_connections_of_clients_and_backends_stay_when_other_things_change() -> None:
    async with planed() as rig:
        reader, writer = await rig.connect()
        writer.write(keeping())
        await one_answer(reader)
        settings = replace(rig.settings, expose_served_by=False)
        rig.plane.reconfigure(RecordingEdge(settings, stage=Stage.SHADOW), settings)
        writer.write(get())
        answer = parsed(await reader.read())

        assert (answer.status, answer.header("X-Served-By")) == (200, None)
        assert rig.legacy.connections == 1


async def test_a_request_that_waits_for_a_connection_is_served_though_its_backend_is_changed() -> None:
    async with planed(forward=replace(PATIENT, connections=1, wait_s=5)) as rig, FakeBackend() as other:
        rig.legacy.behaviour = answering(b"old", after_s=0.3)
        asking = [asyncio.create_task(rig.ask()) for _ in range(2)]
        await until(lambda: len(rig.legacy.seen) == 1 and rig.plane.requests_in_flight == 2)
        settings = replace(rig.settings, legacy_url=other.url)
        rig.plane.reconfigure(RecordingEdge(settings), settings)
        answers = await asyncio.wait_for(asyncio.gather(*asking), 5)

        assert {answer.status for answer in answers} <= {200, 503}
        assert len(rig.telemetry.over) == 2


def test_an_answer_that_breaks_off_is_a_reset_with_uvloop_too() -> None:
    async def run() -> None:
        async with planed(Stage.OFF, forward=PATIENT) as rig:
            rig.legacy.behaviour = sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", pause_s=0.1)
            with pytest.raises(ConnectionResetError):
                await rig.raw(keeping())
            rig.legacy.behaviour = answering(b"fine")
            assert (await rig.ask()).body == b"fine"
            assert sorted(rig.edge.outcomes) == ["answered", "failed"]

    for factory in (asyncio.new_event_loop, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(run())


# Faults of the proxy's own


async def test_a_fault_after_the_answer_leaves_the_connection_as_it_is() -> None:
    async with planed() as rig:
        reader, writer = await rig.connect()
        rig.edge.fails_at = "answered"
        for _ in range(3):
            writer.write(keeping())
            assert (await one_answer(reader)).startswith(b"HTTP/1.1 200 ")

    assert len(rig.legacy.seen) == 3


async def test_a_fault_before_the_answer_is_500_and_counted() -> None:
    async with planed() as rig:
        rig.edge.fails_at = "outbound"
        answer = await rig.ask()

    assert (answer.status, b"INTERNAL_ERROR" in answer.body) == (500, True)
    assert {count.name for count in rig.edge.counters.take()} == {"requests", "failed", "not_mirrored"}
