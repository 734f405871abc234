"""A fault that shows now and then is seen, although each time it is gone at the second asking."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from parity.conditions import Standing
from parity.exchange import Endpoint
from parity.fleeting import MAX_PATHS, Fleeting, FleetingPath, fleeting_places
from parity.outcome import Difference, Kind, Outcome
from parity.redact import Redactor
from parity.report import build_report
from parity.samples import OTHER_PATHS
from parity.settle import AskedAgain
from parity.store import Limits, ParityStore
from parity.verdict import Readiness, build_verdict
from tests.parity.confirming import benched, in_turn, read, telling
from tests.parity.factories import LIST, batch, exchange, record
from tests.proxy.test_outbox import a_capture
from tests.support.backends import answering

NOW = 1_795_000_000.0


def differs(*steps: Any, kind: Kind = Kind.VALUE) -> Difference:
    return Difference(("$", *steps), kind, 1, 2)


def wrong_every_third(times: int) -> list[int]:
    return [7 if number % 3 == 2 else 5 for number in range(times)]


async def test_a_fault_in_every_third_answer_is_found_and_withholds_the_verdict(tmp_path: Path) -> None:
    # asked again modern is right each time: all of these were transient, and nothing differed
    async with benched(tmp_path, telling(5), telling(*wrong_every_third(60))) as (bench, _, _):
        for _ in range(20):
            await bench.take(read(5))

        tally = bench.report().tally
        verdict = build_verdict(bench.engine, "escrows", [Endpoint("escrows", "GET", "/v1/escrows")])

    assert (tally.mismatches, tally.outcomes[Outcome.TRANSIENT]) == (0, 9)
    (found,) = verdict.domain.grounds.fleeting
    assert (found.path, found.kind, found.n, found.compared) == ("$.v", "value", 9, 20)
    assert found.comes_and_goes
    (condition,) = [one for one in verdict.domain.conditions if one.name == "comes and goes"]
    assert condition.standing is Standing.WRONG
    assert condition.text.endswith("GET /v1/escrows $.v (9 of 20)")
    assert verdict.readiness is Readiness.NO


async def test_data_that_moved_does_not_come_and_go(tmp_path: Path) -> None:
    async with benched(tmp_path, telling(6), telling(6)) as (bench, _, _):
        await bench.take(read(5))

        assert bench.report().tally.reasons[Outcome.TRANSIENT] == {"moved": 1}
        assert bench.report().fleeting == ()


async def test_what_was_gone_while_a_write_was_in_flight_counts_for_nothing(tmp_path: Path) -> None:
    overlapped = iter([False, True])  # at the first asking there was none
    async with benched(
        tmp_path, telling(5), telling(7, 5), overlapped=lambda _mark, _domain: next(overlapped)
    ) as (bench, _, _):
        await bench.take(read(5))

        assert bench.report().tally.outcomes[Outcome.TRANSIENT] == 1
        assert bench.report().fleeting == ()


async def test_beside_a_field_that_always_moves_a_fault_still_comes_and_goes(tmp_path: Path) -> None:
    def body(clock: int, price: int) -> bytes:
        return b'{"at": %d, "price": %d}' % (clock, price)

    legacy = in_turn(*(answering(body(number, 5)) for number in range(1, 40)))
    modern = in_turn(*(answering(body(100 + n, price)) for n, price in enumerate(wrong_every_third(40))))
    async with benched(tmp_path, legacy, modern) as (bench, _, _):
        for number in range(9):
            await bench.take(a_capture(body(1_000 + number, 5)))

        assert [(one.path, one.n) for one in bench.report().fleeting] == [("$.price", 3)]


@pytest.mark.parametrize(
    ("before", "now", "moved", "gone"),
    [
        ([differs("a")], [], [], {("$.a", Kind.VALUE)}),
        ([differs("a")], [differs("a", kind=Kind.TYPE)], [], set()),
        ([differs("a")], [], [differs("a")], set()),
        ([differs("rows", 0, "n")], [], [differs("rows", kind=Kind.LENGTH)], set()),
        ([differs("rows", kind=Kind.LENGTH)], [], [differs("rows", 3, "n")], set()),
        ([differs("rows", 0, "n")], [], [differs("rowsize")], {("$.rows[*].n", Kind.VALUE)}),
        ([differs("a")], [], [Difference(("$status",), Kind.STATUS, 200, 404)], set()),
        ([differs("a"), differs("b")], [differs("b")], [], {("$.a", Kind.VALUE)}),
    ],
)
def test_gone_is_what_differs_no_more_where_legacy_stayed_as_it_was(
    before: list[Difference], now: list[Difference], moved: list[Difference], gone: set[tuple[str, Kind]]
) -> None:
    assert fleeting_places(before, now, moved) == gone


@pytest.mark.parametrize(
    ("n", "compared", "max_share", "expected"),
    [(3, 20, 0.001, True), (2, 20, 0.001, False), (3, 3_000, 0.001, False), (30, 3_000, 0.02, False)],
)
def test_often_enough_and_in_a_large_enough_share_it_comes_and_goes(
    n: int,
    compared: int,
    max_share: float,
    expected: bool,  # noqa: FBT001  a column of the table
) -> None:
    assert FleetingPath(LIST, "$.a", "value", n, compared, 1.0, 2.0, max_share).comes_and_goes is expected


def note(store: ParityStore, *places: tuple[str, Kind], seq: int, now: float, endpoint: str = LIST) -> None:
    beside = AskedAgain(fleeting=[Fleeting(endpoint, frozenset(places))])
    store.record(batch(seq=seq), [], [], beside, now=now)


def test_the_store_counts_exchanges_by_path_and_minute(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange(), exchange()), NOW)
    note(store, ("$.a", Kind.VALUE), ("$.b", Kind.TYPE), seq=2, now=NOW)
    note(store, ("$.a", Kind.VALUE), seq=3, now=NOW + 120)
    note(store, ("$.a", Kind.VALUE), seq=4, now=NOW + 120, endpoint="GET /elsewhere")

    everything = build_report(engine, now=NOW + 120).fleeting
    lately = build_report(engine, since_s=60, now=NOW + 150).fleeting

    assert everything == (
        FleetingPath(LIST, "$.a", "value", 2, 2, NOW, NOW + 120),
        FleetingPath(LIST, "$.b", "type", 1, 2, NOW, NOW),
    )
    assert lately == ()  # nothing of the endpoint was compared in that time


def test_paths_over_the_bound_are_counted_as_one(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange()), NOW)
    for seq, number in enumerate(range(0, MAX_PATHS + 20, 10), start=2):
        note(store, *((f"$.k{n}", Kind.VALUE) for n in range(number, number + 10)), seq=seq, now=NOW)

    found = build_report(engine, now=NOW).fleeting

    assert len(found) == MAX_PATHS + 1
    assert [one.n for one in found if one.path == OTHER_PATHS] == [2]


def test_what_is_older_than_the_store_keeps_is_forgotten(engine: sa.Engine) -> None:
    store = ParityStore(engine, Redactor(b"key"), Limits(retention_s=600.0, prune_every_s=0.0))
    note(store, ("$.a", Kind.VALUE), seq=1, now=NOW)
    record(store, batch(exchange(), seq=2), NOW + 1_200)

    assert build_report(engine, now=NOW + 1_200).fleeting == ()
