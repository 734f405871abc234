"""One backend at one endpoint of a load test, whose times are those of a real histogram."""

import random
from functools import cache

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types

from parity.load_results import LoadSide

SLOWEST_US = 60_000_000
DIGITS = 2  # a tenth of the work of three
PAIRS, BLOCK_S = 12, 5.0
MEASURED_S = PAIRS * BLOCK_S


@cache
def timed(median_ms: float, requests: int, seed: int) -> LoadSide:
    """So many times around a median, as a server has them: skewed, and a few far out."""
    rng = random.Random(seed)
    histogram = HdrHistogram(1, SLOWEST_US, DIGITS)
    for number in range(requests):
        stretched = 4.0 if number % 97 == 96 else 1.0
        histogram.record_value(int(1_000 * median_ms * rng.lognormvariate(0, 0.42) * stretched))
    return _side(histogram)


@cache
def together(histograms: tuple[str, ...]) -> LoadSide:
    """What several histograms have in all."""
    whole = HdrHistogram(1, SLOWEST_US, DIGITS)
    for text in histograms:
        whole.decode_and_add(text)
    return _side(whole)


def _side(histogram: HdrHistogram) -> LoadSide:
    judged = int(histogram.get_total_count())
    p50, p90, p95, p99 = (
        round(histogram.get_value_at_percentile(share) / 1_000, 2) for share in (50, 90, 95, 99)
    )
    text: bytes = histogram.encode()
    return LoadSide(
        requests=round(judged * 1.03),
        judged=judged,
        errors=0,
        late=0.0,
        rps=round(judged * 1.03 / MEASURED_S, 2),
        mean_ms=round(histogram.get_mean_value() / 1_000, 2),
        p50_ms=p50,
        p90_ms=p90,
        p95_ms=p95,
        p99_ms=p99,
        queries=5.0,
        db_ms=4.1,
        cache_hits=0,
        cache_lookups=0,
        histogram=text.decode(),
    )
