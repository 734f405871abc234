"""What the store removes by age and by size, on both databases: the oldest details first, and it says so."""

import time
from pathlib import Path

import sqlalchemy as sa

from parity.exchange import Endpoint
from parity.groups import Groups
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.report_words import remarks
from parity.retention import KEPT_S, SAMPLES_AT_ONCE, Retention, minutes_removed_before, used_bytes
from parity.store import Limits, ParityStore
from parity.tables import ACCEPTANCES, COUNTS, SAMPLES
from parity.verdict import build_verdict
from tests.parity.factories import LIST, acceptance, accepted_in, batch, exchange, record

NOW = 1_795_000_020.0  # a whole minute
HOUR_S, DAY_S = 3_600.0, 86_400.0
LONG = list(range(2_000))
GROUPS = Groups(5, 200, 20_000)


def fill(store: ParityStore, days: int, groups: int = 4) -> None:
    """Each day three batches; in each the groups have a large sample."""
    for number in range(3 * days):
        at = NOW - (days - number / 3) * DAY_S
        found = [
            exchange({f"k{n}": LONG}, {f"k{n}": number}, id=f"{number:05x}{n:03x}", at=at)
            for n in range(groups)
        ]
        record(store, batch(*found, seq=number + 1), at)


def report(engine: sa.Engine) -> Report:
    return build_report(engine, now=NOW)


def used(engine: sa.Engine, *, is_quick: bool = False) -> int:
    with engine.connect() as connection:
        return used_bytes(connection, is_quick=is_quick)


def removed_before(engine: sa.Engine) -> float | None:
    with engine.connect() as connection:
        return minutes_removed_before(connection)


def samples(engine: sa.Engine, *, first: bool) -> int:
    wanted = SAMPLES.c.is_first.is_(True) if first else SAMPLES.c.is_first.is_not(True)
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).where(wanted)).scalar_one()


def oldest_minute(engine: sa.Engine) -> float:
    with engine.connect() as connection:
        first = sa.select(sa.func.min(COUNTS.c.minute)).where(COUNTS.c.minute > 0)
        return float(connection.execute(first).scalar_one() * 60)


def retention(engine: sa.Engine, max_bytes: int = 10**12, max_age_s: float = 10**9) -> Retention:
    # a clock that stands still: a loaded machine removes no less
    return Retention(engine, GROUPS, max_age_s=max_age_s, max_bytes=max_bytes, timer=lambda: 0.0)


def test_a_store_that_is_small_enough_loses_nothing(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 3)
    before = report(engine)

    assert retention(engine, used(engine) + 1).by_size(NOW)

    assert report(engine) == before
    assert before.removed == ()


def test_how_large_it_is_can_be_told_without_counting_rows(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 1)
    counted = used(engine)
    engine.dispose()  # a connection of PostgreSQL tells its statistics when it ends

    deadline = time.monotonic() + 30
    while (quick := used(engine, is_quick=True)) < 0.9 * counted and time.monotonic() < deadline:
        time.sleep(0.02)

    assert 0.9 * counted <= quick <= 1.1 * counted


def test_samples_go_first_and_the_first_one_of_each_group_stays(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 3)
    before = report(engine)

    retention(engine, used(engine) - 1).by_size(NOW)

    after = report(engine)
    assert samples(engine, first=True) == 4
    assert samples(engine, first=False) < SAMPLES_AT_ONCE
    assert [(one.what, one.n) for one in after.removed] == [("samples", 20)]
    assert (after.tally, [group.n for group in after.groups]) == (
        before.tally,
        [group.n for group in before.groups],
    )


def test_then_the_oldest_minutes_go_and_the_last_day_stays(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 6)
    accepted_in(engine, acceptance("$.k0"))
    before = report(engine)

    assert retention(engine, 1).by_size(NOW)

    after = report(engine)
    assert (after.tally, after.balance) == (before.tally, before.balance)  # added up, not lost
    assert NOW - KEPT_S <= oldest_minute(engine) < NOW
    assert [one.what for one in after.removed] == ["minutes", "samples"]
    assert after.removed_before == removed_before(engine)
    assert {group.n for group in after.groups} == {3}
    with engine.connect() as connection:
        assert len(connection.execute(sa.select(ACCEPTANCES.c.id)).all()) == 1


def test_what_is_removed_makes_the_store_smaller(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 2, groups=30)
    before = used(engine)

    retention(engine, before * 3 // 4).by_size(NOW)

    assert used(engine) <= before * 3 // 4
    assert [one.what for one in report(engine).removed] == ["samples"]


def test_the_report_and_the_verdict_say_where_they_begin(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 4)
    retention(engine, max_age_s=2 * DAY_S).by_age(NOW)

    said = remarks(report(engine))
    verdict = build_verdict(engine, "escrows", [Endpoint("escrows", "GET", "/v1/escrows")], now=NOW)
    lately = build_report(engine, since_s=HOUR_S, now=NOW)

    assert any("there are sums alone: groups, samples and costs of then were removed" in one for one in said)
    assert not any("were removed" in one for one in remarks(lately))
    assert verdict.since == removed_before(engine)
    assert NOW - 2.5 * DAY_S <= (verdict.since or 0) <= NOW - 2 * DAY_S
    assert verdict.domain.rate.comparisons == 24


def test_old_minutes_go_in_steps_and_what_takes_too_long_goes_on_the_next_time(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 6)
    clock = iter(range(1_000))
    hurried = Retention(
        engine, GROUPS, max_age_s=2 * DAY_S, max_bytes=10**12, timer=lambda: float(next(clock))
    )

    steps = 1
    while not hurried.by_age(NOW):
        steps += 1

    assert steps > 3
    assert oldest_minute(engine) == NOW - 2 * DAY_S


def test_the_store_looks_after_it_by_itself(engine: sa.Engine) -> None:
    limits = Limits(prune_every_s=0.0, measure_every_s=0.0, max_bytes=1)
    fill(ParityStore(engine, Redactor(b"key"), limits), 3)

    assert samples(engine, first=False) == 0
    assert {one.endpoint for one in report(engine).endpoints} == {LIST}


def test_a_sqlite_file_uses_the_pages_again_that_became_free(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    store = ParityStore(engine, Redactor(b"key"), Limits(total_samples=20_000))
    sizes = []
    for turn in range(3):
        for seq in range(6):
            found = [exchange({f"k{n}": LONG}, {f"k{n}": seq}) for n in range(30)]
            record(store, batch(*found, seq=turn * 100 + seq + 1), NOW)
        sizes.append(file.stat().st_size)
        retention(engine, 1).by_size(NOW)
    engine.dispose()

    assert max(sizes) <= 1.2 * sizes[0]
