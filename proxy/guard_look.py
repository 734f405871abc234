"""What one look finds of one measure: pure functions from recent figures to a value, how sure it is, and its words.

Of a share the lower end of its interval is compared with the limit, so that a few errors of few requests roll nothing
back, and nothing but errors does so at once, by the same limit. The interval is Wilson's (J. Am. Stat. Assoc. 22, 1927),
that of a difference Newcombe's (Statistics in Medicine 17, 1998, method 10).
"""

import math
from dataclasses import dataclass, field, replace
from typing import assert_never

from parity.figures import Compared
from proxy.figures import Served
from proxy.guard import Guard, Measure

_Z = 1.645  # 95 % on the one side that matters


@dataclass(frozen=True, slots=True)
class Look:
    """A measure as it was found: its `value`, None where there is nothing to measure, and `floor`, what it surely is.

    `words` are the figures for a person. `blind` says why they cannot be trusted to be all; empty: they can.
    """

    value: float | None
    floor: float
    samples: int
    words: str
    blind: str = ""


@dataclass(frozen=True, slots=True)
class Recent:
    """What is known of a domain in the window of a guard. The two texts say why figures are missing, or are empty."""

    served: Served = field(default_factory=Served)
    compared: Compared = field(default_factory=Compared)
    not_served: str = ""
    not_compared: str = ""


def look(guard: Guard, recent: Recent) -> Look:
    """What that guard sees in it."""
    compared = recent.compared
    blind = recent.not_served or recent.not_compared
    match guard.measure:
        case Measure.ERROR_RATE:
            return _error_rate(guard, recent)
        case Measure.MISMATCH_RATE:
            return _share(guard, "mismatch rate", compared.mismatches, compared.decided, blind)
        case Measure.SHADOW_SHED:
            # what a proxy worker sheds never comes to a parity worker
            shed = recent.served.shed
            return _share(guard, "shed", compared.shed + shed, compared.outcomes + shed, blind)
        case Measure.LATENCY_RATIO:
            legacy, modern = compared.legacy_s * 1000, compared.modern_s * 1000
            found = _ratio(guard, "latency ratio", modern, legacy, compared.pairs, " ms", blind)
            # three times next to nothing is next to nothing
            is_felt = modern - legacy > guard.slack_ms * compared.pairs
            return found if is_felt else replace(found, floor=min(found.floor, guard.limit))
        case Measure.QUERY_RATIO:
            queries = (compared.modern_queries, compared.legacy_queries)
            return _ratio(guard, "query ratio", *queries, compared.query_pairs, " queries", blind)
        case _:
            assert_never(guard.measure)


def _error_rate(guard: Guard, recent: Recent) -> Look:
    served = recent.served
    found = _share(guard, "error rate", served.modern_errors, served.modern, recent.not_served)
    if not guard.against_legacy or found.value is None or served.legacy < guard.min_samples:
        return found
    own = served.legacy_errors / served.legacy
    above = found.value - own
    low, high = found.value - found.floor, _wilson(served.legacy_errors, served.legacy)[1] - own
    words = (
        f"error rate {_percent(found.value)} of {served.modern:,} in {guard.window_s:g} s "
        f"(legacy {_percent(own)} of {served.legacy:,}), limit {_percent(guard.limit)} above legacy's"
    )
    return Look(above, above - math.hypot(low, high), served.modern, words, recent.not_served)


def _share(guard: Guard, name: str, hits: int, n: int, blind: str) -> Look:
    limit = f"limit {_percent(guard.limit)}"
    if not n:
        return Look(None, 0.0, 0, f"{name} of nothing in {guard.window_s:g} s, {limit}", blind)
    share = min(hits, n) / n
    words = f"{name} {_percent(share)} of {n:,} in {guard.window_s:g} s, {limit}"
    return Look(share, _wilson(min(hits, n), n)[0], n, words, blind)


def _ratio(guard: Guard, name: str, modern: float, legacy: float, n: int, unit: str, blind: str) -> Look:
    limit = f"limit {guard.limit:g}"
    if not n or legacy <= 0:
        return Look(None, 0.0, 0, f"{name} of nothing in {guard.window_s:g} s, {limit}", blind)
    ratio = modern / legacy
    means = f"{modern / n:,.3g} to {legacy / n:,.3g}{unit}"
    words = f"{name} {ratio:.2f} ({means}) of {n:,} in {guard.window_s:g} s, {limit}"
    return Look(ratio, ratio, n, words, blind)


def _wilson(hits: int, n: int) -> tuple[float, float]:
    """Both ends of the interval of a share."""
    share = hits / n
    middle = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + _Z**2 / n)), min(1.0, (middle + half) / (1 + _Z**2 / n))


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
