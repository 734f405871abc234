"""What a change came to."""

import os
import socket
import time
from pathlib import Path

import pytest

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.errors import NotAcknowledgedError
from proxy.flag_rows import LastAnswer, Registration
from proxy.flag_store import FlagStore
from proxy.served import LastByModern, Served, wait_served
from proxy.stages import Stage

ENDPOINTS = [Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("leads", "GET", "/v1/leads")]


@pytest.fixture
def flags(tmp_path: Path) -> FlagStore:
    store = FlagStore(open_database(f"sqlite:///{tmp_path}/store.sqlite3"), ENDPOINTS)
    for name in ("proxy-1", "proxy-2"):
        store.register(Registration(f"id of {name}", name, socket.gethostname(), os.getpid()))
    store.flip("escrows", Stage.SHADOW, actor="ada", reason="go")
    return store


def test_a_rollback_names_every_worker_and_the_last_answer_of_modern_there(flags: FlagStore) -> None:
    change = flags.roll_back("escrows", actor="ada", reason="back")
    flags.acknowledge("id of proxy-1", 2, {"escrows": LastAnswer("GET /v1/escrows", 20.0)})
    flags.acknowledge("id of proxy-2", 2, {"leads": LastAnswer("GET /v1/leads", 30.0)})

    assert change is not None
    served = wait_served(flags, change, time.monotonic())

    assert [one.worker for one in served.workers] == ["proxy-1", "proxy-2"]
    assert served.last_by_modern == LastByModern("proxy-1", LastAnswer("GET /v1/escrows", 20.0))
    served.require_all()


def test_a_worker_that_does_not_acknowledge_is_missing(flags: FlagStore) -> None:
    (change,) = flags.history(1)
    flags.acknowledge("id of proxy-1", 1, {})

    served = wait_served(flags, change, time.monotonic(), within_s=0.0)

    assert (served.change, served.missing, served.last_by_modern) == (change, ("proxy-2",), None)
    with pytest.raises(
        NotAcknowledgedError, match=r"flag version 1 was not acknowledged within 5 s by .*proxy-2"
    ):
        served.require_all()


def test_nothing_to_change_is_served_by_all() -> None:
    Served(7).require_all()
