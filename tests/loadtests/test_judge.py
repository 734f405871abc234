"""The judge on synthetic sides whose truth is known."""

import math
import random
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from loadtests.judge import judge
from loadtests.targets import AGAINST_ITSELF
from loadtests.timings import Timing
from parity.load_results import (
    ALL,
    AVERAGE,
    CACHE,
    MET,
    MISSED,
    NOT_SLOWER,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadJudgement,
    LoadRatio,
    Targets,
)
from tests.loadtests.judged import (
    DOMAIN,
    ENDPOINT,
    KEY,
    UNASKED,
    asked,
    block,
    judged,
    pair,
    row,
    sides,
    timing,
    word,
)

SELDOM = (DOMAIN, "PUT /v1/escrows/{id}/restore")


def test_a_true_gain_of_a_third_is_found() -> None:
    time = asked(row(sides(0.67, seed=1, n=200)), TIME)

    assert time.judgement == MET
    assert time.measured is not None
    assert time.measured.low < 0.67 < time.measured.high < 0.8
    assert (time.blocks_needed, time.why) == (None, "")


def test_a_true_gain_of_a_quarter_is_found_when_enough_is_measured() -> None:
    assert word(sides(0.75, seed=2, pairs=12, n=400, mood=0.01)) == MET


def test_a_true_gain_of_a_fifth_is_proven_to_be_one() -> None:
    fifth = asked(row(sides(0.8, seed=2, pairs=12, n=200)), NOT_SLOWER)

    assert fifth.judgement == MET
    assert fifth.measured is not None
    assert fifth.measured.high < 1


def test_a_side_that_is_five_percent_slower_is_caught() -> None:
    found = row(sides(1.05, seed=3, pairs=12, n=200, mood=0.01))

    assert asked(found, NOT_SLOWER).judgement == MISSED
    assert asked(found, TIME).judgement == MISSED


def test_noise_about_the_target_is_undecided_and_says_how_many_pairs_are_lacking() -> None:
    time = asked(row(sides(0.75, seed=4, mood=0.1)), TIME)

    assert time.judgement == UNDECIDED
    assert time.why == "the interval holds the target"
    assert time.blocks_needed is not None
    assert 1 <= time.blocks_needed <= 60


def test_a_drift_of_the_machine_meets_both_sides_alike() -> None:
    rng = random.Random(5)
    drifting = []
    for number in range(12):
        levels = [1 + 0.05 * (2 * number + turn) for turn in (0, 1)]
        first, second = levels if number % 2 == 0 else levels[::-1]
        drifting.append(pair(block(rng, 8 * first, n=200), block(rng, 8 * second, n=200)))

    assert word(drifting, NOT_SLOWER) in {MET, UNDECIDED}


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


def test_what_is_not_asked_is_not_judged() -> None:
    found = judged(sides(0.5, seed=1, queries=2), Targets(cache=None))

    assert found.overall.judged(CACHE) is None
    assert (found.judgement, found.is_clear) == (MET, True)


def test_refused_requests_count_but_do_not_move_the_median() -> None:
    refused = timing(0.1, status=401, refused=True)
    pairs = [replace(one, legacy=[*one.legacy, *[refused] * 200]) for one in sides(0.5, seed=6)]

    legacy = row(pairs).legacy

    assert (legacy.requests, legacy.judged, legacy.errors) == (6 * 260, 6 * 60, 0)
    assert legacy.p50_ms is not None
    assert legacy.p50_ms > 6


def test_one_answer_of_modern_other_than_recorded_misses_whatever_is_asked() -> None:
    wrong = [timing(0.1, status=500, as_recorded=False)] * 2 + [timing(9_000, status=0, as_recorded=False)]
    pairs = sides(0.5, seed=7, queries=1)
    pairs[0] = replace(pairs[0], modern=[*pairs[0].modern, *wrong])

    found = judge(pairs, [KEY, (DOMAIN, "PUT /v1/escrows/{id}")], Targets())

    said = (
        "3 of 363 requests to modern were answered otherwise than recorded: "
        "2 with status 500, 1 without an answer"
    )
    assert {(one.judgement, one.why) for one in found.endpoints[0].judgements} == {(MISSED, said)}
    assert asked(found.overall, TIME).why == f"{said}; at {ENDPOINT}"
    assert asked(found.overall, TIME).measured is not None
    assert (found.judgement, found.overall.modern.errors) == (MISSED, 3)


