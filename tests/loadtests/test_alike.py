"""The pairs of a run: what legacy itself does not answer as recorded any more is not held against modern."""

import msgspec

from loadtests.alike import Pairs
from loadtests.block_runs import BlockRun
from loadtests.timings import Timing
from parity.load_results import LoadBlock
from tests.loadtests.judged import timing

SUMMARY = LoadBlock(0, "legacy", 1, 0.0, 3.0, 10, 0, 1.0, 2.0, 3.0)


def blocks(legacy: list[Timing], modern: list[Timing]) -> list[BlockRun]:
    """Modern came first."""
    other = msgspec.structs.replace(SUMMARY, side="modern", measured_s=4.0)
    return [BlockRun(other, tuple(modern)), BlockRun(SUMMARY, tuple(legacy))]


def named(exchange: str, status: int = 200, recorded: int = 200) -> Timing:
    return timing(exchange=exchange, status=status, as_recorded=status == recorded)


def test_two_blocks_are_a_pair_whichever_came_first() -> None:
    pairs = Pairs()

    pairs.add(blocks([named("one")], [named("two")]))

    (pair,) = pairs.by_now
    assert (pair.legacy, pair.modern) == ((named("one"),), (named("two"),))
    assert (pair.legacy_s, pair.modern_s, len(pairs), pairs.left_out) == (3.0, 4.0, 1, {})


def test_what_legacy_answers_otherwise_is_taken_out_of_every_pair_on_both_sides() -> None:
    pairs = Pairs()

    pairs.add(blocks([named("list"), named("register", 201, 201)], [named("register", 400, 201)]))
    pairs.add(
        blocks([named("list"), named("register", 400, 201)], [named("list"), named("register", 201, 201)])
    )

    kept = [[one.exchange for one in side] for pair in pairs.by_now for side in (pair.legacy, pair.modern)]
    assert kept == [["list"], [], ["list"], ["list"]]
    assert pairs.left_out == {"escrows/register": "legacy answers 400 to register in the middle of the load"}


def test_what_is_learned_of_legacy_in_an_extra_pair_holds_for_all_pairs_which_are_kept_apart() -> None:
    pairs = Pairs()

    pairs.add(blocks([named("list"), named("put")], [named("put", 404)]))
    pairs.add(blocks([named("put", 404)], [named("get")]), extra=True)

    (planned,), (extra,) = pairs.by_now, pairs.extra
    assert [[one.exchange for one in side] for side in (planned.legacy, planned.modern)] == [["list"], []]
    assert [[one.exchange for one in side] for side in (extra.legacy, extra.modern)] == [[], ["get"]]
    assert len(pairs) == 1


def test_what_modern_alone_answers_otherwise_stays_and_so_does_a_fault_of_legacy() -> None:
    pairs = Pairs()

    pairs.add(blocks([named("list"), named("get", 500), named("put", 0)], [named("list", 404), named("get")]))

    (pair,) = pairs.by_now
    assert [one.exchange for one in pair.legacy] == ["list", "get", "put"]
    assert [(one.exchange, one.as_recorded) for one in pair.modern] == [("list", False), ("get", True)]
    assert pairs.left_out == {}
