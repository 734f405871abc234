"""A parity worker as a process of its own."""

import asyncio
import json
from pathlib import Path

import pytest

from cli.context import Context
from cli.parity_worker import legacy_rows
from cli.settings import load_settings
from cli.workers import proxy_settings, record_socket
from domains.routes import ROUTES
from parity.database import open_database
from parity.exchange import LEFT_ALONE, Batch, Capture, Rehearsal
from parity.outcome import Aside
from parity.report import build_report
from parity.wire import encode
from proxy.legacy_rows import LegacyRows
from proxy.shared_counts import Counts
from tests.parity.factories import until
from tests.parity.recordings.test_tap import listening
from tests.proxy.test_outbox import a_capture
from tests.proxy.test_write_checks import a_write
from tests.support.command import run_process
from tests.support.receipts import read_receipt
from tests.support.site import running_parity_worker


def test_only_the_parity_worker_is_told_where_legacys_rows_are(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text(
        f"""
        state_dir = "{tmp_path}"
        [backends]
        legacy = "http://127.0.0.1:1"
        modern = "http://127.0.0.1:2"
        [write_checks]
        database = "postgresql://reader:Nettle-77@db.internal/crm"
        """
    )
    settings = load_settings(file)

    proxy = proxy_settings(Context(settings, file, jwt_secret="", actor=""), None)

    assert isinstance(legacy_rows(settings), LegacyRows)
    assert legacy_rows(load_settings()) is None
    assert "Nettle" not in repr(proxy)


def test_two_parity_workers_cannot_own_one_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    socket = tmp_path / "parity.sock"
    monkeypatch.setenv("CROSSFADE_BACKENDS__LEGACY", "http://127.0.0.1:1")
    monkeypatch.setenv("CROSSFADE_BACKENDS__MODERN", "http://127.0.0.1:2")
    with running_parity_worker(socket, tmp_path):
        ran = run_process("parity-worker", "--socket", str(socket), state_dir=tmp_path)

    assert ran.code == 3
    assert "parity.sock" in ran.err
    assert "Traceback" not in ran.err


async def test_a_shadow_that_is_down_is_left_alone_until_somebody_records(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    socket = tmp_path / "parity.sock"
    monkeypatch.setenv("CROSSFADE_STATE_DIR", str(tmp_path))
    reads = tuple(a_capture(number=number) for number in range(5))
    with running_parity_worker(socket, tmp_path):
        await until(socket.exists, 30.0)
        reader, writer = await asyncio.open_unix_connection(socket)

        async def left_alone_s(seq: int, *captures: Capture) -> float:
            writer.write(encode(Batch("proxy-1", seq, (), 0, captures)))
            receipt = await read_receipt(reader)
            assert receipt is not None
            return receipt.levels[f"{LEFT_ALONE}/modern"]

        down_s = await left_alone_s(1, *reads)
        async with listening(record_socket(load_settings())):
            recorded_s = await left_alone_s(2)
        writer.close()

    assert (down_s > 0, recorded_s) == (True, 0)


async def test_a_parity_worker_reads_legacys_rows_where_it_is_told_to(
    tmp_path: Path, seeded_database: str
) -> None:
    key = "e5c00000-0000-4000-8000-000000000009"
    rows = [{"table": "escrows", "op": "update", "key": key, "columns": ["city"], "row": {"id": key}}]
    told = f"X-Write-Set: {json.dumps(rows)}\r\n".encode()
    write = a_write(
        endpoint="PUT /v1/escrows/{id}",
        method="PUT",
        target=f"/v1/escrows/{key}",
        rehearsal=Rehearsal(201, told),
    )
    socket = tmp_path / "parity.sock"
    Counts.make(tmp_path / "counts", 1, {route.domain for route in ROUTES})
    with running_parity_worker(socket, tmp_path, CROSSFADE_WRITE_CHECKS__DATABASE=seeded_database):
        await until(socket.exists, 30.0)
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(encode(Batch("proxy-1", 1, (), 0, (write,))))
        receipt = await read_receipt(reader)
        writer.close()

    engine = open_database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    tally = build_report(engine).tally
    engine.dispose()
    assert receipt is not None
    assert tally.asides[Aside.ROWS] == {"compared": 1}
    assert "postgres" not in (tmp_path / "parity.log").read_text()
