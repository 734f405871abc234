"""Guards at work: a breach rolls its domain back once and is told, whoever dies when; what is not seen is never fine."""

import asyncio
import contextlib
import os
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.errors import StoreError
from parity.figures import Compared
from proxy.figures import Served
from proxy.flag_rows import Registration
from proxy.guard import Blindness, GuardRule, GuardSettings, Measure
from proxy.guards import GuardWatch, holder_name, holding
from proxy.lease import LEASES
from proxy.notification import EventKind
from proxy.notification_queue import NOTIFICATIONS
from proxy.stages import Stage
from tests.proxy.guarding import (
    FAILING,
    WELL,
    Dying,
    Hidden,
    Killed,
    Meanwhile,
    Scene,
    breach,
    dry,
    go_silent,
)
from tests.proxy.rig import until


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


async def told(scene: Scene) -> list[tuple[EventKind, str]]:
    return [(one.kind, one.text) for one in await scene.delivered()]


async def test_a_breach_rolls_the_domain_back_and_the_ledger_and_people_have_why(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()

    breach(scene, watch, 2)
    assert scene.stage() is Stage.LIVE
    breach(scene, watch, 1)

    assert scene.stage() is Stage.OFF
    [change] = scene.rollbacks()
    assert (change.action, change.key, change.actor) == ("rollback", "escrows", "guard:error_rate")
    assert change.reason == "error rate 100 % of 150 in 30 s, limit 5 %"
    [notification] = await scene.delivered()
    assert notification.kind is EventKind.ROLLED_BACK
    assert notification.id == f"ledger-{change.version}"
    assert "error rate 100 % of 150" in notification.text
    assert "escrows live → off" in notification.text


async def test_what_was_rolled_back_is_left_alone_and_told_once(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()

    breach(scene, watch, 20)

    assert len(scene.rollbacks()) == 1
    assert len(await scene.delivered()) == 1


def test_a_domain_that_does_well_stays_and_others_with_it(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.go_to(Stage.LIVE, "clients")
    watch = scene.watch()

    for _ in range(10):
        scene.tell(escrows=WELL, clients=FAILING)
        watch.look()

    assert (scene.stage(), scene.stage("clients")) == (Stage.LIVE, Stage.OFF)


def test_a_domain_is_watched_at_the_furthest_stage_of_its_endpoints(scene: Scene) -> None:
    scene.go_to(Stage.LIVE, "GET /v1/escrows")
    watch = scene.watch()

    breach(scene, watch)

    [change] = scene.rollbacks()
    assert [(row.key, row.after.stage) for row in change.rows] == [("GET /v1/escrows", Stage.OFF)]


def test_after_an_operator_advances_again_only_what_came_since_counts(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()
    breach(scene, watch)

    scene.go_to(Stage.LIVE)
    for _ in range(10):
        scene.tell(escrows=WELL)
        watch.look()
    assert scene.stage() is Stage.LIVE

    breach(scene, watch, 8)
    assert (scene.stage(), len(scene.rollbacks())) == (Stage.OFF, 2)


def test_looks_from_before_a_change_of_the_flags_count_no_more(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()
    breach(scene, watch, 2)
    scene.flags.flip("escrows", Stage.LIVE, sample_rate=0.5, actor="ada", reason="test")
    scene.date_ledger()

    breach(scene, watch, 2)
    assert scene.stage() is Stage.LIVE
    breach(scene, watch, 1)
    assert scene.stage() is Stage.OFF


def test_a_rule_says_where_to(scene: Scene) -> None:
    rules = (GuardRule(Measure.ERROR_RATE, "escrows", changes={"to": Stage.SHADOW, "looks": 1}),)
    scene.go_to(Stage.LIVE)

    breach(scene, scene.watch(GuardSettings(rules=rules)), 1)

    assert scene.stage() is Stage.SHADOW


async def test_a_dry_run_says_what_it_would_do_and_changes_nothing(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    version = scene.flags.version()

    breach(scene, scene.watch(dry()), 10)

    assert (scene.stage(), scene.flags.version()) == (Stage.LIVE, version)
    [(kind, text)] = await told(scene)
    assert kind is EventKind.BREACHED
    assert "In a dry run: it would be rolled back to off" in text


async def test_a_mismatch_at_shadow_is_told_and_changes_nothing(scene: Scene) -> None:
    scene.go_to(Stage.SHADOW)
    watch = scene.watch()

    for _ in range(5):
        scene.tell(escrows=Served(legacy=50, mirrored=50))
        scene.compare(Compared(outcomes=50, decided=50, mismatches=25))
        watch.look()

    assert scene.stage() is Stage.SHADOW
    [(kind, text)] = await told(scene)
    assert kind is EventKind.BREACHED
    assert "mismatch rate 50 %" in text
    assert "Nothing was changed." in text


@pytest.mark.parametrize(
    ("compared", "reason"),
    [
        (Compared(outcomes=50, decided=50, mismatches=20), "mismatch rate 40 %"),
        (Compared(outcomes=50, pairs=50, legacy_s=1.0, modern_s=4.0), "latency ratio 4.00"),
        (Compared(outcomes=50, query_pairs=50, legacy_queries=100, modern_queries=400), "query ratio 4.00"),
    ],
)
def test_what_parity_finds_rolls_back_where_modern_serves(
    scene: Scene, compared: Compared, reason: str
) -> None:
    scene.go_to(Stage.CANARY)
    watch = scene.watch()

    for _ in range(3):
        scene.tell(escrows=Served(modern=50, legacy=50, mirrored=100))
        scene.compare(compared)
        watch.look()

    [change] = scene.rollbacks()
    assert change.reason.startswith(reason)


async def test_silent_workers_are_not_taken_for_well_behaved_ones(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()
    breach(scene, watch, served=WELL)

    for _ in range(6):
        go_silent(scene)
        watch.look()

    assert scene.stage() is Stage.LIVE
    notifications = await scene.delivered()
    assert [one.kind for one in notifications] == [EventKind.BLIND]
    assert notifications[0].text.startswith(
        "proxy worker proxy-1 is silent, for 20 s. Not guarded meanwhile:"
    )
    assert "escrows: error_rate, latency_ratio" in notifications[0].text


def test_blindness_rolls_back_where_that_is_wanted(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch(GuardSettings(blind=Blindness.ROLL_BACK))

    for _ in range(5):
        go_silent(scene)
        watch.look()

    [change] = scene.rollbacks()
    assert change.reason == "cannot tell for 20 s: proxy worker proxy-1 is silent"
    assert scene.stage() is Stage.OFF


async def test_without_any_proxy_worker_nobody_can_tell(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.flags.deregister("run-1")
    watch = scene.watch()

    for _ in range(5):
        go_silent(scene)
        watch.look()

    [(_, text)] = await told(scene)
    assert text.startswith("no proxy worker runs, for 20 s")


async def test_copies_that_nobody_compares_are_not_taken_for_matches(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watch = scene.watch()

    for _ in range(40):
        scene.tell(escrows=Served(modern=50, mirrored=50))
        watch.look()

    [(kind, text)] = await told(scene)
    assert kind is EventKind.BLIND
    assert text.startswith("copies are made and nothing is compared")
    assert "error_rate" not in text


async def test_a_worker_that_does_not_acknowledge_the_rollback_is_told_of(scene: Scene) -> None:
    scene.flags.register(Registration("run-2", "proxy-2", socket.gethostname(), os.getpid()))
    scene.go_to(Stage.LIVE)
    watch = scene.watch()

    breach(scene, watch, 10)

    kinds = [kind for kind, _ in await told(scene)]
    assert kinds == [EventKind.ROLLED_BACK, EventKind.UNACKNOWLEDGED]


def test_one_of_two_processes_watches_and_the_other_takes_over(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    names = [holder_name("host", 1) for _ in range(2)]
    one, other = (scene.watch(holder=name) for name in names)

    assert (one.look(), other.look(), holding(scene.engine, clock=scene.clock)) == (True, False, names[0])
    scene.now += 6
    assert (other.look(), one.look(), holding(scene.engine, clock=scene.clock)) == (True, False, names[1])


def test_a_breach_that_was_seen_by_one_process_is_acted_on_by_the_next(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch(holder="one"), 2)

    for _ in range(6):  # its lease ends
        scene.tell(escrows=FAILING)
    breach(scene, scene.watch(holder="other"), 1)

    assert len(scene.rollbacks()) == 1


def test_another_domains_change_at_the_same_moment_does_not_keep_a_guard_from_acting(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    control = Meanwhile(scene.flags, lambda: scene.go_to(Stage.SHADOW, "clients"))

    breach(scene, scene.watch(control=control))

    assert scene.stage() is Stage.OFF
    assert len(scene.rollbacks()) == 1


def test_an_operator_who_was_quicker_is_not_overruled_by_what_was_judged_before(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)

    def operator() -> None:
        scene.flags.roll_back("escrows", actor="ada", reason="I see it too")
        scene.go_to(Stage.CANARY)

    breach(scene, scene.watch(control=Meanwhile(scene.flags, operator)))

    assert scene.stage() is Stage.CANARY
    assert scene.rollbacks() == []


def test_processes_that_both_believe_that_they_watch_roll_back_once(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    watches = [scene.watch(holder=name) for name in ("one", "other", "third")]
    breach(scene, watches[0], 2)
    scene.tell(escrows=FAILING)

    def look(watch: GuardWatch) -> None:
        # a process that was stopped between taking the lease and acting does as if it still had it
        with scene.engine.begin() as connection:
            connection.execute(sa.delete(LEASES))
        watch.look()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(look, watches))
    watches[0].look()

    assert len(scene.rollbacks()) == 1
    with scene.engine.connect() as connection:
        rows = connection.scalar(sa.select(sa.func.count()).where(NOTIFICATIONS.c.channel == ""))
    assert rows == 1


async def test_killed_at_any_step_it_is_rolled_back_once_and_told_once(scene: Scene, tmp_path: Path) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch(holder="before"), 2)
    scene.tell(escrows=FAILING)
    scene.close()
    ends: Counter[Stage] = Counter()

    for step in count(1):
        own = scene.copy(tmp_path / f"{step}.db")
        dying = Dying(own.url, step)
        watch = own.watch(holder="before", engine=dying.engine)
        watch._prepare()
        dying.begin()
        try:
            watch.look()
            is_killed = False
        except Killed:
            is_killed = True
        dying.engine.dispose()
        ends[own.stage()] += 1
        own.now += 5  # its lease ends
        breach(own, own.watch(holder="after"), 1)

        assert len(own.rollbacks()) == 1, f"killed at step {step}"
        assert [one.kind for one in await own.delivered()] == [EventKind.ROLLED_BACK]
        own.close()
        if not is_killed:
            break

    assert min(ends[Stage.LIVE], ends[Stage.OFF]) >= 3


async def test_a_store_that_is_away_is_told_past_the_store_and_looked_for_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.go_to(Stage.LIVE)
    watch = scene.watch(GuardSettings(every_s=0.1, blind_s=1.0))
    scene.close()
    store = Hidden(tmp_path)
    store.hide()

    def is_told() -> bool:
        scene.now += 0.1
        return bool(scene.channel.got)

    running = asyncio.ensure_future(watch.run())
    await until(is_told)
    store.give_back()
    await until(lambda: holding(scene.engine, clock=scene.clock) == "one")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert [one.kind for one in scene.channel.got] == [EventKind.BLIND]
    assert "Not guarded meanwhile: everything." in scene.channel.got[0].text
    assert holding(scene.engine, clock=scene.clock) == ""
    scene.close()


def test_a_store_that_refuses_is_said_to_who_looks(scene: Scene, tmp_path: Path) -> None:
    watch = scene.watch()
    watch.look()
    scene.close()
    Hidden(tmp_path).hide()

    with pytest.raises(StoreError, match="cannot take the lease of guards"):
        watch.look()


def test_postgresql_guards_alike(database_url: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, database_url)
    with contextlib.closing(scene):
        scene.go_to(Stage.LIVE)
        breach(scene, scene.watch())

        assert scene.stage() is Stage.OFF
        assert len(scene.rollbacks()) == 1
