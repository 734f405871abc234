"""What the tests of the legacy backend share: the application on a real socket, and who asks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.legacy_bridge.support import Legacy, running


@pytest.fixture
async def legacy(seeded_database: str, contract: Path) -> AsyncIterator[Legacy]:
    """The legacy backend over the seeded database."""
    async with running(seeded_database, contract) as legacy:
        yield legacy
