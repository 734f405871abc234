"""The charts of a load test: how long answers took on both sides, how that went over time, and each endpoint's ratio."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from markupsafe import Markup

from loadtests.reports.axes import Axis, linear, logarithmic, spectrum, within
from loadtests.reports.distributions import Distribution, both, together
from loadtests.reports.svg import Point, area, band, below, chart, curve, dots, frame, line, upright
from loadtests.reports.words import milliseconds, time_judgement
from parity.load_results import LoadBlock, LoadEndpoint, LoadTest

SIDES = ("legacy", "modern")
_FEWEST_BINS, _MOST_BINS = 12, 40
_SPECTRUM_POINTS = 80
_COLD_SHARE = 0.12  # of the width of a chart over time, for what was measured before it
_MOST_RATIO = 2.0


def distributions(
    name: str, title: str, legacy: Distribution, modern: Distribution, *, small: bool = False
) -> Markup:
    """Both sides' times over each other: the share of the answers in each step of a logarithmic axis."""
    if not (legacy.total and modern.total):
        return Markup()
    x = _times(legacy, modern)
    # twice the root of the number: with more, most steps of few answers hold one or none
    bins = min(max(round(2 * min(legacy.total, modern.total) ** 0.5), _FEWEST_BINS), _MOST_BINS)
    edges = [x.low * (x.high / x.low) ** (step / bins) for step in range(bins + 1)]
    shares = [side.shares(edges) for side in (legacy, modern)]
    y = linear(100 * max(max(side) for side in shares), wanted=3)
    parts = frame(x, y, *("", "") if small else ("ms", "% of answers"))
    parts += [
        area([y.at(100 * share) for share in side], kind) for side, kind in zip(shares, SIDES, strict=True)
    ]
    medians = [side.at(0.5) for side in (legacy, modern)]
    parts += [upright(x.at(median), f"median {kind}") for median, kind in zip(medians, SIDES, strict=True)]
    said = (
        f"Medians: legacy {milliseconds(medians[0])} ms of {legacy.total:,} answers, "
        f"modern {milliseconds(medians[1])} ms of {modern.total:,}."
    )
    return chart(name, title, said, parts)


def percentiles(name: str, title: str, legacy: Distribution, modern: Distribution) -> Markup:
    """The time within which each share of the answers came, up to the slowest."""
    if not (legacy.total and modern.total):
        return Markup()
    x, y = spectrum(min(legacy.total, modern.total)), _times(legacy, modern)
    parts = frame(x, y, "share of answers", "ms at most")
    # even along the axis: what an axis makes of a share is -lg(1 - share)
    shares = [1 - (1 - x.high) ** (n / _SPECTRUM_POINTS) for n in range(_SPECTRUM_POINTS + 1)]
    for side, kind in ((legacy, "legacy"), (modern, "modern")):
        parts.append(curve([(x.at(share), y.at(side.at(share))) for share in shares], kind))
    said = "; ".join(
        f"{kind} 90 % within {milliseconds(side.at(0.9))} ms, 99 % within {milliseconds(side.at(0.99))} ms"
        for side, kind in ((legacy, "legacy"), (modern, "modern"))
    )
    return chart(name, title, f"{said}.", parts)


def over_time(test: LoadTest) -> Markup:
    """Median and 95th percentile of each block of both sides; what was measured cold stands apart on the left."""
    cold = together(test.cold)
    known = [block for block in test.blocks if block.p50_ms is not None and block.p95_ms is not None]
    if not known:
        return Markup()
    colds = [(cold.legacy, "legacy"), (cold.modern, "modern")] if cold else []
    shown = [(block.p50_ms or 0.0, block.p95_ms or 0.0) for block in known]
    shown += [(side.p50_ms, side.p95_ms) for side, _ in colds if side.p50_ms and side.p95_ms]
    y = logarithmic(0.8 * min(p50 for p50, _ in shown), 1.1 * max(p95 for _, p95 in shown))
    x = _minutes(test.blocks, cold=bool(colds))
    parts = [band(0.0, _COLD_SHARE, "cold"), below(_COLD_SHARE / 2, "cold")] if cold else []
    parts += frame(x, y, "minutes", "")
    for measure, kind in (("p50_ms", ""), ("p95_ms", "faint")):
        for side in SIDES:
            points = _points(known, side, attrgetter(measure), x, y)
            parts += [curve(points, f"{side} {kind}"), dots(points, f"{side} {kind}")]
        for cold_side, side in colds:
            value = getattr(cold_side, measure)
            if value is not None:
                parts.append(dots([(_COLD_SHARE / 2, y.at(value))], f"{side} {kind}"))
    return chart(
        "over-time",
        "Response times of each block",
        "Median (solid) and 95th percentile (hollow) of both sides.",
        parts,
    )


