"""The stores that the store's tests run on: a SQLite file and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.redact import Redactor
from parity.store import ParityStore


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """An empty store on each kind of database."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "own_database_url")
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: sa.Engine) -> ParityStore:
    """A parity store on each kind of database."""
    return ParityStore(engine, Redactor(b"key"))
