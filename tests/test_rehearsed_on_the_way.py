"""Writes to the reference CRM that modern rehearses before legacy commits them: both backends, one real PostgreSQL."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tests.legacy_bridge.support as legacy_support
from domains.shared.caching import CacheSettings
from parity.exchange import Backend, Endpoint, Rehearsal
from proxy.settings import WriteCheck
from proxy.stages import Stage
from tests.domains.recording import Ear
from tests.domains.requests import MANY, tables_of
from tests.domains.support import SHADOW_SECRET, Modern, Reply, escrow, serving
from tests.proxy.rig import Rig, running
from tests.proxy.wire.rehearsing import rehearsing_settings

ANNS = escrow(9)
ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("escrows", "POST", "/v1/escrows"),
    Endpoint("escrows", "PUT", "/v1/escrows/{id}"),
    Endpoint("escrows", "PUT", "/v1/escrows/{id}/archive"),
)
NEW = {"propertyAddress": "7 Rehearsed Road", "city": "Exampleton", "state": "CA", "purchasePrice": 500_000}


@dataclass(frozen=True, slots=True)
class Backends:
    """Both backends and what they told their sockets."""

    legacy: legacy_support.Legacy
    modern: Modern
    ear: Ear

    def settings(self, **checks: Any) -> dict[str, Any]:
        """Of a proxy worker between them."""
        urls = [str(one.client.make_url("/")) for one in (self.legacy, self.modern)]
        return {
            "legacy_url": urls[0],
            "modern_url": urls[1],
            "endpoints": ENDPOINTS,
            "shadow_secret": SHADOW_SECRET,
            "write_checks": rehearsing_settings(**checks),
        }

    async def read(self) -> Reply:
        """An escrow, from modern itself."""
        return await self.modern.send("agent_ann", "GET", ANNS)


@pytest.fixture
async def backends(seeded_database: str, contract: Path) -> AsyncIterator[Backends]:
    """Modern has a cache whose entries outlive the test."""
    ear = Ear()
    async with (
        legacy_support.running(seeded_database, contract) as legacy,
        serving(
            *(seeded_database, contract), cache=CacheSettings(ttl_s=3_600), rate_limits=MANY, event_sink=ear
        ) as modern,
    ):
        yield Backends(legacy, modern, ear)


async def write(rig: Rig, backends: Backends, method: str, target: str, body: Any = None) -> tuple[int, Any]:
    """As agent_ann, through the proxy."""
    headers = dict(backends.modern.credentials.headers("agent_ann"))
    answer = await rig.ask(method, target, headers=headers, json=body)
    return answer.status, json.loads(answer.body)


def rehearsals(rig: Rig) -> list[Rehearsal]:
    return [one.rehearsal for one in rig.parity.captures if one.rehearsal is not None]


def write_set(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    lines = [line.partition(b": ") for line in rehearsal.head.split(b"\r\n")]
    (value,) = [value for name, _, value in lines if name.lower() == b"x-write-set"]
    return [(row["table"], row["op"]) for row in json.loads(value)]


async def test_a_rehearsed_write_is_committed_once_and_told_once(backends: Backends, tmp_path: Path) -> None:
    number = ANNS.rpartition("/")[2]
    before = backends.legacy.rows("SELECT version FROM escrows WHERE id = %s", [number])
    async with running(tmp_path, stage=Stage.SHADOW, **backends.settings()) as rig:
        made, _ = await write(rig, backends, "POST", "/v1/escrows", NEW)
        changed, _ = await write(rig, backends, "PUT", ANNS, {"purchasePrice": 510_000})
        archived, _ = await write(rig, backends, "PUT", f"{ANNS}/archive")
        await rig.settled(3)

        assert (made, changed, archived) == (201, 200, 200)
        assert [(one.status, one.error, one.shed) for one in rehearsals(rig)] == [
            (201, "", ""),
            (200, "", ""),
            (200, "", ""),
        ]
        assert [write_set(one)[0] for one in rehearsals(rig)] == [
            ("escrows", "insert"),
            ("escrows", "update"),
            ("escrows", "update"),
        ]
        rows = backends.legacy.rows(
            "SELECT count(*) FROM escrows WHERE property_address = %s", [NEW["propertyAddress"]]
        )
        after = backends.legacy.rows(
            "SELECT version, purchase_price::int FROM escrows WHERE id = %s", [number]
        )
        assert (rows, after) == ([(1,)], [(before[0][0] + 1, 510_000)])
        assert backends.ear.heard() == ()
        assert len(backends.legacy.ear.heard()) == 3


async def test_what_was_rehearsed_and_never_committed_is_nowhere(backends: Backends, tmp_path: Path) -> None:
    await backends.read()
    before = tables_of(backends.modern)
    settings = backends.settings()
    del settings["legacy_url"]
    async with running(tmp_path, stage=Stage.SHADOW, dead=Backend.LEGACY, **settings) as rig:
        made, _ = await write(rig, backends, "POST", "/v1/escrows", NEW)
        changed, _ = await write(rig, backends, "PUT", ANNS, {"purchasePrice": 1})
        metrics = await rig.session.get(f"http://127.0.0.1:{rig.admin_port}/metrics")
        page = await metrics.text()

    again = await backends.read()
    assert (made, changed) == (502, 502)
    assert 'rehearsals_total{endpoint="PUT /v1/escrows/{id}",result="answered"} 1.0' in page
    assert tables_of(backends.modern) == before
    assert backends.ear.heard() == ()
    assert "cache;desc=hit" in again.headers["Server-Timing"]


async def test_a_client_that_may_not_write_is_refused_by_both_and_ends_nothing(
    backends: Backends, tmp_path: Path
) -> None:
    async with running(tmp_path, stage=Stage.SHADOW, **backends.settings()) as rig:
        refused = [
            (await rig.ask("PUT", ANNS, json={"purchasePrice": 1})).status,
            (await rig.ask("PUT", ANNS, data=b"{", headers={"Content-Type": "application/json"})).status,
            (await write(rig, backends, "POST", "/v1/escrows", {"purchasePrice": -1}))[0],
        ]
        changed, _ = await write(rig, backends, "PUT", ANNS, {"purchasePrice": 2})
        await rig.settled(4)

        assert [one.status for one in rehearsals(rig)] == [*refused, changed]
        assert (refused, changed) == ([401, 400, 400], 200)


async def test_legacy_itself_is_never_asked_to_rehearse(backends: Backends, tmp_path: Path) -> None:
    twice = backends.settings()
    twice["modern_url"] = twice["legacy_url"]
    async with running(tmp_path, stage=Stage.SHADOW, **twice) as rig:
        made, _ = await write(rig, backends, "POST", "/v1/escrows", NEW)
        await rig.settled(1)

        assert made == 201
        assert [one.shed for one in rehearsals(rig)] == ["rehearsal_unproven"]
        found = backends.legacy.rows(
            "SELECT count(*) FROM escrows WHERE property_address = %s", [NEW["propertyAddress"]]
        )
        assert found == [(1,)]


async def test_writes_that_are_not_drawn_are_read_back(backends: Backends, tmp_path: Path) -> None:
    settings = backends.settings(exceptions={"PUT /v1/escrows/{id}": WriteCheck.READ_BACK})
    async with running(tmp_path, stage=Stage.SHADOW, counts_file=tmp_path / "counts", **settings) as rig:
        await write(rig, backends, "PUT", ANNS, {"purchasePrice": 3})
        await rig.settled(1)

        (exchange,) = rig.parity.exchanges
        assert rehearsals(rig) == []
        assert (exchange.check, exchange.write) == ("read_back", "PUT /v1/escrows/{id}")
