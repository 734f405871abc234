"""What the tests of the legacy backend share: the application on a real socket, and who asks it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from legacy_bridge.app import create_app
from loadtests.recording import Credentials
from tests.legacy_bridge.support import SHADOW_SECRET, Ear, Legacy
from tests.support.replay import JWT_SECRET


@pytest.fixture
async def legacy(seeded_database: str, contract: Path) -> AsyncIterator[Legacy]:
    """The legacy backend over the seeded database."""
    ear = Ear()
    app = create_app(
        database_url=seeded_database,
        jwt_secret=JWT_SECRET,
        shadow_secret=SHADOW_SECRET,
        pool_size=4,
        event_sink=ear,
    )
    client: TestClient[Any, Any] = TestClient(TestServer(app))
    await client.start_server()
    yield Legacy(client, Credentials(contract, JWT_SECRET), seeded_database, ear)
    await client.close()
