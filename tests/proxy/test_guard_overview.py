"""How all guards stand, as people are shown it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.guard import Measure
from proxy.guard_judge import GuardState
from proxy.guard_overview import GuardLine, GuardOverview, Shown, overview
from proxy.stages import Stage
from tests.proxy.guarding import WELL, Scene, breach, dry


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def shown(scene: Scene) -> GuardOverview:
    return overview(scene.engine, scene.surveyor(), scene.queue, clock=scene.clock)


def line(scene: Scene, measure: Measure = Measure.ERROR_RATE, domain: str = "escrows") -> GuardLine:
    return next(
        one for one in shown(scene).lines if (one.seen.domain, one.seen.guard.measure) == (domain, measure)
    )


def test_where_nobody_watches_that_is_said(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    found = line(scene)

    assert (shown(scene).holder, found.state, found.is_alarming) == ("", Shown.UNWATCHED, True)


def test_each_guard_has_its_state_and_what_it_sees_now(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()
    breach(scene, watch, 3, WELL)
    well = line(scene)
    breach(scene, watch, 2)
    holding = line(scene)

    assert (well.state, well.is_alarming) == (GuardState.WATCHING, False)
    assert (holding.state, holding.held) == (GuardState.HOLDING, 2)
    assert holding.seen.look is not None
    assert holding.seen.look.samples == 250
    assert line(scene, Measure.QUERY_RATIO).state is GuardState.TOO_FEW
    assert line(scene, domain="clients").state is Shown.IDLE
    assert shown(scene).holder == "one"


def test_a_breach_in_a_dry_run_stays_and_is_an_alarm(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch(dry()), 4)

    assert (line(scene).state, line(scene).is_alarming) == (GuardState.BREACHED, True)


def test_what_cannot_be_told_is_never_shown_as_fine(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()
    breach(scene, watch, 3, WELL)
    scene.now += 10
    watch.look()
    found = line(scene)

    assert (found.state, found.note) == (GuardState.CANNOT_TELL, "proxy worker proxy-1 is silent")
    assert found.is_alarming


def test_a_breach_that_is_seen_in_spite_of_a_silent_worker_is_shown_as_one(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch(dry()), 4)
    scene.now += 6
    scene.watch(dry(), holder="other").look()
    found = line(scene)

    assert (found.state, found.note) == (GuardState.BREACHED, "proxy worker proxy-1 is silent")


def test_between_a_change_of_flags_and_the_next_look_nothing_is_claimed(scene: Scene) -> None:
    scene.go_to(Stage.CANARY)
    breach(scene, scene.watch(), 3, WELL)
    scene.flags.flip("escrows", Stage.LIVE, actor="ada", reason="test")

    assert line(scene).state is Shown.STARTING


def test_a_domain_that_a_guard_rolled_back_is_latched_until_somebody_advances_it(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch())
    latched = line(scene)
    scene.go_to(Stage.SHADOW)

    assert latched.state is Shown.LATCHED
    assert latched.note.startswith("guard:error_rate rolled back at ")
    assert latched.note.endswith("UTC: error rate 100 % of 150 in 30 s, limit 5 %")
    assert line(scene).state is Shown.IDLE


def test_what_became_of_notifications_is_shown(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch())

    [sent] = shown(scene).sent
    assert (sent.channel, sent.waiting) == ("kept", 1)
