"""UUIDs as PostgreSQL reads them."""

from uuid import UUID

import pytest

from domains.shared.uuids import uuid_of

ONE = UUID("11500000-0000-4000-8000-00000000000f")


@pytest.mark.parametrize(
    "text",
    [
        "11500000-0000-4000-8000-00000000000f",
        "11500000-0000-4000-8000-00000000000F",
        "{11500000-0000-4000-8000-00000000000f}",
        "1150000000004000800000000000000f",
        "1150-0000-0000-4000-8000-0000-0000-000f",
    ],
)
def test_every_spelling_that_postgresql_takes_is_the_uuid(text: str) -> None:
    assert uuid_of(text) == ONE


@pytest.mark.parametrize(
    "value",
    [
        *("stats", "", "urn:uuid:11500000-0000-4000-8000-00000000000f", 5, None),
        "{11500000-0000-4000-8000-00000000000f",
        "11500000-0000-4000-8000-00000000000f\n",
        "115-00000-0000-4000-8000-00000000000f",
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert uuid_of(value) is None