def processes(
    name: str, title: str, unit: str, blocks: Sequence[LoadBlock], of: Callable[[LoadBlock], float | None]
) -> Markup:
    """What the processes of both sides took in each block."""
    values = [value for block in blocks if (value := of(block)) is not None]
    if not values:
        return Markup()
    x, y = _minutes(blocks), linear(max(values), wanted=4)
    parts = frame(x, y, "minutes", unit)
    for side in SIDES:
        points = _points(blocks, side, of, x, y)
        parts += [curve(points, side), dots(points, side)]
    return chart(
        name, title, f"{title} of both sides, block by block; the blocks are in a table below.", parts
    )


def ratio_axis(rows: Sequence[LoadEndpoint]) -> Axis:
    """From 0 to the highest end of an interval, and to 1.2 at least."""
    highs = [found.measured.high for row in rows if (found := time_judgement(row)) and found.measured]
    high = min(max([1.2, *highs]), _MOST_RATIO)
    return linear(high, wanted=6)


def ratio(row: LoadEndpoint, x: Axis) -> Markup:
    """An endpoint's ratio of response times with its interval, its target, and where both sides are alike."""
    found = time_judgement(row)
    parts = [line((100 * x.at(1), 0), (100 * x.at(1), 100), "alike")]
    if found is not None:
        parts.append(line((100 * x.at(found.target), 12), (100 * x.at(found.target), 88), "target"))
    if found is not None and found.measured is not None:
        low, high, value = (
            100 * x.at(one) for one in (found.measured.low, found.measured.high, found.measured.value)
        )
        parts += [
            line((low, 50), (high, 50), f"interval {found.judgement}"),
            Markup('<circle class="mean {}" cx="{:.2f}%" cy="50%" r="4.5"/>').format(found.judgement, value),
        ]
    return Markup('<svg class="ratio" aria-hidden="true">{}</svg>').format(Markup().join(parts))


def ratio_scale(x: Axis) -> Markup:
    """The numbers above the ratios."""
    parts = [
        Markup('<text class="centre" x="{:.2f}%" y="70%">{}</text>').format(100 * x.at(value), text)
        for value, text in x.ticks
    ]
    return Markup('<svg class="ratio scale" aria-hidden="true">{}</svg>').format(Markup().join(parts))


def of_endpoint(name: str, row: LoadEndpoint) -> Markup:
    """Both sides' times at one endpoint."""
    return distributions(name, f"Response times of {row.endpoint}", *both([row]), small=True)


def _times(legacy: Distribution, modern: Distribution) -> Axis:
    sides = (legacy, modern)
    return logarithmic(
        min(side.times_ms[0] for side in sides) * 0.95, max(side.times_ms[-1] for side in sides) * 1.02
    )


def _minutes(blocks: Sequence[LoadBlock], *, cold: bool = False) -> Axis:
    """From the first block to the last; with a share of the width on the left kept for what was measured before."""
    begin = min(block.begun_s for block in blocks) / 60
    end = max(block.begun_s + block.measured_s for block in blocks) / 60
    kept = _COLD_SHARE / (1 - _COLD_SHARE) * (end - begin) if cold else 0.0
    return Axis(begin - kept, end, within(begin, end))


def _points(
    blocks: Sequence[LoadBlock], side: str, of: Callable[[LoadBlock], float | None], x: Axis, y: Axis
) -> list[Point]:
    return [
        (x.at((block.begun_s + block.measured_s / 2) / 60), y.at(value))
        for block in blocks
        if block.side == side and (value := of(block)) is not None
    ]
