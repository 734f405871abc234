"""The tables of the console."""

from proxy.console.tables import METADATA
from proxy.flag_rows import METADATA as FLAGS


def test_they_are_its_own_and_keep_no_secret_but_its_digest() -> None:
    names = {f"{table.name}.{column.name}" for table in METADATA.sorted_tables for column in table.columns}

    assert all(table.name.startswith("console_") for table in METADATA.sorted_tables)
    assert not set(METADATA.tables) & set(FLAGS.tables)
    assert {name for name in names if "secret" in name or name.endswith((".token", ".csrf"))} == set()
