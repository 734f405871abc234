"""Bytes in both directions, until both sides have ended or one is gone."""

import asyncio
from pathlib import Path

import pytest

from proxy.wire.backend import BackendConnection
from proxy.wire.timeouts import NEVER
from proxy.wire.tunnel import Tunnel
from tests.proxy.wire.fakes import Clock, FakeTransport, Keeper, connection_of, settle, timeouts_of
from tests.proxy.wire.rig import keeping, planed

ESTABLISHED, KEEPALIVE = "01", "02"
"""In /proc/net/tcp: the state, and which timer runs."""


class Ends:
    """A tunnel between two fake transports."""

    def __init__(self, *, near_writes_eof: bool = True) -> None:
        self.keeper = Keeper()
        self.connection: BackendConnection
        self.connection, self.far = connection_of(self.keeper, timeouts_of(Clock()))
        self.near = FakeTransport(writes_eof=near_writes_eof)
        self.tunnel = Tunnel(self.near, self.connection)
        self.tunnel.open(b"", b"")


@pytest.fixture
async def ends() -> Ends:
    """On a loop."""
    return Ends()


async def test_what_had_come_before_goes_first(ends: Ends) -> None:
    ends.tunnel.open(b"from the backend", b"from the client")
    ends.connection.data_received(b", more")
    ends.tunnel.near_data(b", more")

    assert (ends.near.text, ends.far.text) == (b"from the backend, more", b"from the client, more")


async def test_a_tunnel_has_no_deadline(ends: Ends) -> None:
    ends.tunnel.near_full()
    ends.tunnel.near_drained()
    ends.connection.data_received(b"x")

    assert ends.connection.deadline == NEVER


async def test_each_side_slows_the_other_down(ends: Ends) -> None:
    ends.tunnel.near_full()
    ends.connection.pause_writing()
    paused = (ends.near.reads, ends.far.reads)
    ends.tunnel.near_drained()
    ends.connection.resume_writing()

    assert paused == (False, False)
    assert (ends.near.reads, ends.far.reads) == (True, True)


async def test_one_side_may_end_before_the_other(ends: Ends) -> None:
    ends.tunnel.near_eof()
    ends.connection.data_received(b"the answer")
    half = (ends.far.is_ended, ends.near.is_closed, ends.near.text)
    assert ends.connection.eof_received() is True
    await settle()

    assert half == (True, False, b"the answer")
    assert (ends.near.is_closed, ends.far.is_closed, ends.keeper.events) == (True, True, ["lost"])


async def test_the_backend_may_end_first(ends: Ends) -> None:
    ends.connection.eof_received()
    ends.tunnel.near_data(b"still")
    half = (ends.near.is_ended, ends.far.is_closed, ends.far.text)
    ends.tunnel.near_eof()
    await settle()

    assert half == (True, False, b"still")
    assert (ends.near.is_closed, ends.far.is_closed) == (True, True)


async def test_a_client_that_cannot_be_half_closed_is_closed() -> None:
    ends = Ends(near_writes_eof=False)

    ends.connection.eof_received()

    assert ends.near.is_closed


async def test_a_client_that_is_gone_ends_the_backends_side(ends: Ends) -> None:
    ends.tunnel.near_lost()
    ends.tunnel.near_lost()
    await settle()

    assert (ends.far.is_closed, ends.keeper.events) == (True, ["lost"])


async def test_a_backend_that_is_gone_ends_the_clients_side(ends: Ends) -> None:
    ends.connection.connection_lost(ConnectionResetError())
    ends.tunnel.near_data(b"late")
    ends.tunnel.near_eof()

    assert ends.near.is_closed
    assert ends.far.text == b""


def probed(local_port: int = 0, remote_port: int = 0) -> list[bool]:
    """Of the connections with these ports, as the kernel lists them: whether it is about to ask if the other end is there."""
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, _, timer, *_ = line.split()
        ports = [int(address.partition(":")[2], 16) for address in (local, remote)]
        if state == ESTABLISHED and ports in ([local_port, ports[1]], [ports[0], remote_port]):
            found.append(timer.startswith(KEEPALIVE))
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux lists its connections there")
async def test_the_kernel_asks_both_sides_whether_they_are_still_there_but_nobody_of_a_plain_request() -> (
    None
):
    async def switch(_: object, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        await asyncio.sleep(0.5)
        return False

    async with planed() as rig:
        backend_port = int(rig.legacy.url.rpartition(":")[2])
        reader, writer = await rig.connect()
        writer.write(keeping())
        await reader.readuntil(b"\r\n\r\n")
        before = (probed(rig.port), probed(remote_port=backend_port))
        rig.legacy.behaviour = switch
        reader, writer = await rig.connect()
        writer.write(keeping("/v1/escrows", "Connection: Upgrade", "Upgrade: x"))
        await reader.readuntil(b"\r\n\r\n")
        after = (probed(rig.port), probed(remote_port=backend_port))

        assert (any(before[0]), any(before[1])) == (False, False)
        assert (sum(after[0]), sum(after[1])) == (1, 1)
