"""The flag store on a real SQLite file: steps, ledger, rollback, and operators who meet."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.errors import ConflictError, FlagStoreError, ShareError, StageError, UnknownKeyError
from proxy.flag_rows import Judged, Note, Registration, RowChange
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable
from proxy.stages import Stage

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("clients", "GET", "/v1/clients"),
)


@pytest.fixture
def store(sqlite_engine: sa.Engine) -> FlagStore:
    return FlagStore(sqlite_engine, ENDPOINTS)


def insert(connection: sa.Connection) -> None:
    """Change something beside the flags."""
    connection.exec_driver_sql("INSERT INTO others VALUES (1)")


def go_to(store: FlagStore, key: str, stage: Stage) -> None:
    """Walk a key forward, one stage at a time."""
    for step in list(Stage)[1 : stage.position + 1]:
        store.flip(key, step, actor="ada", reason="test")


def test_an_empty_store_is_version_0_with_everything_off(store: FlagStore) -> None:
    assert store.table() == FlagTable(0)


def test_a_flip_raises_the_version_and_is_in_the_ledger(store: FlagStore) -> None:
    change = store.flip("escrows", Stage.SHADOW, sample_rate=0.5, actor="ada", reason="first light")

    assert store.table() == FlagTable(1, {"escrows": Flag(Stage.SHADOW, sample_rate=0.5)})
    assert store.version() == 1
    assert store.history() == [change]
    assert (change.version, change.action, change.key, change.actor, change.reason) == (
        1,
        "flip",
        "escrows",
        "ada",
        "first light",
    )
    assert change.rows == (RowChange("escrows", None, Flag(Stage.SHADOW, sample_rate=0.5)),)


def test_stages_go_forward_one_at_a_time(store: FlagStore) -> None:
    with pytest.raises(StageError, match=r"at off and cannot go to canary: .* the next one is shadow"):
        store.flip("escrows", Stage.CANARY, actor="ada", reason="too fast")

    assert store.table() == FlagTable(0)
    assert store.history() == []


def test_the_whole_way_can_be_walked(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.COMPLETE)

    assert store.table().rows["escrows"].stage is Stage.COMPLETE
    assert [change.version for change in store.history()] == [4, 3, 2, 1]


@pytest.mark.parametrize("target", [Stage.OFF, Stage.SHADOW, Stage.CANARY])
def test_a_flip_goes_back_to_any_earlier_stage(store: FlagStore, target: Stage) -> None:
    go_to(store, "escrows", Stage.LIVE)

    store.flip("escrows", target, actor="ada", reason="back")

    assert store.table().rows["escrows"].stage is target


def test_the_share_changes_without_the_stage(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.CANARY)

    store.flip("escrows", Stage.CANARY, canary_share=0.5, actor="ada", reason="more")

    assert store.table().rows["escrows"] == Flag(Stage.CANARY, canary_share=0.5)


def test_a_flip_that_changes_nothing_is_refused(store: FlagStore) -> None:
    with pytest.raises(StageError, match="already at off"):
        store.flip("escrows", Stage.OFF, actor="ada", reason="again")

    assert store.version() == 0


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_outside_0_to_1_changes_nothing(store: FlagStore, share: float) -> None:
    with pytest.raises(ShareError, match="sample rate"):
        store.flip("escrows", Stage.SHADOW, sample_rate=share, actor="ada", reason="wrong")

    assert store.table() == FlagTable(0)


@pytest.mark.parametrize("key", ["escrow", "GET /v1/escrow", ""])
def test_an_unknown_key_is_refused_with_close_matches(store: FlagStore, key: str) -> None:
    with pytest.raises(UnknownKeyError, match=r"did you mean .*escrows"):
        store.flip(key, Stage.SHADOW, actor="ada", reason="typo")
    with pytest.raises(UnknownKeyError, match="did you mean"):
        store.roll_back(key, actor="ada", reason="typo")


def test_an_endpoint_starts_from_the_stage_of_its_domain(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.SHADOW)

    store.flip("GET /v1/escrows", Stage.CANARY, actor="ada", reason="the list first")

    table = store.table()
    assert table.flag_for(ENDPOINTS[0]).stage is Stage.CANARY
    assert table.flag_for(ENDPOINTS[1]).stage is Stage.SHADOW


def test_rolling_back_a_domain_takes_its_further_endpoints_along(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.SHADOW)
    store.flip("GET /v1/escrows", Stage.CANARY, actor="ada", reason="ahead")
    go_to(store, "clients", Stage.LIVE)

    change = store.roll_back("escrows", actor="ada", reason="a fault")

    assert change is not None
    assert change.action == "rollback"
    assert {row.key for row in change.rows} == {"escrows", "GET /v1/escrows"}
    assert {key: flag.stage for key, flag in store.table().rows.items()} == {
        "escrows": Stage.OFF,
        "GET /v1/escrows": Stage.OFF,
        "clients": Stage.LIVE,
    }


def test_flipping_a_domain_back_takes_its_further_endpoints_along(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.CANARY)
    store.flip("GET /v1/escrows", Stage.LIVE, actor="ada", reason="ahead")

    store.flip("escrows", Stage.SHADOW, actor="ada", reason="back")

    assert store.table().flag_for(ENDPOINTS[0]).stage is Stage.SHADOW


def test_rolling_back_leaves_what_is_not_further_alone(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.SHADOW)
    version = store.version()

    assert store.roll_back("escrows", to=Stage.CANARY, actor="ada", reason="nothing to do") is None
    assert store.roll_back("GET /v1/escrows", to=Stage.SHADOW, actor="ada", reason="nothing to do") is None
    assert store.roll_back("clients", actor="ada", reason="nothing to do") is None
    assert store.version() == version


def test_rolling_back_an_endpoint_leaves_its_domain_where_it_is(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.LIVE)

    store.roll_back("GET /v1/escrows", to=Stage.SHADOW, actor="ada", reason="only the list")

    table = store.table()
    assert table.flag_for(ENDPOINTS[0]).stage is Stage.SHADOW
    assert table.flag_for(ENDPOINTS[1]).stage is Stage.LIVE


def test_rolling_back_everything_is_one_change(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.CANARY)
    go_to(store, "clients", Stage.LIVE)
    version = store.version()

    change = store.roll_back(actor="ada", reason="all of it")

    assert change is not None
    assert (change.version, change.key) == (version + 1, "")
    assert {flag.stage for flag in store.table().rows.values()} == {Stage.OFF}
    assert store.roll_back(actor="ada", reason="again") is None


def test_a_rolled_back_row_keeps_its_shares(store: FlagStore) -> None:
    store.flip("escrows", Stage.SHADOW, sample_rate=0.25, actor="ada", reason="quietly")

    store.roll_back("escrows", actor="ada", reason="back")

    assert store.table().rows["escrows"] == Flag(Stage.OFF, DEFAULT_FLAG.canary_share, 0.25)


def test_two_operators_cannot_overwrite_each_other_unseen(store: FlagStore, sqlite_engine: sa.Engine) -> None:
    seen_by_both = store.version()
    store.flip("escrows", Stage.SHADOW, actor="ada", reason="first", expected_version=seen_by_both)

    with pytest.raises(ConflictError, match="at version 1, not at 0"):
        FlagStore(sqlite_engine, ENDPOINTS).flip(
            "clients", Stage.SHADOW, actor="bob", reason="second", expected_version=seen_by_both
        )

    assert [change.actor for change in store.history()] == ["ada"]


@pytest.mark.parametrize("database", ["sqlite_engine", "postgres_engine"])
def test_operators_who_flip_at_the_same_moment_are_put_in_a_row(
    request: pytest.FixtureRequest, database: str
) -> None:
    engine = request.getfixturevalue(database)
    FlagStore(engine, ENDPOINTS).prepare()
    refused: list[str] = []

    def flip_to_shadow_and_back(actor: str) -> None:
        store = FlagStore(engine, ENDPOINTS)
        for stage in (Stage.SHADOW, Stage.OFF) * 10:
            try:
                store.flip("escrows", stage, actor=actor, reason="race")
            except StageError:
                refused.append(actor)

    threads = [threading.Thread(target=flip_to_shadow_and_back, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    store = FlagStore(engine, ENDPOINTS)
    ledger = store.history(limit=100)
    assert store.version() == len(ledger) == 60 - len(refused)
    assert [change.version for change in reversed(ledger)] == list(range(1, len(ledger) + 1))
    befores = [change.rows[0].before or DEFAULT_FLAG for change in reversed(ledger)]
    afters = [change.rows[0].after for change in reversed(ledger)]
    assert befores[1:] == afters[:-1]


def test_a_store_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/no/such/place.db")

    with pytest.raises(
        FlagStoreError, match=r"^the flag store does not answer: unable to open database file$"
    ):
        FlagStore(engine, ENDPOINTS).table()


@pytest.mark.parametrize("attempt", range(5))
def test_processes_may_create_the_tables_at_once(tmp_path: Path, attempt: int) -> None:
    engines = [open_database(f"sqlite:///{tmp_path}/store-{attempt}.db") for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda engine: FlagStore(engine, ENDPOINTS).prepare(), engines))

    assert FlagStore(engines[0], ENDPOINTS).version() == 0
    for engine in engines:
        engine.dispose()


def test_the_store_may_be_postgresql(postgres_engine: sa.Engine) -> None:
    store = FlagStore(postgres_engine, ENDPOINTS)
    go_to(store, "escrows", Stage.LIVE)
    store.flip("GET /v1/escrows", Stage.CANARY, canary_share=0.5, actor="ada", reason="the list")
    store.register(Registration("run", "proxy-1", "elsewhere", 1))
    store.acknowledge("run", 4)
    acknowledged = store.wait_acknowledged(4)
    change = store.roll_back("escrows", actor="ada", reason="back")

    assert [(seen.worker, seen.version) for seen in acknowledged] == [("proxy-1", 4)]
    assert change is not None
    assert store.history()[0] == change
    assert store.table() == FlagTable(
        5, {"escrows": Flag(Stage.OFF), "GET /v1/escrows": Flag(Stage.OFF, canary_share=0.5)}
    )


def test_what_is_noted_stands_in_the_same_ledger(store: FlagStore, sqlite_engine: sa.Engine) -> None:
    store.flip("escrows", Stage.SHADOW, actor="ada", reason="first")
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE others (n INTEGER)")

    change = store.note("accept", "a-1", actor="ada", reason="on purpose", apply=insert)

    assert [found.action for found in store.history()] == ["accept", "flip"]
    assert (change.version, change.key, change.rows) == (2, "a-1", ())
    assert store.table() == FlagTable(2, {"escrows": Flag(Stage.SHADOW)})
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM others").scalars().all() == [1]


@pytest.mark.parametrize("kind", ["sqlite_engine", "postgres_engine"])
def test_an_entry_keeps_its_verdict_and_gets_one_later_only_once(
    kind: str, request: pytest.FixtureRequest
) -> None:
    store = FlagStore(request.getfixturevalue(kind), ENDPOINTS)
    ready, no = Judged("ready", (), {"comparisons": 4}), Judged("no", ("groups: 1 open",))
    store.flip("escrows", Stage.SHADOW, actor="ada", reason="x", verdict=ready, forced=True)
    store.roll_back("escrows", actor="ada", reason="x")

    for version, verdict in ((2, no), (2, ready), (1, no)):
        store.add_verdict(version, verdict)

    assert [(one.verdict, one.forced) for one in store.history()] == [(no, False), (ready, True)]
    assert [one.version for one in store.history(before=2)] == [1]


def test_rows_are_applied_together_and_a_domain_that_goes_back_takes_its_endpoints_along(
    store: FlagStore,
) -> None:
    go_to(store, "escrows", Stage.CANARY)
    go_to(store, "GET /v1/escrows", Stage.LIVE)

    change = store.apply(
        {"escrows": Flag(Stage.SHADOW), "clients": Flag(Stage.SHADOW)}, actor="ada", reason="x"
    )

    assert change is not None
    assert [(row.key, row.after.stage) for row in change.rows] == [
        ("escrows", Stage.SHADOW),
        ("GET /v1/escrows", Stage.SHADOW),
        ("clients", Stage.SHADOW),
    ]
    assert store.history(1) == [change]


def test_a_store_of_the_version_before_is_completed(sqlite_engine: sa.Engine) -> None:
    FlagStore(sqlite_engine, ENDPOINTS).flip("escrows", Stage.SHADOW, actor="ada", reason="long ago")
    with sqlite_engine.begin() as connection:
        for table, column in (
            ("flag_changes", "verdict"),
            ("flag_changes", "forced"),
            ("flag_changes", "served_ms"),
            ("proxy_workers", "by_modern"),
        ):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")

    store = FlagStore(sqlite_engine, ENDPOINTS)
    store.flip("clients", Stage.SHADOW, actor="ada", reason="now", verdict=Judged("ready"))

    assert [(one.reason, one.verdict, one.forced, one.served_ms) for one in store.history()] == [
        ("now", Judged("ready"), False, None),
        ("long ago", None, False, None),
    ]


def test_the_time_that_a_change_took_is_said_once(store: FlagStore) -> None:
    change = store.flip("escrows", Stage.SHADOW, actor="ada", reason="go")

    store.add_served(change.version, 38.5)
    store.add_served(change.version, 40.0)

    assert [one.served_ms for one in store.history()] == [38.5]


def test_of_several_notes_all_are_made_or_none(store: FlagStore, sqlite_engine: sa.Engine) -> None:
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE others (n INTEGER)")

    def fail(_connection: sa.Connection) -> None:
        raise ShareError("no")

    with pytest.raises(ShareError):
        store.note_all("accept", [Note("a-1", "why", insert), Note("a-2", "why", fail)], actor="ada")
    changes = store.note_all("accept", [Note("a-3", "why", insert), Note("a-4", "and", insert)], actor="ada")

    assert [(one.version, one.key, one.reason) for one in changes] == [(1, "a-3", "why"), (2, "a-4", "and")]
    assert [one.key for one in store.history()] == ["a-4", "a-3"]
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM others").scalar() == 2


def test_a_rollback_may_count_only_on_the_version_that_was_looked_at(store: FlagStore) -> None:
    go_to(store, "escrows", Stage.LIVE)

    with pytest.raises(ConflictError, match="somebody else changed it"):
        store.roll_back("escrows", actor="guard:error_rate", reason="test", expected_version=1)
    change = store.roll_back("escrows", actor="guard:error_rate", reason="test", expected_version=3)

    assert change is not None
    assert store.version() == change.version == 4
