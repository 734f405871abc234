"""A lease: one holder at a time, whoever is killed, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.errors import StoreError
from proxy.lease import LEASES, Lease


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_has_one_holder_until_it_ends(sqlite_engine: sa.Engine) -> None:
    clock = Clock()
    one, other = (Lease(sqlite_engine, "guards", name, 5.0, clock=clock) for name in ("one", "other"))

    assert (one.hold(), other.hold(), other.holder()) == (True, False, "one")
    clock.now += 4
    assert (one.hold(), other.hold()) == (True, False)
    clock.now += 4
    assert other.hold() is False
    clock.now += 1
    assert (other.holder(), other.hold(), one.hold()) == ("", True, False)


def test_what_is_released_may_be_taken_at_once(sqlite_engine: sa.Engine) -> None:
    one, other = (Lease(sqlite_engine, "guards", name, 60.0) for name in ("one", "other"))
    one.hold()

    one.release()

    assert other.hold()


def test_nobody_releases_what_another_holds(sqlite_engine: sa.Engine) -> None:
    one, other = (Lease(sqlite_engine, "guards", name, 60.0) for name in ("one", "other"))
    one.hold()

    other.release()

    assert one.holder() == "one"


def test_leases_of_two_names_have_nothing_to_do_with_each_other(sqlite_engine: sa.Engine) -> None:
    assert Lease(sqlite_engine, "guards", "one", 60.0).hold()
    assert Lease(sqlite_engine, "pilot", "other", 60.0).hold()


def take_at_once(engine: sa.Engine, holders: int) -> list[bool]:
    """So many who want the same lease at the same moment."""
    gate = threading.Barrier(holders)

    def hold(number: int) -> bool:
        lease = Lease(engine, "guards", f"holder-{number}", 60.0)
        lease.holder()
        gate.wait(30)
        return lease.hold()

    with ThreadPoolExecutor(holders) as pool:
        return list(pool.map(hold, range(holders)))


def test_of_many_at_once_one_gets_it(sqlite_engine: sa.Engine) -> None:
    assert sorted(take_at_once(sqlite_engine, 8)) == [False] * 7 + [True]


def test_of_many_at_once_one_gets_it_in_postgresql(postgres_engine: sa.Engine) -> None:
    assert sorted(take_at_once(postgres_engine, 5)) == [False] * 4 + [True]


def test_in_postgresql_a_lease_ends_by_the_clock_of_the_database(postgres_engine: sa.Engine) -> None:
    wrong = Clock()  # of a host whose clock is decades behind
    one, other = (Lease(postgres_engine, "guards", name, 60.0, clock=wrong) for name in ("one", "other"))

    assert (one.hold(), other.hold(), other.holder()) == (True, False, "one")
    with postgres_engine.begin() as connection:
        connection.execute(sa.update(LEASES).values(ends_at=LEASES.c.ends_at - 61))
    assert other.hold()


def test_a_store_that_is_away_is_said(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/no/such/directory/store.db")

    with pytest.raises(StoreError, match="cannot take the lease of guards"):
        Lease(engine, "guards", "one", 5.0).hold()
