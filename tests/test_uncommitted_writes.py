"""Writes that modern says it has not committed: legacy gets them, once; both backends, one real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import tests.legacy_bridge.support as legacy_support
from parity.exchange import Backend, Endpoint
from proxy.stages import Stage
from tests.domains.support import SHADOW_SECRET, Modern, escrow, serving, signed
from tests.proxy.rig import Rig, running

ENDPOINTS = (Endpoint("escrows", "POST", "/v1/escrows"),)
STREET = "7 Uncertain Road"
NEW = {"propertyAddress": STREET, "city": "Exampleton", "state": "CA", "purchasePrice": 500_000}
REFUSING = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON escrows FOR EACH ROW
    WHEN (current_setting('application_name') = 'crossfade-modern') EXECUTE FUNCTION refuse()
"""


@pytest.fixture
def refusing(seeded_database: str) -> Iterator[str]:
    """A database that has no room for what modern writes of escrows."""
    with psycopg.connect(seeded_database, autocommit=True) as connection:
        connection.execute(REFUSING)
        yield seeded_database
        connection.execute("DROP FUNCTION refuse() CASCADE")


@asynccontextmanager
async def losing_what_is_made(database_url: str) -> AsyncIterator[str]:
    """The address of that database whose connections break just before they would say that a row was inserted."""
    there = conninfo_to_dict(database_url)
    host, port = str(there["host"]), int(there.get("port") or 5432)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else asyncio.open_connection(host, port)
        )
        far_reader, far_writer = await opened

        async def ask() -> None:
            while data := await reader.read(65_536):
                far_writer.write(data)
            far_writer.close()

        async def answer() -> None:
            with suppress(ConnectionError):
                while (data := await far_reader.read(65_536)) and b"INSERT 0 1\0" not in data:
                    writer.write(data)
            writer.transport.abort()

        await asyncio.gather(ask(), answer(), return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    yield make_conninfo(database_url, host="127.0.0.1", port=number)
    server.close()


@asynccontextmanager
async def at_live(
    legacy_database: str, modern_database: str, contract: Path, tmp_path: Path
) -> AsyncIterator[tuple[Rig, Modern]]:
    async with (
        legacy_support.running(legacy_database, contract) as legacy,
        serving(modern_database, contract) as modern,
        running(
            tmp_path,
            stage=Stage.LIVE,
            legacy_url=str(legacy.client.make_url("/")),
            modern_url=str(modern.client.make_url("/")),
            endpoints=ENDPOINTS,
            shadow_secret=SHADOW_SECRET,
        ) as rig,
    ):
        yield rig, modern


async def create(rig: Rig, modern: Modern) -> Any:
    headers = dict(modern.credentials.headers("agent_ann"))
    return await rig.ask("POST", "/v1/escrows", headers=headers, json=NEW)


def made(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT count(*) FROM escrows WHERE property_address = %s", [STREET])
        return int(found.fetchall()[0][0])


async def test_what_modern_could_not_commit_is_committed_once_by_legacy(
    refusing: str, contract: Path, tmp_path: Path
) -> None:
    async with at_live(refusing, refusing, contract, tmp_path) as (rig, modern):
        direct = await modern.send("agent_ann", "POST", "/v1/escrows", NEW)
        before = made(refusing)
        answer = await create(rig, modern)
        await rig.settled(1)

        assert (direct.status, direct.headers["X-Committed"], before) == (500, "0", 0)
        assert (answer.status, answer.served_by) == (201, Backend.LEGACY)
        assert answer.header("X-Committed") is None
        assert made(refusing) == 1
        assert rig.parity.counts()["fallback"] == 1


async def test_what_modern_may_have_committed_is_committed_by_nobody_else(
    seeded_database: str, contract: Path, tmp_path: Path
) -> None:
    async with (
        losing_what_is_made(seeded_database) as losing,
        at_live(seeded_database, losing, contract, tmp_path) as (rig, modern),
    ):
        direct = await modern.send("agent_ann", "POST", "/v1/escrows", NEW)
        before = made(seeded_database)
        answer = await create(rig, modern)
        await rig.settled(1)

        assert (direct.status, "X-Committed" in direct.headers, before) == (500, False, 1)
        assert (answer.status, answer.served_by) == (500, Backend.MODERN)
        assert made(seeded_database) == 2
        assert rig.parity.counts()["fallback"] == 0


async def test_who_committed_something_or_was_refused_or_only_asked_hears_nothing_of_it(
    refusing: str, contract: Path
) -> None:
    raw = json.dumps(NEW).encode()
    proof = signed("/v1/escrows", method="POST", body=raw)
    copied = proof | {"X-Crossfade-Shadow": "rehearse", "Content-Type": "application/json"}
    async with serving(refusing, contract) as modern:
        replies = [
            await modern.send(
                "apikey:agent_ann", "POST", "/v1/escrows", NEW
            ),  # that the key was used is kept
            await modern.send("agent_ann", "POST", "/v1/escrows", {}),
            await modern.send("agent_ann", "GET", escrow(9)),
            await modern.send("agent_ann", "POST", "/v1/escrows", raw=raw, headers=copied),
        ]

    assert [reply.status for reply in replies] == [500, 400, 200, 500]
    assert not any("X-Committed" in reply.headers for reply in replies)
