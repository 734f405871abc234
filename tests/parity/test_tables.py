"""The tables of the store."""

from parity.tables import METADATA


def test_every_table_says_whose_it_is() -> None:
    assert all(name.startswith("parity_") for name in METADATA.tables)


def test_what_is_upserted_has_a_primary_key() -> None:
    assert all(table.primary_key.columns for table in METADATA.sorted_tables)
