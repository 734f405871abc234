"""The last change of each domain, from the ledger."""

from pathlib import Path

import sqlalchemy as sa

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_store import FlagStore
from proxy.last_changes import LastChanges, changes_since, flips_since
from proxy.stages import Stage

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("clients", "GET", "/v1/clients"))


def versions(changes: LastChanges, engine: sa.Engine, version: int) -> dict[str, int]:
    with engine.connect() as connection:
        return {domain: change.version for domain, change in changes.read(connection, version).items()}


def flip(flags: FlagStore, key: str, stage: Stage = Stage.SHADOW) -> None:
    flags.flip(key, stage, actor="ada", reason="test")


def test_a_change_of_an_endpoint_is_one_of_its_domain(sqlite_engine: sa.Engine) -> None:
    flags = FlagStore(sqlite_engine, ENDPOINTS)
    flip(flags, "escrows")
    flip(flags, "clients")
    flip(flags, "GET /v1/escrows", Stage.CANARY)
    flags.note("accept", "GET /v1/clients $.n", actor="ada", reason="known", apply=lambda _: None)

    changes = LastChanges(flags)

    assert versions(changes, sqlite_engine, 2) == {"escrows": 1, "clients": 2}
    assert versions(changes, sqlite_engine, 4) == {"escrows": 3, "clients": 2}


def test_what_everything_was_rolled_back_by_is_each_domains_last_change(sqlite_engine: sa.Engine) -> None:
    flags = FlagStore(sqlite_engine, ENDPOINTS)
    flip(flags, "escrows")
    flip(flags, "clients")
    flags.roll_back(actor="ada", reason="test")

    assert versions(LastChanges(flags), sqlite_engine, 3) == {"escrows": 3, "clients": 3}


def test_a_domain_that_is_configured_no_more_is_left_out(sqlite_engine: sa.Engine) -> None:
    flip(FlagStore(sqlite_engine, ENDPOINTS), "clients")

    assert versions(LastChanges(FlagStore(sqlite_engine, ENDPOINTS[:1])), sqlite_engine, 1) == {}


def test_another_store_in_the_place_of_this_one_is_read_anew(
    sqlite_engine: sa.Engine, tmp_path: Path
) -> None:
    flags = FlagStore(sqlite_engine, ENDPOINTS)
    flip(flags, "escrows")
    flip(flags, "clients")
    changes = LastChanges(flags)
    versions(changes, sqlite_engine, 2)
    other = open_database(f"sqlite:///{tmp_path}/other.db")
    flip(FlagStore(other, ENDPOINTS), "clients")

    assert versions(changes, other, 1) == {"clients": 1}
    other.dispose()


def test_what_came_after_a_version_is_told_newest_first_and_flips_by_domain(sqlite_engine: sa.Engine) -> None:
    flags = FlagStore(sqlite_engine, ENDPOINTS)
    flip(flags, "escrows")
    flip(flags, "clients")
    flip(flags, "GET /v1/escrows", Stage.CANARY)
    for _ in range(60):  # more than a page
        flags.note("accept", "a-1", actor="ada", reason="known", apply=lambda _: None)
    flip(flags, "escrows", Stage.CANARY)

    assert [one.version for one in changes_since(flags, 61)] == [64, 63, 62]
    assert [(one.version, row.key) for one, row in flips_since(flags, {"escrows"}, 1)] == [
        (64, "escrows"),
        (3, "GET /v1/escrows"),
    ]
    assert list(flips_since(flags, {"clients"}, 2)) == []
