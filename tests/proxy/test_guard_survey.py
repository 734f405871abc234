"""What guards see: at the stages where they watch, in their window, and never from before the last change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parity.figures import Compared
from proxy.figures import Served
from proxy.guard import GuardRule, GuardSettings, Measure
from proxy.guard_look import Look
from proxy.guard_survey import LAG_S
from proxy.stages import Stage
from tests.proxy.guarding import SETTINGS, Scene

WATCHING = {
    Stage.OFF: set(),
    Stage.SHADOW: {Measure.MISMATCH_RATE, Measure.SHADOW_SHED},
    Stage.CANARY: set(Measure),
    Stage.LIVE: set(Measure),
    Stage.COMPLETE: {Measure.ERROR_RATE},
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def looks(scene: Scene, domain: str = "escrows", settings: GuardSettings = SETTINGS) -> dict[Measure, Look]:
    return {
        one.guard.measure: one.look
        for one in scene.surveyor(settings).survey().seen
        if one.domain == domain and one.look is not None
    }


@pytest.mark.parametrize("stage", Stage)
def test_at_each_stage_watches_who_can_see_something_there(scene: Scene, stage: Stage) -> None:
    scene.go_to(stage)

    assert set(looks(scene)) == WATCHING[stage]


def test_a_window_ends_with_its_seconds(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.tell(escrows=Served(modern=10))
    for _ in range(28):
        scene.tell()
    first = looks(scene)[Measure.ERROR_RATE].samples
    scene.tell()
    scene.tell()

    assert (first, looks(scene)[Measure.ERROR_RATE].samples) == (10, 0)


def test_what_was_before_the_last_change_of_the_domain_does_not_count(scene: Scene) -> None:
    scene.go_to(Stage.CANARY)
    scene.tell(escrows=Served(modern=10, modern_errors=10))
    scene.compare(Compared(decided=10, mismatches=10))
    before = looks(scene)
    scene.now += 1
    scene.go_to(Stage.SHADOW, "clients")
    other = looks(scene)

    scene.flags.flip("escrows", Stage.LIVE, actor="ada", reason="test")
    scene.date_ledger()
    after = looks(scene)

    for found, samples in ((before, 10), (other, 10), (after, 0)):
        assert found[Measure.ERROR_RATE].samples == samples
        assert found[Measure.MISMATCH_RATE].samples == samples


def test_copies_without_outcomes_for_a_while_are_no_silence_that_is_fine(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    for _ in range(int(LAG_S)):
        scene.tell(escrows=Served(modern=10, mirrored=10))
    soon = looks(scene)[Measure.MISMATCH_RATE].blind
    scene.tell(escrows=Served(modern=10, mirrored=10))
    scene.tell(escrows=Served(modern=10, mirrored=10))
    late = looks(scene)[Measure.MISMATCH_RATE].blind
    scene.compare(Compared(outcomes=1))

    assert (soon, late) == ("", "copies are made and nothing is compared")
    assert looks(scene)[Measure.MISMATCH_RATE].blind == ""


def test_copies_that_are_all_shed_are_not_waited_for(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    for _ in range(30):
        scene.tell(escrows=Served(modern=10, mirrored=10, shed=10))

    found = looks(scene)[Measure.SHADOW_SHED]
    assert (found.value, found.blind) == (1.0, "")


def test_silent_workers_are_named(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.now += 6

    assert looks(scene)[Measure.ERROR_RATE].blind == "proxy worker proxy-1 is silent"


def test_guards_that_are_switched_off_see_nothing(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    rules = (GuardRule(Measure.ERROR_RATE, "escrows", enabled=False),)

    assert Measure.ERROR_RATE not in looks(scene, settings=GuardSettings(rules=rules))
    assert looks(scene, settings=GuardSettings(enabled=False)) == {}