def test_errors_of_legacy_are_counted_and_leave_the_judgement_to_the_times() -> None:
    wrong = timing(0.1, status=500, as_recorded=False)
    pairs = sides(0.5, seed=8)
    pairs[0] = replace(pairs[0], legacy=[*pairs[0].legacy, wrong])

    found = row(pairs)

    assert found.legacy.errors == 1
    assert asked(found, TIME).judgement == MET


@pytest.mark.parametrize(
    ("pairs", "n", "why", "needed"),
    [
        (4, 100, "4 of the 5 pairs of blocks that it takes at least", 1),
        (6, 1, "6 of the 10 requests of a side that it takes at least", 4),
    ],
)
def test_too_few_pairs_or_requests_decide_nothing(pairs: int, n: int, why: str, needed: int) -> None:
    time = asked(row(sides(0.3, seed=9, pairs=pairs, n=n, queries=1)), TIME)

    assert (time.judgement, time.why, time.blocks_needed) == (UNDECIDED, why, needed)


def test_pairs_that_lie_far_apart_have_an_interval_that_is_a_number() -> None:
    quick, slow = [timing(1.0)] * 20, [timing(9_000.0)] * 20

    measured = asked(judged([pair(quick, slow), pair(slow, quick)], looks=12).overall, TIME).measured

    assert measured is not None
    assert measured.value == pytest.approx(1)
    assert measured.high == pytest.approx(math.exp(50))


def test_one_pair_has_no_interval() -> None:
    time = asked(row(sides(0.3, seed=9, pairs=1)), TIME)

    assert (time.measured, time.judgement, time.blocks_needed) == (None, UNDECIDED, None)


def test_an_endpoint_that_the_load_cannot_ask_is_undecided_and_holds_nothing_up() -> None:
    unasked = (DOMAIN, "PUT /v1/escrows/{id}")

    found = judge(sides(0.5, seed=10, queries=2), [KEY, unasked], Targets(cache=None))

    empty = found.endpoints[1]
    assert (empty.legacy.requests, empty.legacy.p50_ms, empty.legacy.histogram) == (0, None, "")
    assert {(one.judgement, one.binding) for one in empty.judgements} == {(UNDECIDED, False)}
    assert found.judgement == MET


def test_without_any_pair_nothing_is_decided() -> None:
    found = judged([])

    assert (found.judgement, found.is_clear) == (UNDECIDED, False)
    assert asked(found.overall, TIME).why == "no request of both sides succeeded"


def test_the_domains_and_all_together_have_rows_of_their_own() -> None:
    rng = random.Random(11)
    other = ("clients", "GET /v1/clients")
    pairs = [
        pair(
            block(rng, 8) + block(rng, 80, endpoint=other[1], domain=other[0]),
            block(rng, 4) + block(rng, 80, endpoint=other[1], domain=other[0]),
        )
        for _ in range(6)
    ]

    found = judge(pairs, [KEY, other], Targets())

    rows = [*found.endpoints, *found.by_domain, found.overall]
    assert [(one.domain, one.endpoint) for one in rows] == [
        KEY,
        other,
        (DOMAIN, ALL),
        ("clients", ALL),
        ("", ALL),
    ]
    values = [measured.value for one in rows if (measured := asked(one, TIME).measured)]
    # half of the requests take half of the time, the others as long as before
    assert values == pytest.approx([0.5, 1, 0.5, 1, math.sqrt(0.5)], rel=0.1)
    assert found.overall.legacy.requests == sum(one.legacy.requests for one in found.endpoints)
    assert found.overall.legacy.rps == pytest.approx(720 / 12)


