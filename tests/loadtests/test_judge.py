"""The judge on synthetic sides whose truth is known."""

import math
import random
from dataclasses import replace

import msgspec
import pytest

from loadtests.judge import ALL, EndpointFigures, Judgement, PairOfBlocks, judge
from loadtests.timings import Timing

ENDPOINT = "GET /v1/escrows"


def timing(duration_ms: float = 8.0, *, queries: int | None = 5, exchange: str = "list") -> Timing:
    return Timing(
        endpoint=ENDPOINT,
        exchange=exchange,
        started_s=1.0,
        duration_ms=duration_ms,
        status=200,
        as_recorded=True,
        refused=False,
        query_count=queries,
        db_ms=None,
        cache="",
        late_ms=0.0,
        domain="escrows",
    )


def block(
    rng: random.Random, scale: float, *, n: int = 60, mood: float = 0.02, queries: int = 5
) -> list[Timing]:
    """Log-normal times around `scale` ms; `mood` is by how much whole blocks differ from each other."""
    level = scale * math.exp(rng.gauss(0, mood))
    return [timing(level * math.exp(rng.gauss(0, 0.3)), queries=queries) for _ in range(n)]


def sides(
    ratio: float, *, seed: int, pairs: int = 6, n: int = 60, mood: float = 0.02, queries: int = 5
) -> list[PairOfBlocks]:
    rng = random.Random(seed)
    return [
        PairOfBlocks(block(rng, 8, n=n, mood=mood), block(rng, 8 * ratio, n=n, mood=mood, queries=queries))
        for _ in range(pairs)
    ]


def row(pairs: list[PairOfBlocks]) -> EndpointFigures:
    return judge(pairs, [ENDPOINT])[0]


def test_a_true_gain_of_a_third_is_found() -> None:
    judged = row(sides(0.67, seed=1, n=200))

    assert judged.time is Judgement.PASS
    assert judged.time_ratio is not None
    assert judged.time_ratio.low < 0.67 < judged.time_ratio.high < 0.8


def test_a_true_gain_of_a_quarter_is_found_when_enough_is_measured() -> None:
    assert row(sides(0.75, seed=2, pairs=12, n=400, mood=0.01)).time is Judgement.PASS


@pytest.mark.parametrize("seed", range(8))
def test_equal_sides_are_never_called_faster(seed: int) -> None:
    assert row(sides(1.0, seed=seed)).time is Judgement.FAIL


def test_a_side_that_is_five_percent_slower_does_not_pass() -> None:
    assert row(sides(1.05, seed=3)).time is Judgement.FAIL


def test_noise_about_the_target_is_undecided() -> None:
    assert row(sides(0.8, seed=4, mood=0.2)).time is Judgement.UNDECIDED


def test_equal_sides_that_the_machine_shook_badly_are_not_called_faster() -> None:
    judgements = {row(sides(1.0, seed=seed, mood=0.4)).time for seed in range(10)}

    assert Judgement.PASS not in judgements


def test_the_percentiles_come_from_all_values_of_all_blocks() -> None:
    pairs = [
        PairOfBlocks([timing(float(i)) for i in range(1, 100)], [timing(1.0)] * 30),
        PairOfBlocks([timing(1_000.0)] * 1, [timing(1.0)] * 30),
    ]

    figures = row(pairs).legacy

    assert figures.p50_ms == pytest.approx(50.5)
    assert figures.p95_ms == pytest.approx(95.05)
    assert figures.p99_ms == pytest.approx(108.01, rel=0.1)


def test_thirty_percent_fewer_queries_pass_exactly_at_the_target() -> None:
    judged = judge(
        [PairOfBlocks([timing(queries=10)] * 10, [timing(queries=7)] * 10) for _ in range(6)], [ENDPOINT]
    )[0]

    assert judged.queries is Judgement.PASS
    assert (judged.legacy.queries, judged.modern.queries) == (10, 7)


