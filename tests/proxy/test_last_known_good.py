"""The file with the flags that were served last."""

from pathlib import Path

from proxy.flags import Flag, FlagTable
from proxy.last_known_good import FILE_NAME, LastKnownGood
from proxy.stages import Stage

TABLE = FlagTable(7, {"escrows": Flag(Stage.CANARY, 0.25, 0.5), "GET /v1/escrows": Flag(Stage.LIVE)})


def test_what_was_saved_last_is_loaded(tmp_path: Path) -> None:
    known_good = LastKnownGood(tmp_path / "state")

    known_good.save(FlagTable(6))
    known_good.save(TABLE)

    assert known_good.load() == TABLE
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE_NAME]


def test_without_a_file_nothing_is_loaded(tmp_path: Path) -> None:
    assert LastKnownGood(tmp_path).load() is None


def test_a_broken_file_is_nothing(tmp_path: Path) -> None:
    for broken in (
        b"",
        b"{",
        b'{"version": "x", "rows": {}}',
        b'{"version": 1, "rows": {"a": {"stage": "gone"}}}',
    ):
        (tmp_path / FILE_NAME).write_bytes(broken)

        assert LastKnownGood(tmp_path).load() is None


def test_a_disk_that_refuses_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")

    LastKnownGood(tmp_path / "state").save(TABLE)
