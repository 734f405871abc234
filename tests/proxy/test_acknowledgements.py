"""Which proxy workers count, and how long an operator waits for them."""

import os
import socket
import subprocess
import threading
import time

import pytest
import sqlalchemy as sa

from parity.exchange import Endpoint
from proxy.acknowledgements import STALE_S
from proxy.errors import NotAcknowledgedError
from proxy.flag_rows import PROXY_WORKERS, Registration
from proxy.flag_store import FlagStore

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"),)


@pytest.fixture
def store(sqlite_engine: sa.Engine) -> FlagStore:
    return FlagStore(sqlite_engine, ENDPOINTS)


def a_worker(worker_id: str, *, host: str = "", pid: int = 0) -> Registration:
    return Registration(
        id=worker_id, name=f"proxy-{worker_id}", host=host or socket.gethostname(), pid=pid or os.getpid()
    )


def a_dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_without_workers_nobody_is_waited_for(store: FlagStore) -> None:
    assert store.wait_acknowledged(7) == []


def test_a_worker_serves_no_version_until_it_says_so(store: FlagStore) -> None:
    store.register(a_worker("a"))

    before = store.workers()[0].version
    store.acknowledge("a", 3)

    assert before == -1
    assert [(worker.id, worker.name, worker.version) for worker in store.workers()] == [("a", "proxy-a", 3)]


def test_the_wait_ends_when_the_last_worker_has_acknowledged(store: FlagStore) -> None:
    store.register(a_worker("a"))
    store.register(a_worker("b"))
    store.acknowledge("a", 2)
    begun_s = time.monotonic()
    timer = threading.Timer(0.5, store.acknowledge, ("b", 2))
    timer.start()

    acknowledgements = store.wait_acknowledged(2, timeout_s=5, since=begun_s)
    timer.join()

    assert [(seen.worker, seen.version) for seen in acknowledgements] == [("proxy-a", 2), ("proxy-b", 2)]
    assert acknowledgements[0].ms < acknowledgements[1].ms
    assert 490 <= acknowledgements[1].ms < 1000


def test_a_worker_that_does_not_acknowledge_is_named(store: FlagStore) -> None:
    store.register(a_worker("a"))
    store.register(a_worker("b"))
    store.acknowledge("a", 2)
    store.acknowledge("b", 1)

    with pytest.raises(
        NotAcknowledgedError, match=r"version 2 was not acknowledged .* worker proxy-b;"
    ) as caught:
        store.wait_acknowledged(2, timeout_s=0.05)

    assert caught.value.missing == ("proxy-b",)


def test_a_later_version_acknowledges_the_earlier_ones(store: FlagStore) -> None:
    store.register(a_worker("a"))
    store.acknowledge("a", 9)

    assert [seen.version for seen in store.wait_acknowledged(2)] == [9]


def test_a_silent_worker_whose_process_runs_still_counts(store: FlagStore, sqlite_engine: sa.Engine) -> None:
    store.register(a_worker("a"))
    with sqlite_engine.begin() as connection:
        connection.execute(sa.update(PROXY_WORKERS).values(seen_at=time.time() - 1000))

    assert [worker.id for worker in store.workers()] == ["a"]
    with pytest.raises(NotAcknowledgedError):
        store.wait_acknowledged(1, timeout_s=0.01)


def test_a_worker_whose_process_is_gone_does_not_count(store: FlagStore) -> None:
    store.register(a_worker("a", pid=a_dead_pid()))

    assert store.workers() == []
    assert store.wait_acknowledged(1, timeout_s=0.01) == []


def test_a_worker_of_another_host_counts_while_its_heart_beats(
    store: FlagStore, sqlite_engine: sa.Engine
) -> None:
    store.register(a_worker("a", host="elsewhere", pid=1))
    beating = [worker.id for worker in store.workers()]
    with sqlite_engine.begin() as connection:
        connection.execute(sa.update(PROXY_WORKERS).values(seen_at=time.time() - STALE_S - 1))

    assert beating == ["a"]
    assert store.workers() == []


def test_a_heartbeat_says_whether_the_worker_is_known(store: FlagStore) -> None:
    store.register(a_worker("a"))

    assert store.beat("a")
    assert not store.beat("b")


def test_a_worker_that_ended_is_not_waited_for(store: FlagStore) -> None:
    store.register(a_worker("a"))

    store.deregister("a")

    assert store.workers() == []


def test_registering_strikes_out_the_dead_of_this_host(store: FlagStore, sqlite_engine: sa.Engine) -> None:
    store.register(a_worker("dead", pid=a_dead_pid()))
    store.register(a_worker("far", host="elsewhere", pid=1))

    store.register(a_worker("a"))

    with sqlite_engine.connect() as connection:
        assert set(connection.execute(sa.select(PROXY_WORKERS.c.id)).scalars()) == {"a", "far"}


def test_workers_that_register_at_the_same_moment_do_not_strike_each_other_out(store: FlagStore) -> None:
    for number in range(20):
        together = threading.Barrier(4)

        def register(worker: str, together: threading.Barrier = together) -> None:
            together.wait()
            store.register(a_worker(worker))

        threads = [threading.Thread(target=register, args=(f"{number}-{one}",)) for one in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(store.workers()) == 4 * (number + 1)
