"""What was counted of each domain."""

from pathlib import Path

import sqlalchemy as sa

from parity.adding_up import AddingUp
from parity.database import writing
from parity.tables import STRETCHES
from proxy.console.figures import MOST_POINTS, FigureReader
from tests.parity.factories import DETAIL, exchange, observation
from tests.proxy.console.rig import ENDPOINTS, Store

NOW = 1_800_000_000.0


def test_endpoints_are_pooled_and_what_was_before_does_not_count(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    agree = [exchange(None, observation(duration_s=0.005, query_count=2)) for _ in range(10)]
    store.compare(*agree, at=NOW - 7_200)
    store.compare(*agree, exchange({"a": 1}, {"a": 2}, endpoint=DETAIL), at=NOW - 60)
    store.compare(exchange(endpoint="GET /v1/leads", domain="leads"), at=NOW)

    hour = FigureReader(store.engine, ENDPOINTS).by_domain(NOW - 3_600)
    ever = FigureReader(store.engine, ENDPOINTS).by_domain(0)

    escrows = hour["escrows"]
    assert (escrows.tally.compared, escrows.tally.mismatches) == (11, 1)
    assert escrows.latency is not None
    assert (escrows.latency.n, 0.5 < escrows.latency.value < 0.6) == (11, True)
    assert escrows.queries is not None
    assert 0.5 < escrows.queries.value < 0.6
    assert (hour["leads"].tally.compared, hour["leads"].latency) == (1, None)
    assert ever["escrows"].tally.compared == 21


def test_a_store_without_tables_has_counted_nothing(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    reader = FigureReader(store.engine, ENDPOINTS)

    line = reader.timeline("escrows", NOW - 120, NOW)

    assert reader.by_domain(0) == {}
    assert (line.step_s, line.compared, line.latency) == (60, (0, 0, 0), (None, None, None))


def test_a_timeline_has_a_point_for_every_minute(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    for minutes_ago, n in ((3, 2), (1, 10)):
        store.compare(*(exchange({"a": 1}, {"a": 2}) for _ in range(n)), at=NOW - 60 * minutes_ago)

    line = FigureReader(store.engine, ENDPOINTS).timeline("escrows", NOW - 240, NOW)

    assert line.compared == line.mismatches == (0, 2, 0, 10, 0)
    assert [ratio is not None for ratio in line.latency] == [False, False, False, True, False]
    assert line.begins[-1] == NOW


def test_a_long_time_is_told_in_longer_steps_and_loses_nothing(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    for days_ago in range(1, 8):
        store.compare(exchange(), at=NOW - days_ago * 86_400)

    line = FigureReader(store.engine, ENDPOINTS).timeline("escrows", NOW - 7 * 86_400, NOW)

    assert len(line.begins) <= MOST_POINTS + 1
    assert line.step_s == 30 * 60  # whole stretches of ten minutes, as the store adds them up
    assert sum(line.compared) == 7


def test_what_is_added_up_in_the_store_changes_no_figure(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    for hours_ago in (1, 5, 30, 31):
        store.compare(exchange({"a": 1}, {"a": 2}), exchange(), at=NOW - hours_ago * 3_600)
    reader = FigureReader(store.engine, ENDPOINTS)
    with writing(store.engine) as connection:
        connection.execute(sa.delete(STRETCHES))
    spans = [NOW - hours * 3_600 for hours in (2, 40, 24 * 7)]
    before = reader.by_domain(NOW - 40 * 3_600), [reader.timeline("escrows", since, NOW) for since in spans]

    AddingUp(store.engine, timer=lambda: 0.0).keep_up(NOW)

    assert [one.step_s for one in before[1]] == [60, 7 * 60, 30 * 60]
    assert reader.by_domain(NOW - 40 * 3_600) == before[0]
    assert [reader.timeline("escrows", since, NOW) for since in spans] == before[1]
