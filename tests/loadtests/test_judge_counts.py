"""The judge on what is counted: statements, and hits of the cache."""

import random

import pytest

from loadtests.judge import judge
from parity.load_results import (
    CACHE,
    MET,
    MISSED,
    QUERIES,
    UNDECIDED,
    LoadJudgement,
    LoadRatio,
    Targets,
)
from tests.loadtests.test_judge import DOMAIN, KEY, asked, judged, pair, row, sides, timing, word


def test_thirty_percent_fewer_queries_meet_exactly_the_target() -> None:
    found = row([pair([timing(queries=10)] * 10, [timing(queries=7)] * 10) for _ in range(6)])

    assert asked(found, QUERIES) == LoadJudgement(QUERIES, 0.7, LoadRatio(0.7, 0.7, 0.7), MET)
    assert (found.legacy.queries, found.modern.queries) == (10, 7)


def test_a_fifth_fewer_queries_miss() -> None:
    assert word(sides(0.5, seed=5, queries=4), QUERIES) == MISSED


def test_no_query_at_all_is_the_best_there_is() -> None:
    queries = asked(row(sides(0.5, seed=5, queries=0)), QUERIES)

    assert (queries.judgement, queries.measured) == (MET, LoadRatio(0.0, 0.0, 0.0))


def test_an_interval_ends_where_there_can_be_nothing_more() -> None:
    words = [["hit"] * 9 + ["miss"] * (count == 0) for count in range(6)]
    pairs = [
        pair([timing(queries=4)] * 10, [timing(cache=one, queries=2 * (one == "miss")) for one in block])
        for block in words
    ]

    overall = judged(pairs).overall

    queries, cache = asked(overall, QUERIES).measured, asked(overall, CACHE).measured
    assert queries is not None
    assert cache is not None
    assert (queries.low, cache.high) == (0.0, 1.0)


def test_queries_of_a_side_that_does_not_say_are_unknown_and_undecided() -> None:
    found = row([pair([timing()] * 10, [timing(queries=None)] * 10) for _ in range(6)])

    queries = asked(found, QUERIES)
    assert found.modern.queries is None
    assert (queries.measured, queries.judgement) == (None, UNDECIDED)
    assert queries.why.startswith("both sides must say how many statements")


def test_what_a_backend_does_not_tell_is_never_a_zero() -> None:
    modern = row(sides(0.5, seed=1)).modern

    assert (modern.db_ms, modern.cache_lookups) == (None, 0)
    assert row([pair([timing(db_ms=2.0), timing(db_ms=3.0)], [timing()])]).legacy.db_ms == 2.5


@pytest.mark.parametrize(("hits", "expected"), [(19, MET), (10, MISSED), (14, UNDECIDED)])
def test_the_cache_is_judged_by_the_lookups_of_reads(hits: int, expected: str) -> None:
    rng = random.Random(1)
    pairs = []
    for _ in range(8):
        found = hits + rng.choice((-1, 0, 1))
        words = ["hit"] * found + ["miss"] * (20 - found)
        reads = [timing(4, cache=word) for word in words]
        writes = [timing(4, endpoint="POST /v1/escrows", cache="miss")] * 20
        pairs.append(pair([timing()] * 40, reads + writes))

    overall = judge(pairs, [KEY, (DOMAIN, "POST /v1/escrows")], Targets()).overall

    cache = asked(overall, CACHE)
    assert cache.judgement == expected
    assert overall.modern.cache_lookups == 160
    assert cache.measured is not None
    assert cache.measured.low < cache.measured.value < cache.measured.high
    assert cache.measured.value == pytest.approx(overall.modern.cache_hits / 160)


def test_a_cache_of_which_nothing_is_told_is_not_measured_and_lets_no_run_pass() -> None:
    found = judged(sides(0.5, seed=1, queries=2))

    cache = asked(found.overall, CACHE)
    assert (cache.measured, cache.judgement) == (None, UNDECIDED)
    assert "says nothing of its cache" in cache.why
    assert (found.judgement, found.is_clear) == (UNDECIDED, False)
