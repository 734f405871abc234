"""What the console needs of others."""

from pathlib import Path

from proxy.console.plain_control import PlainControl
from proxy.console.seams import Control
from tests.proxy.console.rig import Store


def test_the_control_of_the_store_is_one_and_domains_are_sorted(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    control: Control = PlainControl(store.flags, store.judge)

    assert control.roll_back(actor="olivia") is None
    assert store.sources.domains == ["escrows", "leads"]
