"""What the store keeps for verdicts: added up, bounded, forgotten in time."""

import math

import pytest
import sqlalchemy as sa

from parity.completing import Shed
from parity.counted import reading
from parity.coverage import OTHER_SHAPES, Cell
from parity.evidence import Evidence, read_evidence
from parity.exchange import Batch, Exchange
from parity.ratios import CountSums
from parity.redact import Redactor
from parity.store import Limits, ParityStore
from parity.tables import CELLS
from tests.parity import factories
from tests.parity.factories import DETAIL, LIST, batch, exchange, observation

NOW = 1_795_000_040.0
MINUTE = int(NOW // 60)
DAY_S = 86_400.0


def record(engine: sa.Engine, given: Batch, at: float = NOW, **limits: int) -> None:
    factories.record(ParityStore(engine, Redactor(b"key"), Limits(**limits)), given, at)


def evidence(engine: sa.Engine, minute: int = 0, now: float = NOW) -> Evidence:
    with reading(engine) as store:
        if store is None:
            return Evidence()
        names = {LIST, DETAIL, *store.domains, "DELETE /v1/escrows/{id}"}
        return read_evidence(store, minute=minute, now=now, names=names)


def timed(legacy_s: float, modern_s: float) -> Exchange:
    return exchange(observation(duration_s=legacy_s), observation(duration_s=modern_s))


def test_what_was_decided_is_counted_by_cell_and_nothing_else(engine: sa.Engine) -> None:
    paged = exchange(target="/v1/escrows?page=2&limit=5")
    refused = exchange(observation({"a": 1}, status=404), observation({"a": 2}, status=404))
    undecided = (
        exchange({"a": 1}, {"a": 2}, raced=True),
        exchange(modern=observation(error="timeout")),
        exchange(skipped="body_too_large"),
        Shed("shadow_limit"),
    )

    record(engine, batch(exchange(), paged, paged, refused, *undecided))
    record(engine, batch(paged, seq=2))

    assert evidence(engine).cells == {
        Cell(LIST, "2xx"): 1,
        Cell(LIST, "2xx", "limit&page"): 3,
        Cell(LIST, "4xx"): 1,
    }


def test_the_check_of_a_write_is_evidence_for_the_write_and_in_no_ratio(engine: sa.Engine) -> None:
    gone = observation({"error": "gone"}, status=404)
    removed = exchange(gone, gone, endpoint=DETAIL, check="read_back", write="DELETE /v1/escrows/{id}")

    record(engine, batch(removed))

    assert evidence(engine).cells == {Cell("DELETE /v1/escrows/{id}", "2xx"): 1}
    assert (evidence(engine).durations, evidence(engine).queries) == ({}, {})


def test_a_batch_sent_again_adds_nothing(engine: sa.Engine) -> None:
    given = batch(exchange())
    record(engine, given)
    before = evidence(engine)

    record(engine, given)

    assert evidence(engine) == before


def test_what_clients_make_up_fills_a_bounded_number_of_cells(engine: sa.Engine) -> None:
    for seq, letters in enumerate(("abc", "defgh", "ab"), 1):
        shapes = [exchange(target=f"/v1/escrows?{letter}=1") for letter in letters]
        record(engine, batch(*shapes, seq=seq), cells_per_endpoint=3)

    assert evidence(engine).cells == {
        Cell(LIST, "2xx", "a"): 2,
        Cell(LIST, "2xx", "b"): 2,
        Cell(LIST, "2xx", "c"): 1,
        Cell(LIST, "2xx", OTHER_SHAPES): 5,
    }


def test_costs_are_kept_as_pairs(engine: sa.Engine) -> None:
    silent = exchange(observation(query_count=None, duration_s=0.0), observation(duration_s=0.0))
    counted = exchange(observation(query_count=5), observation(query_count=2))

    record(engine, batch(timed(0.01, 0.02), counted, exchange(modern=observation(error="broken"))))
    record(engine, batch(timed(0.01, 0.005), silent, seq=2))

    found = evidence(engine)
    assert found.durations[LIST].n == 4
    assert found.durations[LIST].logs == pytest.approx(0)
    assert found.durations[LIST].squared_logs == pytest.approx(2 * math.log(2) ** 2)
    assert found.queries == {LIST: CountSums(3, 13, 10, 57, 36, 42)}


def test_only_what_came_from_that_minute_on_is_read(engine: sa.Engine) -> None:
    record(engine, batch(exchange()), at=NOW - 60)
    record(engine, batch(exchange(), exchange(target="/v1/escrows?page=1"), seq=2))

    found = evidence(engine, MINUTE)
    assert found.cells == {Cell(LIST, "2xx"): 1, Cell(LIST, "2xx", "page"): 1}
    assert (found.durations[LIST].n, found.queries[LIST].n) == (2, 2)


def test_how_many_came_lately_and_in_what_time_is_known(engine: sa.Engine) -> None:
    record(engine, batch(exchange()), at=NOW - 7_200)
    record(engine, batch(exchange(), exchange(), seq=2), at=NOW - 600)
    record(engine, batch(exchange(), seq=3))

    assert (evidence(engine).recent, evidence(engine).recent_s) == ({LIST: 3}, 620)
    assert (evidence(engine, MINUTE).recent, evidence(engine, MINUTE).recent_s) == ({LIST: 1}, 20)


def test_old_evidence_is_forgotten(engine: sa.Engine) -> None:
    record(engine, batch(exchange(target="/v1/escrows?page=1")), at=NOW - 40 * DAY_S)
    record(engine, batch(exchange(), seq=2))

    found = evidence(engine)
    assert found.cells == {Cell(LIST, "2xx"): 1}
    assert found.durations[LIST].n == 1
    with engine.connect() as connection:
        assert connection.execute(sa.select(CELLS.c.query)).scalars().all() == [""]
