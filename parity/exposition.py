"""Numbers of a worker as Prometheus reads them: what is read when asked, and the page in the format that is wanted."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

_SAMPLES_AT_ONCE = 50
_END = b"# EOF\n"


class Kind(StrEnum):
    """What the numbers of a family do."""

    GAUGE = "gauge"
    """They go up and down."""
    COUNTER = "counter"
    """They only grow, until the worker ends."""
    HISTOGRAM = "histogram"
    """They are counts by upper bound, a count and a sum."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its labels. `samples` can be gone through once; the numbers in it are already read.

    The name of a counter has no `_total`, the names of its samples have.
    """

    name: str
    help: str
    kind: Kind
    samples: Iterator[Sample]

    def metric(self, samples: Iterable[Sample]) -> Metric:
        """Some of its samples."""
        metric = Metric(self.name, self.help, self.kind.value)
        metric.samples = list(samples)
        return metric


class FamilyCollector(Collector):
    """A collector whose numbers are all read at one moment, and made into samples one after the other."""

    async def refresh(self) -> None:
        """Fetch, before a page, what cannot be read in a moment."""

    @abstractmethod
    def families(self) -> Sequence[Family]:
        """Read all numbers now."""

    def collect(self) -> Iterable[Metric]:
        """The same for a registry of prometheus_client."""
        for family in self.families():
            yield family.metric(family.samples)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number that is read when somebody asks; readings of one family differ in the values of their labels."""

    name: str
    help: str
    read: Callable[[], float]
    kind: Kind = Kind.GAUGE
    labels: Mapping[str, str] = field(default_factory=dict)


class Readings(FamilyCollector):
    """Readings as families, in the order in which their names came first."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._by_name: dict[str, list[Reading]] = {}
        for reading in readings:
            self._by_name.setdefault(reading.name, []).append(reading)

    def families(self) -> Sequence[Family]:
        """Read all of them."""
        return [_family(readings) for readings in self._by_name.values()]


def _family(readings: Sequence[Reading]) -> Family:
    first = readings[0]
    name = f"{first.name}_total" if first.kind is Kind.COUNTER else first.name
    samples = [Sample(name, dict(reading.labels), reading.read()) for reading in readings]
    return Family(first.name, first.help, first.kind, iter(samples))


class _Piece(Collector):
    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterable[Metric]:
        return (self._metric,)


async def expose(collectors: Iterable[FamilyCollector], accept: str) -> tuple[bytes, str]:
    """The page and its content type, by the `Accept` header of who asks.

    All numbers are of one moment; they are then written in small pieces, so that the loop serves in between.
    """
    encode, content_type = choose_encoder(accept)
    page: list[bytes] = []
    collectors = list(collectors)
    for collector in collectors:
        await collector.refresh()
    for family in [family for collector in collectors for family in collector.families()]:
        is_first = True
        while (samples := list(islice(family.samples, _SAMPLES_AT_ONCE))) or is_first:
            text = encode(_Piece(family.metric(samples))).removesuffix(_END)
            page.append(text if is_first else _without_head(text))
            is_first = False
            await asyncio.sleep(0)
    if content_type.startswith("application/openmetrics-text"):
        page.append(_END)
    return b"".join(page), content_type


def _without_head(text: bytes) -> bytes:
    return b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(b"# "))
