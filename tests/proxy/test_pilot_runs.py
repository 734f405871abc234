"""The runs of pilots: one a domain, each change of it in the ledger, and nobody's work undone unseen."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.errors import StoreError
from proxy.errors import ConflictError, PilotError, PolicyError
from proxy.flags import Flag
from proxy.pilot_runs import RunState
from proxy.stages import Stage
from tests.proxy.piloting import BEGIN, QUICK, Bridge


def ledger(bridge: Bridge) -> list[tuple[str, str, str]]:
    return [
        (change.actor, change.key, change.reason)
        for change in reversed(bridge.flags.history())
        if change.action == "pilot"
    ]


def live_through(bridge: Bridge) -> None:
    """Start, pause, resume and stop, with what the store then says."""
    runs = bridge.runs
    run = bridge.start()
    assert (run.state, run.step, run.policy, run.version) == (RunState.RUNNING, 0, QUICK, 1)

    paused = runs.pause(run, "lunch", actor="grace")
    assert (paused.state, paused.reason) == (RunState.PAUSED, "lunch")

    resumed = runs.resume(paused, actor="ada", now=BEGIN + 60)
    assert (resumed.state, resumed.reason, resumed.began_at) == (RunState.RUNNING, "", BEGIN + 60)
    assert resumed.since == BEGIN  # a pause takes nothing from a hold

    stopped = runs.stop(resumed, actor="ada", reason="not today")
    assert (stopped.state, bridge.runs.all()) == (RunState.STOPPED, [stopped])
    assert ledger(bridge) == [
        ("ada", "escrows", "started to complete by policy quick"),
        ("grace", "escrows", "paused: lunch"),
        ("ada", "escrows", "resumed"),
        ("ada", "escrows", "stopped: not today"),
    ]
    assert bridge.start().state is RunState.RUNNING


def test_a_run_is_started_paused_resumed_and_stopped_in_the_store_and_the_ledger(bridge: Bridge) -> None:
    live_through(bridge)


def test_the_same_holds_in_postgres(postgres_bridge: Bridge) -> None:
    live_through(postgres_bridge)


def test_a_run_begins_where_the_domain_is(bridge: Bridge) -> None:
    for stage in (Stage.SHADOW, Stage.CANARY):
        bridge.flags.flip("escrows", stage, canary_share=0.2, actor="ada", reason="by hand")

    assert bridge.start().step == 2


def test_where_there_is_nothing_to_do_no_run_is_started(bridge: Bridge) -> None:
    bridge.flags.flip("escrows", Stage.SHADOW, actor="ada", reason="by hand")

    with pytest.raises(PilotError, match="escrows is at shadow already: there is nothing to pilot to shadow"):
        bridge.start(target=Stage.SHADOW)
    with pytest.raises(PolicyError, match="stage"):
        bridge.start(policy="[[steps]]\nstage = 'live'")
    with pytest.raises(PilotError, match="crossfade pilot start escrows"):
        bridge.runs.get("escrows")


def test_of_two_that_start_at_once_one_does(bridge: Bridge) -> None:
    bridge.flags.prepare()
    assert bridge.runs.all() == []

    def start(_: int) -> str:
        try:
            return bridge.start().domain
        except (ConflictError, PilotError):
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(start, range(4)))

    assert answers == ["escrows", "refused", "refused", "refused"]
    assert len(ledger(bridge)) == 1


def test_who_saw_another_run_than_there_is_changes_nothing(bridge: Bridge) -> None:
    run = bridge.start()
    bridge.runs.pause(run, "lunch", actor="grace")

    with pytest.raises(ConflictError, match="somebody else changed the pilot of escrows"):
        bridge.runs.stop(run, actor="ada")

    assert bridge.runs.get("escrows").state is RunState.PAUSED
    assert len(ledger(bridge)) == 2


def test_a_step_and_its_run_are_one_transaction(bridge: Bridge) -> None:
    run = bridge.start()
    bridge.runs.stop(run, actor="ada")

    with pytest.raises(ConflictError):
        bridge.flags.flip(
            "escrows",
            Stage.SHADOW,
            actor="pilot:quick",
            reason="a step",
            also=bridge.runs.stepping(run, now=BEGIN, is_last=False),
        )

    assert (bridge.flag(), bridge.flags.version(), bridge.steps()) == (Flag(), 2, [])


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        ("pause", "stopped: there is nothing to pause"),
        ("resume", "only one that is paused"),
        ("stop", "stopped already"),
    ],
)
def test_what_a_run_is_not_in_the_state_for_is_refused(bridge: Bridge, turn: str, words: str) -> None:
    runs = bridge.runs
    run = runs.stop(bridge.start(), actor="ada")
    turns = {
        "pause": lambda: runs.pause(run, "x", actor="ada"),
        "resume": lambda: runs.resume(run, actor="ada", now=BEGIN),
        "stop": lambda: runs.stop(run, actor="ada"),
    }

    with pytest.raises(PilotError, match=words):
        turns[turn]()


def test_a_run_that_is_not_over_is_not_started_again(bridge: Bridge) -> None:
    bridge.start()

    with pytest.raises(PilotError, match="running already: crossfade pilot stop escrows ends it"):
        bridge.start()


def test_what_others_did_since_is_found_of_this_domain_only(bridge: Bridge) -> None:
    run = bridge.start()
    bridge.flags.flip("leads", Stage.SHADOW, actor="ada", reason="another domain")
    assert bridge.runs.changed_since(run) is None

    bridge.flags.flip("GET /v1/escrows", Stage.SHADOW, actor="ada", reason="an endpoint of it")
    bridge.flags.flip("escrows", Stage.SHADOW, actor="grace", reason="later")
    for _ in range(60):  # more than a page of the ledger
        bridge.flags.note("accept", "a-1", actor="ada", reason="x", apply=lambda _connection: None)
    found = bridge.runs.changed_since(run)

    assert found is not None
    assert (found[0].reason, found[1].key) == ("an endpoint of it", "GET /v1/escrows")


def test_a_domain_that_was_brought_elsewhere_is_piloted_from_there(bridge: Bridge) -> None:
    run = bridge.runs.pause(bridge.start(), "x", actor="ada")
    for stage in (Stage.SHADOW, Stage.CANARY):
        bridge.flags.flip("escrows", stage, canary_share=0.5, actor="ada", reason="by hand")

    resumed = bridge.runs.resume(run, actor="ada", now=BEGIN + 60)

    assert (resumed.step, resumed.since) == (3, BEGIN + 60)
    assert bridge.runs.changed_since(resumed) is None


def test_why_it_waits_is_told_and_is_no_change_of_the_run(bridge: Bridge) -> None:
    run = bridge.start()

    bridge.runs.wait(run, "until ten")
    bridge.runs.pause(run, "x", actor="ada")  # by what was seen before
    bridge.runs.wait(run, "until eleven")

    assert bridge.runs.get("escrows").reason == "x"
    assert len(ledger(bridge)) == 2


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    engine: sa.Engine = open_database(f"sqlite:///{tmp_path}/nowhere/store.db")

    with pytest.raises(StoreError, match="cannot read the pilot's runs"):
        Bridge(engine).runs.all()
    engine.dispose()
