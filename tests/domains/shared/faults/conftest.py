"""Modern with its fault switch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.domains.support import Modern, serving


@pytest.fixture
async def faulty(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """The modern backend with its fault switch."""
    async with serving(seeded_database, contract, faults=True) as running:
        yield running
