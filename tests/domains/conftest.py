"""What the tests of the modern backend share: the application on a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.domains.support import Modern, serving


@pytest.fixture
async def modern(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """The modern backend over the seeded database."""
    async with serving(seeded_database, contract) as running:
        yield running
