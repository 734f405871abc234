"""What a parity worker tells Prometheus of the batches that it took."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from parity.completing import Shed
from parity.database import open_database
from parity.exchange import LEFT_ALONE, Batch
from parity.metrics import ParityMetrics
from parity.outcome import Comparison, Outcome
from parity.redact import Redactor
from parity.room import Room
from parity.rules import RuleBook
from parity.runs import Runs
from parity.settle import AskedAgain
from parity.store import ParityStore
from tests.parity.factories import LIST, Carried, batch, exchange, until

OBSERVING = Path(__file__).parents[2] / "docs" / "observing.md"


class Worker:
    """A parity worker without its socket, and what it tells."""

    def __init__(self, store: Path, thread: ThreadPoolExecutor) -> None:
        self.engine = open_database(f"sqlite:///{store}")
        self.metrics = ParityMetrics()
        self.room = Room(64, 1_000_000)
        self.metrics.watch(self.room)
        self.gate = asyncio.Event()
        self._runs = Runs(
            ParityStore(self.engine, Redactor(b"key")),
            RuleBook(),
            Carried(self.gate),
            thread=thread,
            room=self.room,
            stop=asyncio.Event(),
            metrics=self.metrics,
        )

    async def enter(self, given: Batch) -> asyncio.Task[None] | None:
        """As the intake does, with a hundred bytes."""
        await self.room.take(100)
        return await self._runs.enter(given, 100)

    async def take(self, given: Batch) -> None:
        """Until it is recorded."""
        self.gate.set()
        task = await self.enter(given)
        if task is not None:
            await task

    def told(self, name: str, **labels: str) -> float | None:
        """As a registry reads it."""
        return told(self.metrics, name, **labels)


def told(metrics: ParityMetrics, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(metrics)
    return registry.get_sample_value(f"crossfade_parity_{name}", labels)


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as found:
        yield found


async def test_every_capture_that_was_recorded_is_counted_by_its_outcome(
    tmp_path: Path, thread: ThreadPoolExecutor
) -> None:
    worker = Worker(tmp_path / "store.db", thread)
    await worker.take(batch(exchange({"n": 1}, {"n": 1}), exchange({"n": 1}, {"n": 2}), Shed("shadow_down")))
    await worker.take(batch(exchange({"n": 1}, {"n": 1}), seq=2))

    outcomes = {
        outcome: worker.told("outcomes_total", endpoint=LIST, outcome=outcome.value) for outcome in Outcome
    }
    assert {outcome: n for outcome, n in outcomes.items() if n is not None} == {
        Outcome.MATCH: 2,
        Outcome.MISMATCH: 1,
        Outcome.SHED: 1,
    }
    assert worker.told("batches_total") == 2
    assert (worker.told("busy_seconds_total") or 0) > 0


async def test_a_batch_that_comes_again_is_counted_as_that_and_its_outcomes_once(
    tmp_path: Path, thread: ThreadPoolExecutor
) -> None:
    worker = Worker(tmp_path / "store.db", thread)
    for _ in range(3):
        await worker.take(batch(exchange({"n": 1}, {"n": 1})))

    assert worker.told("outcomes_total", endpoint=LIST, outcome="match") == 1
    assert (worker.told("batches_total"), worker.told("batches_resent_total")) == (1, 2)


async def test_what_is_not_recorded_yet_is_a_level_and_no_outcome(
    tmp_path: Path, thread: ThreadPoolExecutor
) -> None:
    worker = Worker(tmp_path / "store.db", thread)
    task = await worker.enter(batch(exchange({"n": 1}, {"n": 1})))
    held = (
        worker.told("held_batches"),
        worker.told("held_bytes", what="batches"),
        worker.told("batches_total"),
    )
    worker.gate.set()
    assert task is not None
    await task

    assert held == (1, 100, 0)
    assert (worker.told("held_batches"), worker.told("held_bytes", what="batches")) == (0, 0)


async def test_a_store_that_refuses_is_told_for_as_long_as_it_does(
    tmp_path: Path, thread: ThreadPoolExecutor
) -> None:
    folder = tmp_path / "later"
    worker = Worker(folder / "store.db", thread)
    taking = asyncio.create_task(worker.take(batch(exchange({"n": 1}, {"n": 1}))))
    await until(lambda: worker.told("store_refuses") == 1)
    folder.mkdir()
    await taking

    assert (worker.told("store_refuses"), worker.told("batches_total")) == (0, 1)


def test_what_asking_again_brought_is_counted_over_all_endpoints() -> None:
    metrics = ParityMetrics()
    beside = AskedAgain(
        Counter(
            {
                ("GET /v1/a", "confirmations", "moved"): 2,
                ("GET /v1/b", "confirmations", "moved"): 1,
                ("GET /v1/a", "unconfirmed", "rate"): 1,
            }
        )
    )
    metrics.recorded(batch(exchange()), [Comparison(Outcome.MATCH)], beside)

    assert told(metrics, "asides_total", aside="confirmations", reason="moved") == 3
    assert told(metrics, "asides_total", aside="unconfirmed", reason="rate") == 1


def test_how_the_ways_to_the_shadows_stand_is_read_when_somebody_asks() -> None:
    levels = {"shadow_limit/modern": 8.0, "held_bytes/parity": 70.0}
    metrics = ParityMetrics(lambda: levels)
    before = told(metrics, "shadow_limit", backend="modern")
    levels["shadow_limit/modern"] = 2.0

    assert (before, told(metrics, "shadow_limit", backend="modern")) == (8, 2)
    assert told(metrics, "held_bytes", what="answers") == 70


def test_every_metric_is_documented_with_its_type_and_labels_and_none_that_is_gone() -> None:
    of_shadows = ("shadow_in_flight", "shadow_waiting", "shadow_limit", LEFT_ALONE)
    names = (*(f"{name}/modern" for name in of_shadows), "held_bytes/parity")
    metrics = ParityMetrics(lambda: dict.fromkeys(names, 0.0))
    beside = AskedAgain(Counter({(LIST, "confirmations", "moved"): 1}))
    metrics.recorded(batch(exchange()), [Comparison(Outcome.MATCH)], beside)
    exported = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name: (
            metric.type,
            ", ".join(f"`{label}`" for label in metric.samples[0].labels),
        )
        for metric in metrics.collect()
    }

    rows = re.findall(
        r"^\| `(crossfade_parity_\w+)` \| (\w+) \| ([^|]*?) ?\|", OBSERVING.read_text(), re.MULTILINE
    )
    assert {name: (kind, labels) for name, kind, labels in rows} == exported
