"""The target table: what was measured against what was to be reached (shared/performance.md)."""

from collections.abc import Callable, Sequence
from statistics import median

from loadtests.bench.plan import FAULTS, Scale, fault_kind, scenario_name
from loadtests.bench.rounds import Measured, Measurements
from loadtests.bench.verdicts import Bound, Row, Verdict, at_least, at_most, judged
from loadtests.interval import Interval, ratio_of_medians

_JUDGED_SIZES = ("1k", "20k")
_FAILED_AT_MOST = 0.01
_BEYOND = 1_000.0
"""The ratio to nothing: beyond any target, and still a number that an interval can end at."""
A_LOOK = 0.0085
"""The chance at one look of the truth being beyond an end of an interval: for five of them (`looks.py`) 2.5 % in all."""
Value = Callable[[Measured], float]


def plain_rows(measured: Measurements, scale: Scale, seed: int) -> list[Row]:
    """Capacity of plain forwarding: the peer's CPU a request to ours."""
    judge = _Ratios(measured, seed)
    sizes = [size for size in _JUDGED_SIZES if size in scale.sizes]
    kinds = [*sizes, *(f"{size} POST" for size in sizes)]
    rows = []
    for kind in kinds:
        for peer, bound in (("nginx plain", 0.65), ("envoy plain", 1.3)):
            rows.append(
                judge.cpu(
                    f"capacity {kind} to {peer}", at_least(bound), f"plain {kind}", peer, "crossfade off"
                )
            )
    if "200k" in scale.sizes:
        rows.append(
            judge.cpu(
                "capacity 200k to nginx large", at_least(1.0), "plain 200k", "nginx large", "crossfade off"
            )
        )
    return rows


def mirror_rows(measured: Measurements, scale: Scale, seed: int) -> list[Row]:
    """CPU of the proxy's core while it mirrors and all is compared, beside those who mirror alone; at a pace, on to off."""
    judge = _Ratios(measured, seed)
    rows = []
    for size in (size for size in _JUDGED_SIZES if size in scale.sizes):
        for bodies in ("equal", "different"):
            ours = f"crossfade {bodies}"
            for peer, bound in (("nginx mirror", 1.3), ("envoy mirror", 1.3), ("nginx store", 1.0)):
                name = f"mirror {size} {bodies} to {peer}"
                rows.append(judge.cpu(name, at_least(bound), f"mirror {size}", peer, ours))
            rows.append(
                judge.cpu(
                    f"mirroring on / off, {size} {bodies}",
                    at_most(1.3),
                    f"paced {size}",
                    ours,
                    "crossfade off",
                )
            )
    return rows


def latency_rows(measured: Measurements, seed: int) -> list[Row]:
    """What the proxy adds to the direct way, round by round, to what nginx adds."""
    rows = []
    for name, bound, value in _ADDED:
        ours, peers = (_added(measured, who, value) for who in ("crossfade off", "nginx plain"))
        title, target = f"added {name} to nginx's", at_most(bound)
        if not ours or not peers:
            rows.append(judged(title, target, None, "a side of it is not here"))
            continue
        said = f"crossfade adds {median(ours):.0f} µs, nginx {median(peers):.0f} µs"
        rows.append(judged(title, target, _ratio(ours, peers, seed), said))
    return rows


def floors(measured: Measurements, seed: int) -> list[tuple[str, Interval]]:
    """What the least proxy adds, to what nginx adds: what a target leaves to us is above that. No target is its own."""
    found = []
    for name, _, value in _ADDED:
        least, peers = (_added(measured, who, value) for who in ("least proxy", "nginx plain"))
        ratio = _ratio(least, peers, seed)
        if ratio is not None:
            found.append((f"added {name} of the least proxy to nginx's", ratio))
    return found


def fault_rows(measured: Measurements, seed: int) -> list[Row]:
    """The client's median while the shadow fails, to that without a shadow."""
    judge = _Ratios(measured, seed)
    return [
        judge.of(
            f"live p50, shadow {fault} / off",
            at_most(1.05),
            fault_kind(fault),
            f"crossfade {fault}",
            "crossfade off",
            _p50,
        )
        for fault in FAULTS
    ]


class _Ratios:
    """The median over the rounds of the ratio in each: what met both sides of a round has no part in it."""

    def __init__(self, measured: Measurements, seed: int) -> None:
        self._measured = measured
        self._seed = seed

    def cpu(self, name: str, target: Bound, kind: str, above: str, below: str) -> Row:
        """CPU a request of the one to that of the other."""
        return self.of(name, target, kind, above, below, _cpu)

    def of(self, name: str, target: Bound, kind: str, above: str, below: str, value: Value) -> Row:
        """The row; not measured where a side is missing, or failed so often that what was measured means nothing.

        A Crossfade that is there and fails so often has missed it.
        """
        sides: list[list[float]] = []
        for who in (above, below):
            slices = self._measured.get(scenario_name(kind, who), ())
            if problem := _problem(who, slices):
                ours = bool(slices) and who.startswith("crossfade")
                verdict = Verdict.MISSED if ours else Verdict.NOT_MEASURED
                return Row(name, target, verdict, None, problem)
            sides.append([value(one) for one in slices])
        rounds = [[one / other] for one, other in zip(*sides, strict=True) if other > 0]
        ratio = _of_rounds(rounds, self._seed) if rounds else None
        note = f"{above} {median(sides[0]):.1f} µs, {below} {median(sides[1]):.1f} µs"
        return judged(name, target, ratio, note)


def _ratio(above: Sequence[float], below: Sequence[float], seed: int) -> Interval | None:
    """The median of the ratio of each round; one in which the other added nothing is none in our favour."""
    if not above or not below or median(below) <= 0:
        return None
    rounds = [[one / other if other > 0 else _BEYOND] for one, other in zip(above, below, strict=False)]
    return _of_rounds(rounds, seed)


def _of_rounds(ratios: Sequence[Sequence[float]], seed: int) -> Interval | None:
    return ratio_of_medians(ratios, [[1.0]] * len(ratios), seed=seed, chance=A_LOOK)


def _problem(who: str, slices: Sequence[Measured]) -> str:
    if not slices:
        return f"{who} is not here"
    failed = sum(one.failed for one in slices)
    answered = sum(one.shot.answered for one in slices)
    if not answered:
        return f"{who} answered nothing"
    if failed > _FAILED_AT_MOST * answered:
        return f"{who} failed {failed} of {answered} requests"
    if open_ := sum(not one.drained for one in slices):
        return f"{who} left {open_} of {len(slices)} bursts without all outcomes"
    return ""


def _added(measured: Measurements, who: str, value: Value) -> list[float]:
    direct = measured.get(scenario_name("latency 1k", "direct"), ())
    through = measured.get(scenario_name("latency 1k", who), ())
    return [
        value(one) - value(other) for one, other in zip(through, direct, strict=False)
    ]  # a side may be missing


def _cpu(measured: Measured) -> float:
    return measured.cpu_us


def _p50(measured: Measured) -> float:
    return measured.shot.p50_us


def _p90(measured: Measured) -> float:
    return measured.shot.p90_us


_ADDED: Sequence[tuple[str, float, Value]] = (("p50", 1.25, _p50), ("p90", 1.3, _p90))
