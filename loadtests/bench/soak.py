"""Memory: what the workers hold under load that they mirror to a dead shadow, and whether that grows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from loadtests.bench.crossfade import BURST_BYTE_BUDGET, BYTE_BUDGET
from loadtests.bench.generator import Generator, Load, Shot, Target
from loadtests.bench.procfs import pss_mb
from loadtests.bench.verdicts import Row, at_most, counted, judged

_RATE = 600.0
_WARM_S = 1.0
_EVERY_S = 0.25
_BUDGET_MB = BYTE_BUDGET / 2**20
_BURST_BUDGET_MB = BURST_BYTE_BUDGET / 2**20
PROXY_MB = 40.0
PARITY_MB = 80.0
GROWTH = 1.05


@dataclass(frozen=True, slots=True)
class Soak:
    """Memory in MB (2**20), looked at at even intervals from a second after the beginning."""

    proxy_mb: tuple[float, ...]
    parity_mb: tuple[float, ...]
    shot: Shot


def soak(target: Target, generator: Generator, *, seconds: float) -> Soak:
    """Load of 20 KB bodies for so long."""
    load = Load("/20k.json", rate=_RATE, warm_s=_WARM_S, run_s=seconds)
    proxy_mb: list[float] = []
    parity_mb: list[float] = []
    with generator.fire(target.port, load) as firing:
        time.sleep(_WARM_S)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            proxy_mb.append(pss_mb(target.pids))
            parity_mb.append(pss_mb(target.helpers))
            time.sleep(_EVERY_S)
        shot = firing.wait()
    return Soak(tuple(proxy_mb), tuple(parity_mb), shot)


def memory_rows(found: Soak, *, proxy_mb: Sequence[float] = (), parity_mb: Sequence[float] = ()) -> list[Row]:
    """Against the targets; the further values are what workers held in other groups."""
    rows = []
    for who, most_mb, during, others in (
        ("proxy", PROXY_MB, found.proxy_mb, proxy_mb),
        ("parity", PARITY_MB, found.parity_mb, parity_mb),
    ):
        size, flat = f"{who} worker, MB at most", f"{who} worker, last third / first"
        most, growth = at_most(most_mb + _BUDGET_MB), at_most(GROWTH)
        if len(during) < 3 or not min(during):
            rows += [
                judged(name, target, None, "it was not seen")
                for name, target in ((size, most), (flat, growth))
            ]
            continue
        third = len(during) // 3
        first, last = median(during[:third]), median(during[-third:])
        note = f"{most_mb:g} and a byte budget of {_BUDGET_MB:g}; {last:.1f} MB at the end of the soak"
        rows.append(counted(size, most, round(max(*during, *others), 1), note))
        rows.append(counted(flat, growth, round(last / first, 3), f"{first:.1f} to {last:.1f} MB"))
    return rows


def burst_memory_rows(*, proxy_mb: Sequence[float], parity_mb: Sequence[float]) -> list[Row]:
    """Against the targets: what those workers held that have room for all captures of a burst; none without any."""
    found = (("proxy", PROXY_MB, proxy_mb), ("parity", PARITY_MB, parity_mb))
    return [
        counted(
            f"{who} worker in bursts, MB at most",
            at_most(most_mb + _BURST_BUDGET_MB),
            round(max(held_mb), 1),
            f"{most_mb:g} and a byte budget of {_BURST_BUDGET_MB:g}",
        )
        for who, most_mb, held_mb in found
        if held_mb
    ]