def test_what_binds_is_all_together_no_endpoint_slower_and_what_is_asked_by_name() -> None:
    by_name = Targets(
        domains={DOMAIN: {QUERIES: 0.5}},
        endpoints={ENDPOINT: {TIME: 0.6}, "POST /v1/auth/login": {TIME: 1.05}},
    )
    pairs = [
        pair([*one.legacy, *login(one.legacy)], [*one.modern, *login(one.modern)])
        for one in sides(0.5, seed=1)
    ]

    found = judge(pairs, [KEY, ("users", "POST /v1/auth/login")], by_name)

    rows = [*found.endpoints, *found.by_domain, found.overall]
    binding = {
        (row.domain, row.endpoint, one.measure) for row in rows for one in row.judgements if one.binding
    }
    assert binding == {
        (DOMAIN, ENDPOINT, TIME),
        (DOMAIN, ENDPOINT, NOT_SLOWER),
        ("users", "POST /v1/auth/login", NOT_SLOWER),
        (DOMAIN, ALL, QUERIES),
        ("", ALL, TIME),
        ("", ALL, QUERIES),
        ("", ALL, CACHE),
    }
    assert [asked(one, TIME).target for one in rows] == [0.6, 1.05, 0.8, 0.8, 0.8]


def login(timings: Any) -> list[Timing]:
    return [
        msgspec.structs.replace(one, endpoint="POST /v1/auth/login", domain="users") for one in timings[:20]
    ]


@pytest.mark.parametrize(("limit", "expected"), [(200.0, MET), (3.0, MISSED)])
def test_a_scenario_may_bound_the_average_of_modern(limit: float, expected: str) -> None:
    found = judged(sides(0.5, seed=1), msgspec.structs.replace(UNASKED, average_ms=limit))

    average = asked(found.endpoints[0], AVERAGE)
    assert (average.judgement, average.binding, average.target) == (expected, True, limit)
    assert average.measured is not None
    assert average.measured.value == pytest.approx(found.endpoints[0].modern.mean_ms)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_of_a_side_against_itself_is_decided(seed: int) -> None:
    found = judged(sides(1.0, seed=seed, pairs=10, n=20), AGAINST_ITSELF)

    rows = [*found.endpoints, *found.by_domain, found.overall]
    asked_of = [(row.endpoint, one.measure, one.judgement) for row in rows for one in row.judgements]
    assert asked_of == [(ENDPOINT, NOT_SLOWER, UNDECIDED), (ALL, TIME, UNDECIDED)]
    assert (found.judgement, found.is_clear) == (UNDECIDED, False)


def test_the_share_of_late_requests_is_reported() -> None:
    late = timing(late_ms=40.0)
    found = row([pair([timing()] * 3 + [late], [timing()] * 4) for _ in range(6)])

    assert (found.legacy.late, found.modern.late) == (0.25, 0.0)


def test_a_run_is_clear_only_where_its_end_would_say_the_same_so_surely() -> None:
    plain = Targets(queries=None, cache=None)

    assert judged(sides(0.5, seed=1), plain, looks=12).is_clear
    near = judged(sides(0.76, seed=2, n=400, mood=0.01), plain, looks=12)
    assert (near.judgement, near.is_clear) == (MET, False)


def test_the_same_seed_says_the_same() -> None:
    assert judged(sides(0.8, seed=1), seed=3) == judged(sides(0.8, seed=1), seed=3)


def test_an_endpoint_of_which_the_load_has_a_success_must_be_decided_though_it_was_never_asked() -> None:
    found = judge(
        sides(0.5, seed=1, n=200), [KEY, SELDOM], Targets(queries=None, cache=None), expected=[KEY, SELDOM]
    )

    (silent,) = [one for one in found.endpoints if one.endpoint == SELDOM[1]]
    assert asked(silent, NOT_SLOWER).binding
    assert asked(silent, NOT_SLOWER).judgement == UNDECIDED
    assert (found.judgement, found.is_clear, found.still_open) == (UNDECIDED, False, (SELDOM,))
