"""Who was shown samples."""

from pathlib import Path

from parity.database import open_database
from proxy.console.looks import KEPT_DAYS, Looks
from tests.proxy.console.rig import Clock


def test_the_latest_come_first_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    looks = Looks(open_database(f"sqlite:///{tmp_path}/store.sqlite3"), clock=clock)
    for name in ("olivia", "piet", "quinn"):
        looks.note(name=name, token_id="t", address="::1", group_id=name[:1], endpoint="GET /x")
        clock.now += 86_400

    both = [(one.name, one.group_id) for one in looks.latest(2)]
    clock.now += (KEPT_DAYS - 1.5) * 86_400
    looks.note(name="rob", token_id="t", address="::1", group_id="r", endpoint="GET /x")

    assert both == [("quinn", "q"), ("piet", "p")]
    assert [one.name for one in looks.latest(9)] == ["rob", "quinn"]


def test_a_store_without_the_table_has_none(tmp_path: Path) -> None:
    assert Looks(open_database(f"sqlite:///{tmp_path}/store.sqlite3")).latest(5) == []
