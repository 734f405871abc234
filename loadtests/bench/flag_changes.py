"""What `make bench-flags` makes of its flips: how soon the last worker served each, and what clients met."""

from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.bench.flips import Flips
from loadtests.interval import percentile
from loadtests.measurements import Measurement

MOST_MS = 100.0


@dataclass(frozen=True, slots=True)
class Case:
    """A store (`SQLite` or `PostgreSQL`), and how many proxy workers follow it."""

    store: str
    workers: int

    def __str__(self) -> str:
        return f"{self.store}, {self.workers} {'worker' if self.workers == 1 else 'workers'}"


CASES = tuple(Case(store, workers) for store in ("SQLite", "PostgreSQL") for workers in (1, 4, 8))
"""In the order in which they are measured."""


def measurements_of(found: Mapping[Case, Flips]) -> list[Measurement]:
    """From the change to the last worker's acknowledgement, in milliseconds; and failed requests over all flips."""
    measurements = []
    for case, flips in found.items():
        ordered = sorted(flips.ms)
        for name, quantile in (("p50", 0.5), ("p99", 0.99)):
            ms = round(percentile(ordered, quantile), 1)
            measurements.append(
                Measurement(f"{case}: change served, {name} ms", ms, f"<= {MOST_MS:g}", passed=ms <= MOST_MS)
            )
    shots = [flips.shot for flips in found.values()]
    failed = sum(shot.failed + shot.unanswered for shot in shots)
    asked = sum(shot.answered + shot.unanswered for shot in shots)
    count = sum(len(flips.ms) for flips in found.values())
    name = f"failed of {asked:,} requests, over {count:,} flips"
    return [*measurements, Measurement(name, failed, "0", passed=failed == 0)]
