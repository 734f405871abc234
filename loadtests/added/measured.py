"""What slices say: what was measured of a path, and what one path adds to another that was sent the same."""

import math
from collections import Counter
from collections.abc import Sequence

from loadtests.added.result import PathMeasured
from loadtests.added.slices import Sliced
from loadtests.interval import Pooled, bootstrap, percentile
from loadtests.timings import Timing
from parity.load_results import LoadRatio

LATE_MS = 10.0
_KEEPS_UP = 0.95


def is_failed(timing: Timing) -> bool:
    """Whether there was no whole answer, or one that says that the server failed; none of those sent is recorded so."""
    return not timing.status or timing.status >= 500


def path_measured(slices: Sequence[Sliced], offered_rps: float) -> PathMeasured:
    """Of slices of one path at one rate."""
    timings = [timing for one in slices for timing in one.timings]
    sent = [timing for one in slices for timing in one.all_sent]
    durations = sorted(timing.duration_ms for timing in timings if not is_failed(timing))
    answered = sum(one.answered for one in slices)
    failed = sum(map(is_failed, sent))
    wrong = Counter(_words(timing) for timing in sent if not timing.as_recorded)
    p50, p90, p99 = (round(percentile(durations, q), 2) if durations else None for q in (0.5, 0.9, 0.99))
    return PathMeasured(
        offered_rps=round(offered_rps, 1),
        rps=round(answered / sum(one.slice.measured_s for one in slices), 1),
        requests=len(timings),
        sent=len(sent),
        not_sent=sum(one.not_sent for one in slices),
        failed=failed,
        unexpected=wrong.total() - failed,
        wrong=dict(wrong.most_common()),
        late=round(sum(timing.late_ms > LATE_MS for timing in timings) / max(len(timings), 1), 4),
        p50_ms=p50,
        p90_ms=p90,
        p99_ms=p99,
        keeps_up=_keeps_up(answered, len(timings), offered_rps * sum(one.slice.measured_s for one in slices)),
    )


def _keeps_up(answered: int, due: int, offered: float) -> bool:
    """Whether as many were answered as came, but for chance; a generator that is late itself never sends the last ones."""
    expected = max(due, offered - 2 * math.sqrt(offered))
    return answered + math.sqrt(expected) >= _KEEPS_UP * expected


def _words(timing: Timing) -> str:
    return f"{timing.status or 'no answer'} to {timing.endpoint} ({timing.exchange})"


def added_ms(
    through: Sequence[Sliced], direct: Sequence[Sliced], share: float, *, seed: int
) -> LoadRatio | None:
    """That percentile through the proxy minus that of the same requests sent directly, with an interval over rounds.

    Both have one slice a round; a round that is drawn again is drawn for both, so that what the machine did then to
    both is no difference.
    """
    with_proxy, without = (
        Pooled([[timing.duration_ms for timing in one.timings if not is_failed(timing)] for one in slices])
        for slices in (through, direct)
    )

    def difference(weights: Sequence[int]) -> float | None:
        above, below = with_proxy.quantile(weights, share), without.quantile(weights, share)
        return None if above is None or below is None else above - below

    found = bootstrap(len(through), difference, seed=seed)
    return (
        None if found is None else LoadRatio(round(found.value, 2), round(found.low, 2), round(found.high, 2))
    )
