"""Groups in the store: samples, members, and what is left of them when the bounds are reached."""

import sqlalchemy as sa

from parity.members import Members, members_of
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.store import Limits, ParityStore
from parity.tables import GROUP_MEMBERS, GROUPS, SAMPLES
from tests.parity.factories import batch, exchange, record

NOW = 1_795_000_000.0
DAY_S = 86_400.0


def fill(store: ParityStore, first: int, last: int, seq: int = 1, now: float = NOW) -> None:
    """Exchanges of one group, each of its own, from three clients."""
    found = [
        exchange({"n": 0}, {"n": number}, id=f"{number:08x}", client=f"{number % 3:04x}")
        for number in range(first, last)
    ]
    record(store, batch(*found, seq=seq), now)


def report(engine: sa.Engine, now: float = NOW) -> Report:
    return build_report(engine, now=now)


def members(engine: sa.Engine) -> list[Members]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(GROUP_MEMBERS))
        return [members_of(row.exchanges, row.clients) for row in rows]


def test_the_first_sample_stays_while_later_ones_come_and_go(engine: sa.Engine, store: ParityStore) -> None:
    for seq in range(1, 4):
        fill(store, seq * 10, seq * 10 + 8, seq)

    (group,) = report(engine).groups

    assert [sample.modern for sample in group.samples] == ["37", "36", "35", "34", "33", "10"]
    assert group.samples[-1].is_first


def test_members_of_many_batches_are_those_of_one(engine: sa.Engine, store: ParityStore) -> None:
    for seq in range(1, 6):
        fill(store, seq * 10, seq * 10 + 10, seq)

    (found,) = members(engine)

    assert len(found.exchanges) == 50
    assert sum(count.n for count in found.clients) == 50
    assert [count.client for count in found.clients] == ["0001", "0002", "0000"]


def test_exchanges_of_one_id_are_told_apart_by_their_time(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(*(exchange({"n": 0}, {"n": 1}, id="same", at=NOW + n) for n in range(4))), NOW)

    assert len(members(engine)[0].exchanges) == 4


def test_who_names_exchanges_cannot_choose_their_digests(engine: sa.Engine) -> None:
    found = []
    for key in (b"one", b"two"):
        with engine.begin() as connection:
            for table in (GROUP_MEMBERS, GROUPS, SAMPLES):
                table.create(connection, checkfirst=True)
                connection.execute(sa.delete(table))
        record(
            ParityStore(engine, Redactor(key)), batch(exchange({"n": 0}, {"n": 1}), proxy=key.decode()), NOW
        )
        found.append(members(engine)[0].exchanges)

    assert found[0] != found[1]


def test_of_too_many_samples_the_first_ones_go_last(engine: sa.Engine) -> None:
    store = ParityStore(engine, Redactor(b"key"), Limits(total_samples=3))
    for seq, key in enumerate("abc", start=1):
        record(store, batch(*(exchange({key: 0}, {key: n}) for n in range(1, 5)), seq=seq), NOW + seq * 100)

    samples = [sample for group in report(engine).groups for sample in group.samples]

    assert [(sample.is_first, sample.modern) for sample in samples] == [(True, "1")] * 3


def test_a_group_that_is_forgotten_takes_its_members_along(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 1, 4, now=NOW - 40 * DAY_S)

    store.prune(now=NOW)

    assert report(engine).groups == ()
    assert members(engine) == []
