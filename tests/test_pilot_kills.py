"""A pilot that is killed at any point of a step has made it, or has not; the ledger says which, and another goes on."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from proxy.pilot_runs import RunState
from proxy.stages import Stage
from tests.proxy.piloting import NO, READY, STEPS, Bridge

WITHIN_S = 60.0
BEFORE, AFTER = (Stage.SHADOW, 1, 1), (Stage.CANARY, 2, 2)
"""The stage, the steps that the run has made, and those that the ledger has."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def on(statement: str, event: str) -> Callable[[sa.Engine], None]:
    """Die before or after a statement that begins so."""

    def arm(engine: sa.Engine) -> None:
        def listen(_connection: object, _cursor: object, text: str, *_more: object) -> None:
            if text.startswith(statement):
                die()

        sa.event.listen(engine, event, listen)

    return arm


def before_the_commit(engine: sa.Engine) -> None:
    _at_commit(engine, die)


def after_the_commit(engine: sa.Engine) -> None:
    _at_commit(engine, lambda: sa.event.listen(engine, "begin", die))


def _at_commit(engine: sa.Engine, act: Callable[[], None]) -> None:
    """Of the transaction that changes the run; the event comes before the database is asked."""
    changed = False

    def note(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        nonlocal changed
        changed = changed or text.startswith("UPDATE pilot_runs")

    def commit(_connection: object) -> None:
        if changed:
            act()

    sa.event.listen(engine, "before_cursor_execute", note)
    sa.event.listen(engine, "commit", commit)


FIRST, LAST = "before_cursor_execute", "after_cursor_execute"
POINTS: dict[str, tuple[Callable[[sa.Engine], None], tuple[Stage, int, int]]] = {
    "before the version": (on("UPDATE flag_revisions", FIRST), BEFORE),
    "before the flag": (on("UPDATE flags", FIRST), BEFORE),
    "after the flag": (on("UPDATE flags", LAST), BEFORE),
    "after the ledger": (on("INSERT INTO flag_changes", LAST), BEFORE),
    "before the run": (on("UPDATE pilot_runs", FIRST), BEFORE),
    "after the run": (on("UPDATE pilot_runs", LAST), BEFORE),
    "before the commit": (before_the_commit, BEFORE),
    "after the commit": (after_the_commit, AFTER),
}


def walk_and_die(url: str, arm: Callable[[sa.Engine], None], now: float, word: str) -> None:
    """What the process does that is killed."""
    engine = open_database(url)
    bridge = Bridge(engine, verdict=READY if word == "ready" else NO, now=now)
    pilot = bridge.pilot(holder="the one that is killed")
    pilot.runs.all()
    bridge.flags.prepare()
    arm(engine)
    pilot.walk("escrows")


def killed(url: str, point: str, now: float, word: str = "ready") -> int | None:
    process = multiprocessing.get_context("fork").Process(
        target=walk_and_die, args=(url, POINTS[point][0], now, word)
    )
    process.start()
    process.join(WITHIN_S)
    return process.exitcode


def standing(bridge: Bridge) -> tuple[Stage, int, int]:
    return bridge.flag().stage, bridge.runs.get("escrows").step, len(bridge.steps())


def at_shadow(url: str) -> Bridge:
    """A run that has made one step, a minute ago."""
    bridge = Bridge(open_database(url))
    bridge.start()
    bridge.pilot().walk("escrows")
    bridge.now += 60
    bridge.engine.dispose()  # no connection is shared with the process that is killed
    return bridge


def kill_and_go_on(url: str, point: str) -> None:
    bridge = at_shadow(url)

    assert killed(url, point, bridge.now) == -signal.SIGKILL

    assert standing(bridge) == POINTS[point][1]
    assert bridge.runs.get("escrows").version == bridge.flags.history(1)[0].version
    while bridge.pilot(holder="another").walk("escrows").run.state is RunState.RUNNING:
        bridge.now += 60
    assert bridge.steps() == STEPS
    bridge.engine.dispose()


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_of_a_step_it_is_made_or_not_and_another_goes_on(url: str, point: str) -> None:
    kill_and_go_on(url, point)


@pytest.mark.parametrize("point", ["after the run", "after the commit"])
def test_the_same_holds_in_postgres(own_database_url: str, point: str) -> None:
    kill_and_go_on(own_database_url, point)


@pytest.mark.parametrize(
    ("point", "state", "entries"),
    [
        ("after the run", RunState.RUNNING, 1),
        ("after the ledger", RunState.RUNNING, 1),
        ("before the commit", RunState.RUNNING, 1),
        ("after the commit", RunState.PAUSED, 2),
    ],
)
def test_killed_while_it_pauses_it_runs_or_is_paused_and_the_ledger_says_which(
    url: str, point: str, state: RunState, entries: int
) -> None:
    bridge = at_shadow(url)

    assert killed(url, point, bridge.now, word="no") == -signal.SIGKILL

    noted = [change.reason for change in bridge.flags.history() if change.action == "pilot"]
    assert (bridge.runs.get("escrows").state, len(noted)) == (state, entries)
    assert standing(bridge) == BEFORE
    bridge.engine.dispose()
