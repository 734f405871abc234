"""Minutes are added up once, whoever else counts, and whoever is killed on the way."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count as numbers

import pytest
import sqlalchemy as sa

from parity.adding_up import AddingUp
from parity.database import complete_tables, open_database, writing
from parity.errors import StoreError
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.store import ParityStore
from parity.tables import BY_STRETCH, METADATA, STRETCHES
from tests.parity import factories
from tests.parity.counting import DAY, added_up, count, kept, prepare, without_stretches
from tests.parity.factories import batch, exchange, observation

FIRST = 20_700 * DAY
# sums of such durations are exact in any order
LEGACY, MODERN = observation({"n": 0}, duration_s=0.25), observation({"n": 1}, duration_s=0.25)


def keep_up(engine: sa.Engine, minute: int) -> bool:
    return AddingUp(engine, timer=lambda: 0.0).keep_up(minute * 60.0)


def report(engine: sa.Engine, minute: int) -> Report:
    return build_report(engine, now=minute * 60.0)


def test_the_minutes_of_a_store_of_an_earlier_version_are_added_up_in_steps_the_latest_first(
    engine: sa.Engine,
) -> None:
    prepare(engine)
    for offset in (5, 65, DAY - 1, DAY, 2 * DAY + 5):
        count(engine, FIRST + offset)
    with writing(engine) as connection:
        for table in (*BY_STRETCH.values(), STRETCHES):
            table.drop(connection)
    complete_tables(engine, METADATA)
    before = added_up(engine, 0)
    clock = numbers()
    hurried = AddingUp(engine, timer=lambda: float(next(clock)))

    reached = []
    while not hurried.keep_up((FIRST + 3 * DAY) * 60.0):
        reached.append(kept(engine)[10][0] - FIRST)
        assert added_up(engine, 0) == before

    assert reached[0] == 2 * DAY
    assert reached == sorted(reached, reverse=True)
    assert {length: since for length, (since, _) in kept(engine).items()} == {
        10: FIRST + 10,
        60: FIRST + 60,
        DAY: FIRST + DAY,
    }
    assert added_up(engine, 0) == before


def test_a_minute_is_added_up_a_minute_after_it_is_over(engine: sa.Engine) -> None:
    prepare(engine)
    count(engine, FIRST)

    keep_up(engine, FIRST + 10)
    early = kept(engine)[10]
    keep_up(engine, FIRST + 11)

    assert early == (FIRST, FIRST)
    assert kept(engine)[10] == (FIRST, FIRST + 10)


@pytest.mark.parametrize("begun", [5, 40, DAY - 5])
def test_a_store_in_whose_first_hour_and_day_it_begins_has_hours_and_days_after_them(
    sqlite_url: str, begun: int
) -> None:
    engine = open_database(sqlite_url)
    prepare(engine)
    for offset in range(3, 2 * DAY, 7 * 60):
        count(engine, FIRST + offset)
        keep_up(engine, FIRST + max(offset, begun))

    keep_up(engine, FIRST + 2 * DAY + 1)

    assert [until for _, until in kept(engine).values()] == [FIRST + 2 * DAY] * 3
    engine.dispose()


def test_who_is_killed_half_way_leaves_nothing_and_the_next_one_goes_on(engine: sa.Engine) -> None:
    prepare(engine)
    for offset in (0, 15, 70):
        count(engine, FIRST + offset)
    keep_up(engine, FIRST + 20)
    before = added_up(engine, 0), kept(engine)
    last = list(BY_STRETCH.values())[-1].name
    with writing(engine) as connection:
        connection.execute(sa.text(f"ALTER TABLE {last} RENAME TO parity_gone"))

    with pytest.raises(StoreError, match="cannot add up the store"):
        keep_up(engine, FIRST + 90)
    with writing(engine) as connection:
        connection.execute(sa.text(f"ALTER TABLE parity_gone RENAME TO {last}"))

    assert (added_up(engine, 0), kept(engine)) == before
    keep_up(engine, FIRST + 90)
    assert kept(engine)[60] == (FIRST, FIRST + 60)
    assert added_up(engine, 0) == before[0]


def test_a_batch_is_counted_once_while_others_add_up_and_count(engine: sa.Engine) -> None:
    stores = [ParityStore(engine, Redactor(b"key")) for _ in range(2)]

    def work(number: int) -> None:
        given = batch(exchange(LEGACY, MODERN), exchange(LEGACY, LEGACY), proxy=f"proxy-{number}")
        # clocks that go apart: some count in minutes that were added up already
        at = (FIRST + number - number % 3 * 7) * 60.0
        for store in stores:
            factories.record(store, given, at)
        keep_up(engine, FIRST + number)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, range(30)))
    keep_up(engine, FIRST + 70)

    found, sums = report(engine, FIRST + 70), added_up(engine, 0)
    with without_stretches(engine):
        assert added_up(engine, 0) == sums
        assert report(engine, FIRST + 70) == found
    assert (found.tally.total, found.tally.mismatches, found.balance.balanced) == (60, 30, True)
    assert kept(engine)[60][1] == FIRST + 60