def test_a_fifth_fewer_queries_fail() -> None:
    assert row(sides(0.5, seed=5, queries=4)).queries is Judgement.FAIL


def test_queries_of_a_side_that_does_not_say_are_unknown_and_undecided() -> None:
    pairs = [PairOfBlocks([timing()] * 10, [timing(queries=None)] * 10) for _ in range(6)]

    judged = row(pairs)

    assert judged.modern.queries is None
    assert judged.query_ratio is None
    assert judged.queries is Judgement.UNDECIDED


def test_a_few_more_requests_of_the_expensive_kind_do_not_change_the_query_ratio() -> None:
    cheap, dear = timing(queries=2, exchange="get"), timing(queries=10, exchange="list")
    pairs = [PairOfBlocks([cheap] * 10 + [dear] * 10, [cheap] * 5 + [dear] * 15) for _ in range(6)]

    judged = row(pairs)

    assert judged.query_ratio is not None
    assert judged.query_ratio.value == pytest.approx(1.0)


def test_refused_requests_count_but_do_not_move_the_median() -> None:
    refused = msgspec.structs.replace(timing(0.1), status=401, refused=True)
    pairs = [replace(pair, legacy=[*pair.legacy, *[refused] * 200]) for pair in sides(0.5, seed=6)]

    judged = row(pairs)

    assert judged.legacy.requests == 6 * 260
    assert judged.legacy.judged == 6 * 60
    assert judged.legacy.p50_ms is not None
    assert judged.legacy.p50_ms > 6
    assert judged.legacy.errors == 0


def test_one_answer_of_modern_other_than_recorded_fails_both_targets() -> None:
    broken = msgspec.structs.replace(timing(0.1), status=500, as_recorded=False)
    pairs = sides(0.5, seed=7, queries=1)
    pairs[0] = replace(pairs[0], modern=[*pairs[0].modern, broken])

    judged = row(pairs)

    assert (judged.time, judged.queries) == (Judgement.FAIL, Judgement.FAIL)
    assert judged.modern.errors == 1


def test_errors_of_legacy_are_counted_and_leave_the_judgement_to_the_times() -> None:
    broken = msgspec.structs.replace(timing(0.1), status=500, as_recorded=False)
    pairs = sides(0.5, seed=8)
    pairs[0] = replace(pairs[0], legacy=[*pairs[0].legacy, broken])

    judged = row(pairs)

    assert judged.legacy.errors == 1
    assert judged.time is Judgement.PASS


@pytest.mark.parametrize(("pairs", "n"), [(4, 100), (6, 3)])
def test_too_few_pairs_or_requests_decide_nothing(pairs: int, n: int) -> None:
    judged = row(sides(0.3, seed=9, pairs=pairs, n=n, queries=1))

    assert (judged.time, judged.queries) == (Judgement.UNDECIDED, Judgement.UNDECIDED)


def test_an_endpoint_without_any_request_is_undecided() -> None:
    judged = judge(sides(0.5, seed=10), ["PUT /v1/escrows/{id}"])[0]

    assert judged.legacy.requests == 0
    assert judged.legacy.p50_ms is None
    assert judged.time_ratio is None
    assert judged.time is Judgement.UNDECIDED


def test_the_last_row_is_all_endpoints_together() -> None:
    rows = judge(sides(0.5, seed=11), [ENDPOINT])

    assert [judged.endpoint for judged in rows] == [ENDPOINT, ALL]
    assert rows[-1].time_ratio == rows[0].time_ratio


def test_the_share_of_late_requests_is_reported() -> None:
    late = msgspec.structs.replace(timing(), late_ms=40.0)
    pairs = [PairOfBlocks([timing()] * 3 + [late], [timing()] * 4) for _ in range(6)]

    judged = row(pairs)

    assert (judged.legacy.late, judged.modern.late) == (0.25, 0.0)
