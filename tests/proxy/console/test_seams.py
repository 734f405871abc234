"""What the console stands on."""

from pathlib import Path

from tests.proxy.console.rig import Store


def test_domains_are_sorted_and_nobody_guards_anything_unless_told(tmp_path: Path) -> None:
    sources = Store.make(f"sqlite:///{tmp_path}/store.sqlite3").sources

    assert sources.domains == ["escrows", "leads"]
    assert list(sources.guards("escrows")) == []
