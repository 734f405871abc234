"""What is at no endpoint is counted in the store, folded and within bounds, and never in the way of a request."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.errors import StoreError
from proxy.settings import TelemetrySettings
from proxy.unlisted import KEPT_S, OTHER, Asked, Seen, UnlistedPaths, add, seen_paths
from tests.proxy.rig import running, until

NOW = 1_795_000_000.0


def asked(*targets: str, method: str = "GET", at: float = NOW) -> list[Asked]:
    return [Asked(method, target, at) for target in targets]


def counted(engine: sa.Engine) -> dict[str, int]:
    return {f"{one.method} {one.path}": one.n for one in seen_paths(engine)}


def test_requests_are_added_up_by_method_and_folded_path(engine: sa.Engine) -> None:
    add(engine, asked("/v1/orders/1", "/v1/orders/2?x=secret", "/v1/orders"))
    add(engine, [*asked("/v1/orders/3", at=NOW + 5), *asked("/v1/orders", method="POST")])

    assert seen_paths(engine) == [
        Seen("GET", "/v1/orders/{}", 3, NOW, NOW + 5),
        Seen("GET", "/v1/orders", 1, NOW, NOW),
        Seen("POST", "/v1/orders", 1, NOW, NOW),
    ]
    assert seen_paths(engine, since=NOW + 1) == [Seen("GET", "/v1/orders/{}", 3, NOW, NOW + 5)]


def test_words_of_which_there_are_too_many_leave_the_store(engine: sa.Engine) -> None:
    words = ["ada", "bea", "cleo", "dora", "eve", "fay", "gia", "hope", "ida", "joy", "kim", "lea", "mia"]
    add(engine, asked(*(f"/pages/{word}" for word in words[:12])))
    assert len(counted(engine)) == 12

    add(engine, asked("/pages/mia", "/pages/ada"))
    add(engine, asked("/pages/noa", "/pages/ada/text"))

    assert counted(engine) == {"GET /pages/{}": 15, "GET /pages/ada/text": 1}


def test_where_everything_is_crowded_nothing_more_is_kept_apart(engine: sa.Engine) -> None:
    add(engine, asked(*(f"/{letter * 3}" for letter in "abcdefghijklm")))
    add(engine, asked("/noa", "/v1/noa"))
    assert counted(engine) == {"GET /{}": 14, "GET /v1/noa": 1}

    add(engine, asked("/v1/orders"), max_rows=1)

    assert counted(engine) == {f"GET {OTHER}": 16}


def test_there_are_never_more_rows_than_the_bound(engine: sa.Engine) -> None:
    targets = [f"/{a}/{b}" for a in ("ab", "bo", "cy") for b in ("one", "two", "six")]

    add(engine, asked(*targets[:4]), max_rows=5)
    add(engine, asked(*targets), max_rows=5)

    assert len(counted(engine)) == 6
    assert counted(engine)[f"GET {OTHER}"] == 4
    assert sum(counted(engine).values()) == 13


@pytest.mark.parametrize(
    "target", ["/a" * 13, "*", "/" + "/".join(["abcdefgh-abcdefgh-abcdefgh-abcdefgh"] * 12)]
)
def test_what_is_too_long_is_one_row(engine: sa.Engine, target: str) -> None:
    add(engine, asked(target))

    assert counted(engine) == {f"GET {OTHER}": 1}


def test_what_was_not_asked_for_in_a_month_is_forgotten(engine: sa.Engine) -> None:
    add(engine, asked("/old"))

    add(engine, asked("/new", at=NOW + KEPT_S + 1))

    assert counted(engine) == {"GET /new": 1}


def test_workers_that_write_at_once_lose_nothing(engine: sa.Engine) -> None:
    words = [
        "ada",
        "bea",
        "cleo",
        "dora",
        "eve",
        "fay",
        "gia",
        "hope",
        "ida",
        "joy",
        "kim",
        "lea",
        "mia",
        "noa",
    ]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda word: add(engine, asked(f"/pages/{word}", "/v1/orders")), words * 2))

    assert counted(engine) == {"GET /v1/orders": 28, "GET /pages/{}": 28}


def test_a_store_that_refuses_is_counted_and_costs_nobody_anything() -> None:
    def refuses() -> sa.Engine:
        raise StoreError("away")

    paths = UnlistedPaths(refuses, interval_s=0.01)
    paths.spool.start()
    paths.put("GET", "/v1/orders", 200, NOW)
    paths.end(10)

    assert (paths.spool.written, paths.spool.failed) == (0, 1)


def test_of_many_requests_a_sample_is_taken(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    paths = UnlistedPaths(lambda: engine, max_items=10, interval_s=0.01)
    for number in range(50):
        paths.put("GET", f"/v1/orders/{number}", 200, NOW)

    paths.spool.start()
    deadline = time.monotonic() + 30
    while paths.spool.written < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    paths.put("GET", "/v1/orders/77", 200, NOW)
    paths.end(10)

    assert counted(engine) == {"GET /v1/orders/{}": 11}
    assert paths.spool.no_room == 0
    engine.dispose()


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 404), ("GET", 500), ("GET", 101), ("GET", 0), ("OPTIONS", 204)]
)
def test_only_what_was_answered_could_be_an_endpoint(method: str, status: int) -> None:
    paths = UnlistedPaths(lambda: pytest.fail("nothing is to be written"))

    paths.put(method, "/v1/orders", status, NOW)

    assert paths.spool.held_bytes == 0


async def test_a_running_worker_keeps_what_is_at_no_endpoint(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        engine = open_database(rig.settings.store_url)
        await rig.ask(target="/v1/escrows")
        await rig.ask(target="/v1/orders/17?email=a@b.example")
        await until(lambda: counted(engine) != {})

    assert counted(engine) == {"GET /v1/orders/{}": 1}
    engine.dispose()


async def test_a_worker_that_is_told_not_to_keeps_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, telemetry=TelemetrySettings(unlisted_paths=False)) as rig:
        engine = open_database(rig.settings.store_url)
        await rig.ask(target="/v1/orders/17")
    tables = sa.inspect(engine).get_table_names()
    engine.dispose()

    assert "flags" in tables
    assert "proxy_unlisted_paths" not in tables
