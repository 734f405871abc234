"""The pilot on a real store: each step once, whoever else acts, and whoever is killed."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from proxy.errors import ConflictError, PilotError
from proxy.flag_rows import Judged
from proxy.flags import Flag
from proxy.freeze import FreezeWindow
from proxy.pilot import Pilot, PilotSettings
from proxy.pilot_decision import Done, Go, Pause, Wait
from proxy.pilot_runs import PILOT_RUNS, RunState
from proxy.stages import Stage
from tests.proxy.piloting import BEGIN, NO, READY, STEPS, Bridge
from tests.proxy.rig import until

QUICKLY = PilotSettings(every_s=0.01)


def walk_to_the_end(bridge: Bridge, pilot: Pilot) -> list[str]:
    """Walk until the run is over or paused, a minute each; what was decided, by kind."""
    decided = []
    for _ in range(20):
        walked = pilot.walk("escrows")
        decided.append(type(walked.decision).__name__)
        if walked.run.state is not RunState.RUNNING:
            break
        bridge.now += 60
    return decided


def test_it_walks_from_off_to_complete_one_step_and_one_entry_of_the_ledger_at_a_time(bridge: Bridge) -> None:
    bridge.start()

    decided = walk_to_the_end(bridge, bridge.pilot())

    assert decided == ["Go"] * 5
    assert bridge.flag().stage is Stage.COMPLETE
    assert bridge.steps() == STEPS
    steps = [change for change in bridge.flags.history() if change.rows]
    assert [change.verdict for change in steps] == [READY] * 5
    assert not any(change.forced for change in steps)
    run = bridge.runs.get("escrows")
    assert (run.state, run.step, run.version) == (RunState.DONE, 5, bridge.flags.version())
    assert isinstance(bridge.pilot().walk("escrows").decision, Done)


def test_the_same_holds_in_postgres(postgres_bridge: Bridge) -> None:
    postgres_bridge.start()

    walk_to_the_end(postgres_bridge, postgres_bridge.pilot())

    assert (postgres_bridge.flag().stage, postgres_bridge.steps()) == (Stage.COMPLETE, STEPS)


def test_another_process_goes_on_from_the_store_alone(bridge: Bridge) -> None:
    bridge.start()
    for _ in STEPS:
        bridge.pilot(holder="a new process").walk("escrows")
        bridge.now += 60

    assert bridge.steps() == STEPS


def test_what_it_waits_for_is_told_and_nothing_is_changed(bridge: Bridge) -> None:
    bridge.start()
    bridge.pilot().walk("escrows")
    bridge.now += 59

    walked = bridge.pilot().walk("escrows")

    assert isinstance(walked.decision, Wait)
    assert bridge.runs.get("escrows").reason.startswith("holds shadow for 1m, until ")
    assert bridge.flags.version() == 2


def test_a_verdict_that_is_no_pauses_it_and_resuming_goes_on(bridge: Bridge) -> None:
    bridge.start()
    bridge.pilot().walk("escrows")
    bridge.verdict = NO

    walked = bridge.pilot().walk("escrows")

    assert walked.decision == Pause("the verdict is 'no'; groups: 1 open difference group")
    assert walked.run.state is RunState.PAUSED
    entry = bridge.flags.history(1)[0]
    assert (entry.actor, entry.rows) == ("pilot:quick", ())
    bridge.verdict = READY
    bridge.now += 60
    assert bridge.pilot().walk("escrows").decision == walked.decision
    bridge.runs.resume(walked.run, actor="ada", now=bridge.now)
    assert isinstance(bridge.pilot().walk("escrows").decision, Go)


@pytest.mark.parametrize("actor", ["ada", "guard:error-rate"])
def test_who_rolls_back_pauses_it_even_when_the_flag_is_set_again(bridge: Bridge, actor: str) -> None:
    bridge.start()
    bridge.pilot().walk("escrows")
    bridge.flags.roll_back("escrows", actor=actor, reason="errors")
    bridge.flags.flip("escrows", Stage.SHADOW, actor="grace", reason="again")
    bridge.now += 60

    walked = bridge.pilot().walk("escrows")

    assert walked.decision == Pause(f"{actor} rolled escrows back to off (version 3): errors")
    assert bridge.flag().stage is Stage.SHADOW


def test_a_freeze_window_pauses_it_at_the_step(bridge: Bridge) -> None:
    at = datetime.fromtimestamp(BEGIN, UTC)
    bridge.freezes = (FreezeWindow("year end", at, at + timedelta(days=2)),)
    bridge.start()

    decision = bridge.pilot().walk("escrows").decision

    assert isinstance(decision, Pause)
    assert decision.reason.endswith("year end")
    assert bridge.flag() == Flag()


def test_what_only_may_be_missing_is_not_asked_for_and_the_ledger_has_the_verdict(bridge: Bridge) -> None:
    bridge.start()
    for _ in range(3):
        bridge.pilot().walk("escrows")
        bridge.now += 60
    bridge.verdict = Judged("not yet", ("queries: 3 of 10 pairs",))

    bridge.pilot().walk("escrows")

    entry = bridge.flags.history(1)[0]
    assert (entry.reason, entry.verdict, entry.forced) == (STEPS[3], bridge.verdict, False)


def test_who_is_quicker_makes_its_step_fail(bridge: Bridge) -> None:
    bridge.start()

    class Meddling(Bridge):
        def judge(self, key: str) -> Judged:
            self.flags.flip("GET /v1/escrows", Stage.SHADOW, actor="ada", reason="at the same moment")
            return super().judge(key)

    meddling = Meddling(bridge.engine)

    with pytest.raises(ConflictError):
        meddling.pilot().walk("escrows")

    assert (bridge.flag(), bridge.runs.get("escrows").step) == (Flag(), 0)


def test_two_pilots_without_any_lease_never_step_twice(bridge: Bridge) -> None:
    bridge.start()
    bridge.now += 3_600
    pilots = [bridge.pilot(holder=f"process {n}") for n in range(4)]

    def walk(pilot: Pilot) -> None:
        for _ in range(12):
            with contextlib.suppress(ConflictError, PilotError):
                pilot.walk("escrows")
            bridge.now += 60

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(walk, pilots))

    walk_to_the_end(bridge, bridge.pilot())
    assert bridge.steps() == STEPS


def test_a_policy_that_cannot_be_read_any_more_pauses_it(bridge: Bridge) -> None:
    bridge.start()
    with bridge.engine.begin() as connection:
        connection.execute(sa.update(PILOT_RUNS).values(policy="[[stairs]]"))

    walked = bridge.pilot().walk("escrows")

    assert walked.run.state is RunState.PAUSED
    assert "steps: expected, and not there" in walked.run.reason


async def test_as_a_watch_it_walks_what_is_running_while_it_has_the_lease(bridge: Bridge) -> None:
    bridge.start()
    bridge.start(domain="leads", target=Stage.SHADOW)
    pilot = bridge.pilot(settings=QUICKLY)
    watch = asyncio.create_task(pilot.run())

    def is_over() -> bool:
        bridge.now += 30
        return not any(run.state is RunState.RUNNING for run in bridge.runs.all())

    await until(is_over)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)

    assert sorted(bridge.steps()) == sorted([*STEPS, "step 1 of 1 to shadow"])
    assert (bridge.flag().stage, bridge.flag("leads").stage) == (Stage.COMPLETE, Stage.SHADOW)
    assert (pilot.holder("escrows"), pilot.holder("leads")) == ("", "")


async def test_without_the_lease_it_does_nothing(bridge: Bridge) -> None:
    bridge.start()
    assert bridge.pilot(holder="another").hold("escrows")
    watch = asyncio.create_task(bridge.pilot(settings=QUICKLY).run())

    await asyncio.sleep(0.2)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)

    assert (bridge.steps(), bridge.judged) == ([], [])
    assert bridge.pilot().holder("escrows") == "another"


@pytest.mark.parametrize(
    ("away_s", "states"), [(0.05, {RunState.PAUSED}), (3_600.0, {RunState.RUNNING, RunState.DONE})]
)
async def test_a_store_that_was_away_for_long_pauses_it_and_a_short_while_does_not(
    bridge: Bridge, away_s: float, states: set[RunState]
) -> None:
    bridge.start()
    pilot = bridge.pilot(settings=PilotSettings(every_s=0.01, away_s=away_s))
    pilot.runs.all()
    _rename(bridge, "pilot_runs", "runs_away")
    with capture_logs() as logs:
        watch = asyncio.create_task(pilot.run())
        await until(lambda: any(log["event"] == "pilot_store_away" for log in logs))
        await asyncio.sleep(0.06)  # what it was away for
        _rename(bridge, "runs_away", "pilot_runs")
        await until(lambda: bridge.runs.get("escrows").revision > 0)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)

    run = bridge.runs.get("escrows")
    assert run.state in states
    assert (
        (run.step == 0) is (run.state is RunState.PAUSED) is run.reason.startswith("the store was away for ")
    )


def _rename(bridge: Bridge, before: str, after: str) -> None:
    with bridge.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
