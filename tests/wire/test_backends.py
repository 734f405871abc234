"""Where a backend may be: a Unix socket, an IPv6 address, a name whose address changes, or several of them."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proxy.stages import Stage
from tests.proxy.rig import QUICK_FORWARD, get, running, until
from tests.support.backends import DeadPort, FakeBackend, answering, hanging

NAME = "crm.example.test"
LARGE = bytes(range(256)) * 20_000


class Resolver:
    """In the place of the loop's: one name has these addresses; `delay_s` is how long it thinks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
        self.addresses: Sequence[str] = addresses
        self.delay_s = 0.0
        loop = asyncio.get_running_loop()
        self._real = loop.getaddrinfo
        monkeypatch.setattr(loop, "getaddrinfo", self._resolve)

    async def _resolve(self, host: Any, port: Any, **options: Any) -> Any:
        if host != NAME:
            return await self._real(host, port, **options)
        await asyncio.sleep(self.delay_s)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in self.addresses
        ]


async def test_a_backend_on_a_unix_socket_is_served_from_and_its_host_is_the_clients(tmp_path: Path) -> None:
    async with (
        FakeBackend(answering(LARGE), path=tmp_path / "legacy.sock") as local,
        running(tmp_path, legacy_url=local.url) as rig,
    ):
        answers = [await rig.ask("POST", data=LARGE, headers={"Host": NAME}) for _ in range(3)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, LARGE)] * 3
    assert [(seen.body, seen.header("Host")) for seen in local.seen] == [(LARGE, NAME)] * 3
    assert local.connections == 1


async def test_copies_go_to_a_shadow_on_a_unix_socket(tmp_path: Path) -> None:
    async with (
        FakeBackend(path=tmp_path / "modern.sock") as local,
        running(tmp_path, stage=Stage.SHADOW, modern_url=local.url) as rig,
    ):
        await rig.ask()
        await rig.settled(1)

        [exchange] = rig.parity.exchanges
    assert (exchange.modern.status, exchange.modern.error) == (200, "")
    assert [seen.target for seen in local.seen] == ["/v1/escrows"]


async def test_a_unix_socket_that_is_not_there_is_502_until_it_is(tmp_path: Path) -> None:
    local = FakeBackend(path=tmp_path / "legacy.sock")

    async with running(tmp_path, legacy_url=local.url) as rig:
        before = await rig.ask()
        async with local:
            after = await rig.ask()
        (tmp_path / "legacy.sock").unlink(missing_ok=True)
        gone = await rig.ask("POST", data=b"x")

    assert [answer.status for answer in (before, after, gone)] == [502, 200, 502]
    assert before.header("Proxy-Status") == "crossfade; error=connection_refused"


async def test_ipv6_on_both_sides(tmp_path: Path) -> None:
    async with (
        FakeBackend(answering(LARGE), host="::1") as six,
        running(tmp_path, legacy_url=six.url, listen_host="::1") as rig,
    ):
        reader, writer = await asyncio.open_connection("::1", rig.port)
        writer.write(get())
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(LARGE)
    assert six.seen[0].header("X-Forwarded-For") == "::1"
    assert (six.seen[0].header("Forwarded") or "").startswith('for="[::1]"')


async def test_a_listener_for_both_families_tells_ipv4_clients_by_their_own_address(tmp_path: Path) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        async with running(tmp_path, listen_fd=both.fileno()) as rig:
            for host in ("::1", "127.0.0.1"):
                reader, writer = await asyncio.open_connection(host, rig.port)
                writer.write(get())
                await asyncio.wait_for(reader.read(), 10)
                writer.close()

    assert [seen.header("X-Forwarded-For") for seen in rig.legacy.seen] == ["::1", "127.0.0.1"]


async def test_new_connections_go_where_the_name_leads_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver(monkeypatch, "127.0.0.2")
    async with (
        FakeBackend(answering(b"old"), host="127.0.0.2") as old,
        FakeBackend(answering(b"new"), host="127.0.0.3", port=old.port) as new,
        running(
            tmp_path,
            legacy_url=f"http://{NAME}:{old.port}",
            forward=replace(QUICK_FORWARD, idle_s=0.2),
        ) as rig,
    ):
        first = await rig.ask()
        resolver.addresses = ("127.0.0.3",)
        kept = await rig.ask()
        await until(lambda: old.open_connections == 0)
        moved = [await rig.ask(method) for method in ("GET", "POST")]

    assert [answer.body for answer in (first, kept, *moved)] == [b"old", b"old", b"new", b"new"]
    assert (old.connections, new.connections) == (1, 1)


async def test_a_request_in_flight_ends_where_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver(monkeypatch, "127.0.0.2")
    async with (
        FakeBackend(answering(b"old", after_s=0.2), host="127.0.0.2") as old,
        FakeBackend(answering(b"new"), host="127.0.0.3", port=old.port),
        running(tmp_path, legacy_url=f"http://{NAME}:{old.port}") as rig,
    ):
        slow = asyncio.create_task(rig.ask("POST", data=b"x"))
        await until(lambda: len(old.begun) == 1)
        resolver.addresses = ("127.0.0.3",)
        quick = await rig.ask()
        ended = await slow

    assert (ended.body, quick.body) == (b"old", b"new")


async def test_of_several_addresses_the_next_is_tried_where_one_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Resolver(monkeypatch, "::1", "127.0.0.4", "127.0.0.2")
    async with (
        FakeBackend(host="127.0.0.2") as there,
        running(tmp_path, legacy_url=f"http://{NAME}:{there.port}") as rig,
    ):
        answer = await rig.ask()

    assert answer.status == 200


async def test_a_name_that_leads_nowhere_is_502_until_it_leads_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver(monkeypatch)
    async with (
        FakeBackend(host="127.0.0.2") as there,
        running(tmp_path, legacy_url=f"http://{NAME}:{there.port}") as rig,
    ):
        nowhere = await rig.ask()
        resolver.addresses = ("127.0.0.2",)
        found = await rig.ask()

    assert (nowhere.status, found.status) == (502, 200)


async def test_a_name_that_leads_nowhere_is_named_as_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Resolver(monkeypatch)

    async with running(tmp_path, legacy_url=f"http://{NAME}:80") as rig:
        answer = await rig.ask()

    assert answer.header("Proxy-Status") == "crossfade; error=dns_error"  # RFC 9209 section 2.3.2


async def test_a_resolver_that_hangs_is_504_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch, "127.0.0.2")
    resolver.delay_s = 60.0

    async with running(tmp_path, legacy_url=f"http://{NAME}:80") as rig:
        answer = await rig.ask()

    assert answer.status == 504
    assert answer.header("Proxy-Status") == "crossfade; error=connection_timeout"


async def test_a_read_of_a_modern_that_has_no_address_is_answered_by_legacy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Resolver(monkeypatch)

    async with running(tmp_path, stage=Stage.LIVE, modern_url=f"http://{NAME}:80") as rig:
        answer = await rig.ask()

    assert (answer.status, answer.body) == (200, b'{"by":"legacy"}')


async def test_one_backend_that_is_away_costs_the_other_nothing(tmp_path: Path) -> None:
    dead = DeadPort()
    async with running(tmp_path, stage=Stage.SHADOW, modern_url=dead.url) as rig:
        rig.legacy.behaviour = answering(b"here")
        answers = [await rig.ask() for _ in range(20)]
        rig.legacy.behaviour = hanging()
        silent = await rig.ask()
    dead.close()

    assert [answer.body for answer in answers] == [b"here"] * 20
    assert silent.status == 504
