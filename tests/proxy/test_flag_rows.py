"""Rows of the store become values."""

from datetime import UTC, datetime

from proxy.flag_rows import RowChange, change_of, worker_of
from proxy.flags import Flag
from proxy.stages import Stage


def test_a_ledger_row_becomes_a_change() -> None:
    change = change_of(
        {
            "version": 2,
            "changed_at": 0.0,
            "action": "flip",
            "key": "escrows",
            "actor": "ada",
            "reason": "why",
            "rows": '[{"key":"escrows","before":null,'
            '"after":{"stage":"shadow","canary_share":0.05,"sample_rate":1.0}}]',
        }
    )

    assert change.changed_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert change.rows == (RowChange("escrows", None, Flag(Stage.SHADOW)),)


def test_a_worker_row_becomes_a_worker() -> None:
    worker = worker_of(
        {
            "id": "a",
            "name": "proxy-1",
            "host": "here",
            "pid": 1,
            "port": 2,
            "admin_port": 3,
            "started_at": 0.0,
            "version": 4,
            "seen_at": 60.0,
        }
    )

    assert (worker.name, worker.pid, worker.version) == ("proxy-1", 1, 4)
    assert worker.seen_at == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
