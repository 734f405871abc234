"""From a client's request to the proof that legacy is unused: real workers, real sockets, a real store."""

import time
from pathlib import Path

import pytest
from msgspec import structs

from parity.database import open_database
from parity.redact import Redactor
from parity.served import HoleKind, Unused, read_unused
from parity.store import ParityStore
from proxy.stages import Stage
from tests.proxy.rig import ENDPOINTS, FakeParity, running
from tests.support.backends import closing

LATER_S = 300.0


def proven(parity: FakeParity, tmp_path: Path, domain: str = "escrows") -> Unused:
    """What a store says that got those batches, some minutes later."""
    engine = open_database(f"sqlite:///{tmp_path}/told.db")
    store = ParityStore(engine, Redactor(b"key"))
    for batch in parity.batches:
        store.record(structs.replace(batch, captures=()), [], [])
    names = [one.name for one in ENDPOINTS if one.domain == domain]
    found = read_unused(engine, names, asked_s=2 * LATER_S, kept_s=86_400.0, now=time.time() + LATER_S)
    engine.dispose()
    return found


async def test_a_worker_tells_whom_it_asked_and_that_it_has_ended(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE) as rig:
        for _ in range(3):
            await rig.ask()
        rig.modern.behaviour = closing()
        await rig.ask()
        await rig.settled(4)

    found = proven(rig.parity, tmp_path)

    assert found.modern == 4
    assert [(use.requests, use.fallbacks, use.unknown) for use in found.uses] == [(0, 1, 0)]
    # it has ended as it should: what is not known is the time after that, and nothing of before
    assert [hole.kind for hole in found.holes] == [HoleKind.SILENT]


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.COMPLETE])
async def test_legacy_is_unused_where_modern_alone_serves(tmp_path: Path, stage: Stage) -> None:
    async with running(tmp_path, stage=stage) as rig:
        await rig.ask()
        await rig.settled(1)

    found = proven(rig.parity, tmp_path)

    assert (found.modern, len(found.uses)) == ((0, 1) if stage is Stage.SHADOW else (1, 0))
