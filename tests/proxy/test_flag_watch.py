"""Following the flags: at once, acknowledged after the swap, and on without the store."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.errors import NotAcknowledgedError
from proxy.flag_rows import FLAGS, PROXY_WORKERS, REVISIONS, LastAnswer, Registration
from proxy.flag_store import FlagStore
from proxy.flag_watch import POSTGRES_POLL_S, FlagWatch
from proxy.flags import Flag, FlagTable
from proxy.last_known_good import LastKnownGood
from proxy.stages import Stage

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"),)


def wait_for(gate: threading.Event) -> None:
    gate.wait(5)


class Watched:
    """A watch without a proxy: keeps every table that was swapped in, and when."""

    def __init__(self, tmp_path: Path, url: str = "") -> None:
        self.url = url or f"sqlite:///{tmp_path}/store.db"
        self.tables: list[FlagTable] = []
        self.swapped_at: list[float] = []
        self.by_modern: dict[str, LastAnswer] = {}
        self.before_swap: Callable[[], None] = lambda: None
        self.engine = open_database(self.url)
        self.store = FlagStore(self.engine, ENDPOINTS)
        self.watch = FlagWatch(
            open_engine=lambda: open_database(self.url),
            endpoints=ENDPOINTS,
            registration=Registration("run", "proxy-1", "elsewhere", 1),
            known_good=LastKnownGood(tmp_path / "state"),
            swap=self.swap,
            by_modern=lambda: dict(self.by_modern),
        )

    def swap(self, table: FlagTable) -> bool:
        """What the event loop would do."""
        self.before_swap()
        self.tables.append(table)
        self.swapped_at.append(time.monotonic())
        return True

    def flip(self, stage: Stage) -> int:
        """One step, as an operator."""
        return self.store.flip("escrows", stage, actor="ada", reason="test").version


@contextmanager
def watching(tmp_path: Path, url: str = "") -> Iterator[Watched]:
    watched = Watched(tmp_path, url)
    watched.watch.start()
    try:
        yield watched
    finally:
        watched.watch.stop()
        watched.engine.dispose()


def until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


def test_the_first_table_is_the_stores(tmp_path: Path) -> None:
    first = Watched(tmp_path)
    first.flip(Stage.SHADOW)
    first.engine.dispose()

    with watching(tmp_path) as watched:
        assert watched.tables == [FlagTable(1, {"escrows": Flag(Stage.SHADOW)})]
        assert [worker.version for worker in watched.store.workers()] == [1]


def test_a_change_is_swapped_in_within_25_ms(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        delays = []
        for stage in [Stage.SHADOW, Stage.OFF] * 10:
            version = watched.flip(stage)
            committed_at = time.monotonic()
            watched.store.wait_acknowledged(version)
            delays.append(watched.swapped_at[-1] - committed_at)
            assert watched.tables[-1].version == version

    assert statistics.median(delays) < 0.025


def test_a_version_is_acknowledged_only_after_the_swap(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        gate = threading.Event()
        watched.before_swap = lambda: wait_for(gate)
        version = watched.flip(Stage.SHADOW)

        with pytest.raises(NotAcknowledgedError):
            watched.store.wait_acknowledged(version, timeout_s=0.15)
        gate.set()

        assert watched.store.wait_acknowledged(version)


def test_the_heart_beats_while_nothing_changes(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        before = watched.store.workers()[0].seen_at

        until(lambda: watched.store.workers()[0].seen_at > before)


def test_a_worker_that_was_struck_out_comes_back(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        version = watched.flip(Stage.SHADOW)
        watched.store.wait_acknowledged(version)
        with watched.engine.begin() as connection:
            connection.execute(sa.delete(PROXY_WORKERS))

        until(lambda: [worker.version for worker in watched.store.workers()] == [version])


def test_a_worker_that_ends_strikes_itself_out(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        pass

    assert watched.store.workers() == []
    watched.engine.dispose()


def test_without_store_and_file_everything_is_off(tmp_path: Path) -> None:
    with watching(tmp_path, f"sqlite:///{tmp_path}/no/such/place.db") as watched:
        assert watched.tables == [FlagTable()]


def test_without_store_the_last_known_good_flags_hold_after_a_restart(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.store.wait_acknowledged(watched.flip(Stage.SHADOW))
        served = watched.tables[-1]

    with watching(tmp_path, f"sqlite:///{tmp_path}/no/such/place.db") as restarted:
        assert restarted.tables == [served]


def test_a_store_that_comes_later_is_followed(tmp_path: Path) -> None:
    place = tmp_path / "later"

    with watching(tmp_path, f"sqlite:///{place}/store.db") as watched:
        place.mkdir()
        until(lambda: bool(watched.store.workers()))
        version = watched.flip(Stage.SHADOW)
        watched.store.wait_acknowledged(version)

        assert watched.tables[-1].version == version


def test_a_store_that_goes_away_changes_nothing(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.store.wait_acknowledged(watched.flip(Stage.SHADOW))
        for path in tmp_path.glob("store.db*"):
            path.unlink()
        time.sleep(0.2)
        until(lambda: watched.watch._is_lost)

        assert watched.tables[-1].rows["escrows"].stage is Stage.SHADOW
        assert not (tmp_path / "store.db").exists(), "a lost store must not be made anew, with everything off"


def test_a_store_whose_tables_are_gone_is_a_lost_one_and_the_watch_goes_on(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.store.wait_acknowledged(watched.flip(Stage.SHADOW))
        with watched.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE flag_revisions RENAME TO elsewhere")
        until(lambda: watched.watch._is_lost)
        with watched.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS flag_revisions")
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO flag_revisions")
        version = watched.flip(Stage.CANARY)
        watched.store.wait_acknowledged(version)

        assert watched.tables[-1].version == version


def test_a_store_in_the_place_of_another_is_followed_once_it_has_flags(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE):
            watched.store.wait_acknowledged(watched.flip(stage))
        watched.engine.dispose()
        for path in tmp_path.glob("store.db*"):
            path.unlink()
        fresh = watched.store
        fresh.prepare()
        until(lambda: [worker.version for worker in fresh.workers()] == [-1])
        stage_with_empty_store = watched.tables[-1].rows["escrows"].stage
        version = fresh.flip("escrows", Stage.SHADOW, actor="ada", reason="new store").version
        until(lambda: watched.tables[-1] == FlagTable(version, {"escrows": Flag(Stage.SHADOW)}))

    assert stage_with_empty_store is Stage.LIVE


def test_a_store_in_postgresql_tells_of_its_changes_at_once(tmp_path: Path, own_database_url: str) -> None:
    with watching(tmp_path, own_database_url) as watched:
        delays = []
        for stage in [Stage.SHADOW, Stage.OFF] * 5:
            version = watched.flip(stage)
            committed_at = time.monotonic()
            assert [seen.version for seen in watched.store.wait_acknowledged(version)] == [version]
            delays.append(watched.swapped_at[-1] - committed_at)

    assert statistics.median(delays) < POSTGRES_POLL_S / 10


def test_a_change_that_postgresql_told_nobody_of_is_seen_all_the_same(
    tmp_path: Path, own_database_url: str
) -> None:
    with watching(tmp_path, own_database_url) as watched:
        watched.store.wait_acknowledged(watched.flip(Stage.SHADOW))
        with watched.engine.begin() as connection:
            connection.execute(sa.update(FLAGS).values(stage="canary"))
            connection.execute(sa.update(REVISIONS).values(version=2))

        watched.store.wait_acknowledged(2)

        assert watched.tables[-1] == FlagTable(2, {"escrows": Flag(Stage.CANARY)})


def test_a_watch_whose_connection_postgresql_ends_connects_and_reads_again(
    tmp_path: Path, own_database_url: str
) -> None:
    with watching(tmp_path, own_database_url) as watched:
        watched.store.wait_acknowledged(watched.flip(Stage.SHADOW))
        with watched.engine.begin() as connection:
            ended = connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'LISTEN %%' AND datname = current_database()"
            )
            assert len(ended.all()) >= 1
        version = watched.flip(Stage.CANARY)

        watched.store.wait_acknowledged(version)

        assert watched.tables[-1].version == version


def test_what_modern_answered_last_is_told_with_each_acknowledgement_and_heartbeat(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.by_modern["escrows"] = LastAnswer("GET /v1/escrows", 1_000.5)
        told = watched.store.wait_acknowledged(watched.flip(Stage.SHADOW))
        watched.by_modern["escrows"] = LastAnswer("GET /v1/escrows", 1_001.5)

        until(lambda: watched.store.workers()[0].by_modern["escrows"].at == 1_001.5)

    assert [one.by_modern for one in told] == [{"escrows": LastAnswer("GET /v1/escrows", 1_000.5)}]


def test_an_older_table_is_refused(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        version = watched.flip(Stage.SHADOW)
        watched.store.wait_acknowledged(version)

        watched.watch._take(FlagTable(0), watched.store, watched.watch._identity)

        assert watched.tables[-1].version == version
        with pytest.raises(NotAcknowledgedError):
            watched.store.wait_acknowledged(0, timeout_s=0.05)
