"""Following the flags: what happens is told once, in its order."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_follow import Acknowledged, Begun, Changed, Following, Joined, Left, pausing
from proxy.flag_rows import Registration
from proxy.flag_store import FlagStore
from proxy.stages import Stage

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("leads", "GET", "/v1/leads"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FlagStore]:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield FlagStore(engine, ENDPOINTS)
    engine.dispose()


def register(store: FlagStore, name: str) -> None:
    store.register(Registration(name, name, socket.gethostname(), os.getpid()))


def test_changes_and_acknowledgements_are_told_as_they_come(store: FlagStore) -> None:
    register(store, "proxy-1")
    register(store, "proxy-2")
    events = Following(store, lambda: True).events()
    begun = next(events)
    first = store.flip("escrows", Stage.SHADOW, actor="ada", reason="x")
    second = store.flip("leads", Stage.SHADOW, actor="bob", reason="x")
    changes = [next(events), next(events)]
    store.acknowledge("proxy-1", 2)
    one = next(events)
    store.acknowledge("proxy-2", 2)
    both = next(events)

    assert isinstance(begun, Begun)
    assert (begun.version, [worker.name for worker in begun.workers]) == (0, ["proxy-1", "proxy-2"])
    assert changes == [Changed(first), Changed(second)]
    assert isinstance(one, Acknowledged)
    assert isinstance(both, Acknowledged)
    assert (one.worker.name, one.is_last) == ("proxy-1", False)
    assert (both.worker.name, both.is_last) == ("proxy-2", True)


def test_workers_come_and_go(store: FlagStore) -> None:
    register(store, "proxy-1")
    events = Following(store, lambda: True).events()
    next(events)
    register(store, "proxy-2")
    joined = next(events)
    store.deregister("proxy-1")
    left = next(events)

    assert isinstance(joined, Joined)
    assert isinstance(left, Left)
    assert (joined.worker.name, left.worker.name) == ("proxy-2", "proxy-1")


def test_it_ends_when_there_is_no_other_reading(store: FlagStore) -> None:
    assert [type(event) for event in Following(store, pausing(0.0)).events()] == [Begun]
