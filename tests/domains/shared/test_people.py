"""The tables of people are those of the schema."""

import pytest
from sqlalchemy import Table

from domains.shared.people import clients, contacts
from tests.domains.support import Modern

COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_name = %s ORDER BY ordinal_position
"""


@pytest.mark.parametrize("table", [contacts, clients], ids=lambda table: table.name)
async def test_the_columns_are_those_of_the_schema_in_their_order(modern: Modern, table: Table) -> None:
    found = modern.rows(COLUMNS, [table.name])

    assert [column.name for column in table.c] == [name for (name,) in found]
