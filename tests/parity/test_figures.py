"""What came of mirrored requests in the last minutes: by the second of the request, each batch once."""

import sqlalchemy as sa

from parity.completing import Shed
from parity.figures import KEPT_S, Compared, compared_up_to, read_compared
from parity.store import ParityStore
from tests.parity.factories import batch, capture, exchange, observation, record

NOW = 1_795_000_000.0


def compared(engine: sa.Engine, since: float, domain: str | None = None) -> dict[str, Compared]:
    with engine.connect() as connection:
        return read_compared(connection, since, domain)


def test_outcomes_and_both_sides_of_pairs_are_added_up_by_domain(
    engine: sa.Engine, store: ParityStore
) -> None:
    equal = exchange(modern=observation(duration_s=0.03, query_count=2))
    other = exchange({"n": 1}, observation({"n": 2}, query_count=None), domain="clients")
    late = exchange(modern=observation(error="timeout"))
    record(store, batch(equal, other, late, Shed("shadow_limit")), NOW)

    assert compared(engine, NOW - 30) == {
        "escrows": Compared(
            outcomes=3,
            decided=1,
            shed=1,
            pairs=1,
            legacy_s=0.01,
            modern_s=0.03,
            query_pairs=1,
            legacy_queries=4,
            modern_queries=2,
        ),
        "clients": Compared(outcomes=1, decided=1, mismatches=1, pairs=1, legacy_s=0.01, modern_s=0.01),
    }
    assert list(compared(engine, NOW - 30, "clients")) == ["clients"]


def test_what_several_batches_bring_in_one_second_is_added(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange()), NOW)
    record(store, batch(exchange(), seq=2), NOW)

    found = compared(engine, NOW - 30)["escrows"]

    assert (found.outcomes, found.pairs, found.legacy_queries) == (2, 2, 8)
    assert isinstance(found.outcomes, int)


def test_a_request_counts_at_the_moment_when_it_came_however_late_its_outcome(
    engine: sa.Engine, store: ParityStore
) -> None:
    record(store, batch(exchange(at=NOW - 20)), NOW)

    assert compared(engine, NOW - 19) == {}
    assert compared(engine, NOW - 20)["escrows"].outcomes == 1
    with engine.connect() as connection:
        assert compared_up_to(connection) == {"escrows": NOW - 20}


def test_a_request_of_a_clock_that_is_ahead_counts_now(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange(at=NOW + 3_600)), NOW)

    with engine.connect() as connection:
        assert compared_up_to(connection) == {"escrows": NOW}


def test_a_batch_that_is_sent_again_counts_once(engine: sa.Engine, store: ParityStore) -> None:
    given = batch(exchange())
    record(store, given, NOW)
    record(store, given, NOW)

    assert compared(engine, NOW - 30)["escrows"].outcomes == 1


def test_reads_that_check_a_write_are_no_pair(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange(check="read_back", write="POST /v1/escrows")), NOW)

    found = compared(engine, NOW - 30)["escrows"]
    assert (found.decided, found.pairs) == (1, 0)


def test_what_is_old_is_neither_kept_nor_taken(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange(at=NOW)), NOW)
    later = NOW + KEPT_S + 60
    record(store, batch(exchange(at=NOW + 1), exchange(at=later), seq=2), later)
    store.prune(now=later)

    assert {name: one.outcomes for name, one in compared(engine, 0).items()} == {"escrows": 1}


def test_a_capture_counts_for_its_own_domain(engine: sa.Engine, store: ParityStore) -> None:
    shed = capture(Shed("shadow_limit"), domain="leads", at=NOW)
    record(store, batch(captures=(shed,)), NOW)

    assert list(compared(engine, NOW - 5)) == ["leads"]
