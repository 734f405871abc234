"""Verdicts for the pages."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parity.errors import StoreError
from parity.verdict import Verdict
from proxy.console.verdicts import JUDGED_FOR_S, Verdicts
from tests.proxy.console.rig import Clock, Judge, Store


@dataclass
class Gated:
    """A judge that waits to be let on, or fails."""

    judge: Judge
    gate: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None
    asked: int = 0

    def __call__(self, domain: str) -> Verdict:
        """The verdict, once the gate is open."""
        self.asked += 1
        self.gate.wait(20)
        if self.failure is not None:
            raise self.failure
        return self.judge(domain)


@dataclass
class Scene:
    """Verdicts of a gated judge."""

    judge: Gated
    clock: Clock
    verdicts: Verdicts


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    judge, clock = Gated(Store.make(f"sqlite:///{tmp_path}/store.sqlite3").judge), Clock()
    made = Scene(judge, clock, Verdicts(judge, clock=clock))
    yield made
    judge.gate.set()
    made.verdicts.close()


def test_one_that_takes_long_is_not_waited_for_and_is_there_later(scene: Scene) -> None:
    first = scene.verdicts.known("escrows", 1, 0.05)
    again = scene.verdicts.known("escrows", 1, 0.05)
    scene.judge.gate.set()
    found = scene.verdicts.of("escrows", 1)

    assert (first, again, scene.judge.asked) == (None, None, 1)
    assert found is scene.verdicts.known("escrows", 1, 0.0)


def test_it_is_shown_for_ten_seconds_and_not_after_a_flip(scene: Scene) -> None:
    scene.judge.gate.set()
    scene.verdicts.of("escrows", 1)
    scene.clock.now += JUDGED_FOR_S
    scene.verdicts.of("escrows", 1)
    once = scene.judge.asked
    scene.verdicts.of("escrows", 2)
    twice = scene.judge.asked
    scene.clock.now += JUDGED_FOR_S + 1
    scene.verdicts.of("escrows", 2)

    assert (once, twice, scene.judge.asked) == (1, 2, 3)


def test_where_judging_takes_long_it_is_done_seldom(scene: Scene) -> None:
    def slow(domain: str) -> Verdict:
        scene.clock.now += 4.0
        return scene.judge.judge(domain)

    verdicts = Verdicts(slow, clock=scene.clock)
    for domain in ("escrows", "leads"):
        verdicts.of(domain, 1)
    scene.clock.now += 75.0
    verdicts.of("leads", 1)
    before = scene.judge.judge.asked
    scene.clock.now += 2.0
    verdicts.of("leads", 1)
    verdicts.close()

    assert (before, scene.judge.judge.asked) == (2, 3)


def test_a_failure_is_told_to_who_asks_for_it_and_is_not_kept(scene: Scene) -> None:
    scene.judge.gate.set()
    scene.judge.failure = StoreError("away")
    with pytest.raises(StoreError):
        scene.verdicts.of("escrows", 1)
    shown = scene.verdicts.known("escrows", 1, 5)
    scene.judge.failure = None

    assert shown is None
    assert scene.verdicts.of("escrows", 1).domain.name == "escrows"
