"""Load tests in the store: the latest of each domain, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.errors import StoreError
from parity.load_tests import KEPT, METADATA, LoadTests
from tests.parity.load_test_factory import load_test


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path}/store.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("database_url")
    engine = open_database(url)
    METADATA.drop_all(engine)
    yield engine
    METADATA.drop_all(engine)
    engine.dispose()


def test_what_was_kept_is_read_again_newest_first_and_by_domain(engine: sa.Engine) -> None:
    tests = LoadTests(engine, clock=lambda: 1_800_000_000.0)
    first = tests.add(load_test(), "olivia")
    other = tests.add(load_test(domain="leads", passed=False), "piet")

    both = tests.latest(10)
    kept = tests.get(first)

    assert [(one.id, one.actor, one.test.domain) for one in both] == [
        (other, "piet", "leads"),
        (first, "olivia", "escrows"),
    ]
    assert [one.id for one in tests.latest(10, "escrows")] == [first]
    assert [one.id for one in tests.latest(1)] == [other]
    assert kept is not None
    assert (kept.at, kept.test) == (1_800_000_000.0, load_test())
    assert tests.get("l-00000000") is None


def test_of_each_domain_the_latest_stay(engine: sa.Engine) -> None:
    tests = LoadTests(engine)
    only = tests.add(load_test(domain="leads"), "olivia")
    ids = [tests.add(load_test(), "olivia") for _ in range(KEPT + 2)]

    assert [one.id for one in tests.latest(1_000, "escrows")] == list(reversed(ids[2:]))
    assert [one.id for one in tests.latest(1_000, "leads")] == [only]


def test_no_password_of_a_backend_is_kept(tmp_path: Path) -> None:
    tests = LoadTests(open_database(f"sqlite:///{tmp_path}/store.db"))
    problem = "the modern backend at http://ada:secret@127.0.0.1:9 stopped answering"

    kept = tests.get(tests.add(load_test(problem=problem, notes=[f"PARTIAL: {problem}"]), "olivia"))

    assert kept is not None
    assert kept.test.problem == "the modern backend at http://127.0.0.1:9 stopped answering"
    assert kept.test.notes == [f"PARTIAL: {kept.test.problem}"]
    assert b"secret" not in (tmp_path / "store.db").read_bytes()


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    tests = LoadTests(open_database(f"sqlite:///{tmp_path}/nowhere/store.db"))

    with pytest.raises(StoreError, match="cannot keep the load test"):
        tests.add(load_test(), "olivia")
