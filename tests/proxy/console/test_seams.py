"""What the console needs of others."""

from pathlib import Path

from proxy.console.seams import Control
from tests.proxy.console.rig import Store


def test_what_everybody_changes_flags_through_is_its_control_and_domains_are_sorted(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    control: Control = store.sources.control

    assert control.roll_back(actor="olivia") is None
    assert store.sources.domains == ["escrows", "leads"]
