"""What is read by stretches is what was counted by minute, to the minute, whatever happened to the store."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.adding_up import AddingUp
from parity.database import open_database, writing
from parity.exchange import Endpoint
from parity.groups import Groups
from parity.retention import Retention
from parity.stretches import Kept, counted_since, forget_stretches
from parity.tables import BY_STRETCH, COUNTS
from parity.verdict import build_verdict
from tests.parity.counting import DAY, added_up, count, kept, prepare, without_stretches

FIRST = 20_700 * DAY
ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("escrows", "GET", "/v1/escrows/{id}"))
OFFSETS = st.one_of(
    st.integers(0, 3 * DAY),
    st.sampled_from([9, 10, 59, 60, 61, DAY - 1, DAY, DAY + 1, 2 * DAY - 10, 2 * DAY]),
)
DEEDS = st.lists(st.tuples(st.sampled_from(["count", "differ", "add up", "forget"]), OFFSETS), max_size=12)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('stretches') / 'store.db'}")
    yield engine
    engine.dispose()


def adds_up(engine: sa.Engine, minute: int) -> None:
    AddingUp(engine, timer=lambda: 0.0).keep_up(minute * 60.0)


def forgets(engine: sa.Engine, minute: int) -> None:
    now = (FIRST + 9 * DAY) * 60.0
    Retention(engine, Groups(5, 200, 1_000), max_age_s=now - minute * 60.0, max_bytes=10**12).by_age(now)


def judged(engine: sa.Engine, since: int) -> dict[str, Any]:
    at = (FIRST + 4 * DAY) * 60.0
    return build_verdict(engine, "escrows", ENDPOINTS, since=since * 60.0, now=at).to_json()


@given(DEEDS, st.lists(OFFSETS, min_size=1, max_size=3))
@settings(max_examples=12)
def test_sums_and_verdict_since_any_minute_are_those_of_all_minutes(
    file: sa.Engine, deeds: list[tuple[str, int]], asked: list[int]
) -> None:
    prepare(file)
    forgotten, counted = 0, set[int]()
    for deed, offset in deeds:
        if deed == "add up":
            adds_up(file, FIRST + offset)
        elif deed == "forget":
            forgotten = max(forgotten, offset)
            forgets(file, FIRST + forgotten)
        elif offset >= forgotten and offset not in counted:
            counted.add(offset)
            count(file, FIRST + offset, mismatches=2 if deed == "differ" else 0)
    minutes = [0, *(FIRST + offset for offset in asked)]

    found = [(added_up(file, minute), judged(file, minute)) for minute in minutes]

    with without_stretches(file):
        assert found == [(added_up(file, minute), judged(file, minute)) for minute in minutes]


def test_who_asks_reads_days_hours_tens_and_minutes_and_each_minute_once() -> None:
    there = (Kept(10, 10, 4_400), Kept(60, 60, 4_380), Kept(1_440, 1_440, 2_880))

    chosen = str(counted_since(COUNTS, 1_331, there).compile(compile_kwargs={"literal_binds": True}))

    pieces = re.findall(r"minute >= (\d+)(?: AND \S+minute < (\d+))?(?: AND \S+length = (\d+))?", chosen)
    assert pieces == [
        ("1331", "1340", ""),
        ("1340", "1380", "10"),
        ("1380", "1440", "60"),
        ("1440", "2880", "1440"),
        ("2880", "4380", "60"),
        ("4380", "4400", "10"),
        ("4400", "", ""),
    ]


def test_who_counts_in_a_minute_that_was_added_up_takes_the_stretches_of_it_back(engine: sa.Engine) -> None:
    prepare(engine)
    for offset in (0, 15, 70, DAY):
        count(engine, FIRST + offset)
    adds_up(engine, FIRST + DAY + 70)

    count(engine, FIRST + 12, 5)

    assert kept(engine) == {length: (FIRST, FIRST + until) for length, until in ((10, 10), (60, 0), (DAY, 0))}
    adds_up(engine, FIRST + DAY + 70)
    assert kept(engine) == {
        length: (FIRST, FIRST + until) for length, until in ((10, DAY + 60), (60, DAY + 60), (DAY, DAY))
    }
    found = added_up(engine, FIRST)
    with without_stretches(engine):
        assert found == added_up(engine, FIRST)


def test_of_a_stretch_that_is_forgotten_in_part_the_minutes_are_read(engine: sa.Engine) -> None:
    prepare(engine)
    for offset in (0, 64, 66, 3 * 60):
        count(engine, FIRST + offset)
    adds_up(engine, FIRST + 2 * DAY)

    with writing(engine) as connection:
        forget_stretches(connection, FIRST + 65)
        connection.execute(sa.delete(COUNTS).where(COUNTS.c.minute < FIRST + 65))

    assert kept(engine)[10][0] == FIRST + 70
    assert [n for *_, n in added_up(engine, 0)[COUNTS.name]] == [6, 6, 0, 6] * 2
    with engine.connect() as connection:
        first = sa.select(sa.func.min(BY_STRETCH[COUNTS].c.minute))
        assert connection.scalar(first) == FIRST + 3 * 60
