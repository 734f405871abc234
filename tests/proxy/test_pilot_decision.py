"""What a pilot decides: by a table, and for any policy, flag, verdict and hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.flag_rows import Change, Judged, RowChange
from proxy.flags import Flag
from proxy.pilot_decision import Decision, Done, Go, Pause, Seen, Wait, decide, told
from proxy.pilot_policy import Policy, parse_policy
from proxy.pilot_runs import PilotRun, RunState, passed
from proxy.stages import Stage

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)  # a Friday
READY = Judged("ready")
NOT_YET = Judged("not yet", ("queries: 3 of 10 pairs",))
NO = Judged("no", ("groups: 1 open difference group",))
POLICY = parse_policy(
    """
    max_duration = "7d"
    [working_hours]
    hours = "09:00-17:00"
    [[steps]]
    stage = "shadow"
    hold = "30m"
    [[steps]]
    stage = "canary"
    share = 0.05
    hold = "1h"
    verdict = ["queries"]
    [[steps]]
    stage = "canary"
    share = 0.5
    [[steps]]
    stage = "live"
    [[steps]]
    stage = "complete"
    """,
    "policy",
)
SHADOW = Flag(Stage.SHADOW)
CANARY = Flag(Stage.CANARY, 0.05)


def run(step: int, *, minutes: float = 120, target: Stage = Stage.COMPLETE) -> PilotRun:
    """A run that has made so many steps, the last of them so long ago."""
    since = NOON.timestamp() - 60 * minutes
    return PilotRun(
        "escrows", "", "careful", target, RunState.RUNNING, step, since, "", 7, "ada", since, since
    )


@pytest.mark.parametrize(
    ("given_run", "seen", "decision"),
    [
        (run(0), Seen(NOON, Flag(), NOT_YET), Go(POLICY.steps[0])),
        (run(0), Seen(NOON, Flag(), NO), Go(POLICY.steps[0])),  # at off nothing is compared
        (run(1), Seen(NOON, SHADOW, READY), Go(POLICY.steps[1])),
        (run(2), Seen(NOON, CANARY, READY), Go(POLICY.steps[2], frozenset({"queries"}))),
        (run(2), Seen(NOON, CANARY, NOT_YET), Go(POLICY.steps[2], frozenset({"queries"}))),
        (run(3), Seen(NOON, Flag(Stage.CANARY, 0.5), READY), Go(POLICY.steps[3])),
        (run(4), Seen(NOON, Flag(Stage.LIVE, 0.5), READY), Go(POLICY.steps[4])),
        (run(5), Seen(NOON, Flag(Stage.COMPLETE), READY), Done()),
        (run(1, target=Stage.SHADOW), Seen(NOON, SHADOW, NO), Done()),
        (
            run(1, minutes=29),
            Seen(NOON, SHADOW, READY),
            Wait("hold", "holds shadow for 30m, until 2026-11-27 12:01:00 UTC"),
        ),
        (
            run(1),
            Seen(NOON, SHADOW, NOT_YET),
            Wait("verdict", "the verdict is 'not yet'; queries: 3 of 10 pairs"),
        ),
        (
            run(1),
            Seen(NOON.replace(hour=17), SHADOW, READY),
            Wait("hours", "outside working hours until Mon 2026-11-30 09:00 UTC"),
        ),
        (run(1), Seen(NOON, SHADOW, READY, freeze="freeze: year end"), Pause("freeze: year end")),
        # what pauses does not wait for a hold, nor for the morning
        (
            run(1, minutes=1),
            Seen(NOON, SHADOW, NO),
            Pause("the verdict is 'no'; groups: 1 open difference group"),
        ),
        (
            run(1),
            Seen(NOON.replace(hour=3), SHADOW, NO),
            Pause("the verdict is 'no'; groups: 1 open difference group"),
        ),
        (run(1, minutes=1), Seen(NOON, SHADOW, READY, changed="ada did"), Pause("ada did")),
        (
            run(1, minutes=10_081),
            Seen(NOON, SHADOW, NOT_YET),
            Pause("max_duration: 7d are over since it was started or resumed"),
        ),
        (run(1), Seen(NOON, Flag(), READY), Pause("escrows is at off: from there canary 5% is no step")),
        (
            run(1),
            Seen(NOON, Flag(Stage.LIVE), READY),
            Pause("escrows is at live: from there canary 5% is no step"),
        ),
        # a freeze that would only stop what cannot happen yet changes nothing
        (
            run(1, minutes=29),
            Seen(NOON, SHADOW, READY, freeze="freeze: year end"),
            Wait("hold", "holds shadow for 30m, until 2026-11-27 12:01:00 UTC"),
        ),
    ],
)
def test_what_is_decided(given_run: PilotRun, seen: Seen, decision: Decision) -> None:
    assert decide(given_run, POLICY, seen) == decision


flags = st.builds(
    Flag, st.sampled_from(Stage), st.sampled_from([0.01, 0.05, 0.5, 1.0]), st.sampled_from([0.5, 1.0])
)
verdicts = st.sampled_from([READY, NOT_YET, NO, Judged("not yet")])
hours = st.integers(0, 14 * 24 * 60).map(
    lambda minutes: NOON - timedelta(days=7) + timedelta(minutes=minutes)
)


@given(
    step=st.integers(0, 5),
    flag=flags,
    verdict=verdicts,
    now=hours,
    freeze=st.sampled_from(["", "freeze: x"]),
    changed=st.sampled_from(["", "ada did"]),
    minutes=st.integers(0, 20_000),
)
def test_it_never_skips_a_stage_nor_goes_without_the_verdict_or_within_a_freeze(
    *, step: int, flag: Flag, verdict: Judged, now: datetime, freeze: str, changed: str, minutes: int
) -> None:
    since = now.timestamp() - 60 * minutes
    given_run = replace(run(step), since=since, began_at=since)

    decision = decide(given_run, POLICY, Seen(now, flag, verdict, freeze, changed))

    if isinstance(decision, Go):
        to = decision.step
        assert to.stage is flag.stage.next or (to.stage is flag.stage and (to.share or 0) > flag.canary_share)
        assert not freeze
        assert not changed
        assert verdict.word == "ready" or flag.stage is Stage.OFF or (verdict is NOT_YET and step == 2)
        assert now.weekday() < 5
        assert 9 <= now.hour < 17


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    shares = sorted(draw(st.sets(st.sampled_from([0.01, 0.05, 0.25, 0.5, 1.0]), min_size=1)))
    holds = st.integers(0, 200).map(lambda minutes: f"{minutes}m")
    rows = [("shadow", None), *(("canary", share) for share in shares), ("live", None), ("complete", None)]
    return Policy.model_validate(
        {
            "steps": [{"stage": stage, "share": share, "hold": draw(holds)} for stage, share in rows],
            "max_duration": "3d",
        }
    )


@given(
    policy=policies(),
    target=st.sampled_from(list(Stage)[1:]),
    judged=st.lists(verdicts, min_size=1, max_size=20),
)
def test_it_always_ends_at_the_target_or_paused(policy: Policy, target: Stage, judged: list[Judged]) -> None:
    flag, at = Flag(), run(0, minutes=0, target=target)
    decision: Decision = Wait("hold", "")
    for minute in range(0, 5 * 24 * 60, 30):
        now = datetime.fromtimestamp(NOON.timestamp() + 60 * minute, UTC)
        decision = decide(at, policy, Seen(now, flag, judged[minute // 30 % len(judged)]))
        if isinstance(decision, Pause | Done):
            break
        if isinstance(decision, Go):
            flag = Flag(decision.step.stage, decision.step.share or flag.canary_share)
            at = replace(at, step=at.step + 1, since=now.timestamp())

    assert isinstance(decision, Pause) or (decision == Done() and flag.stage is target)


@given(policy=policies(), target=st.sampled_from(list(Stage)[1:]))
def test_with_a_verdict_that_is_ready_it_makes_each_step_once(policy: Policy, target: Stage) -> None:
    flag, at, made = Flag(), run(0, minutes=0, target=target), 0
    now = NOON
    while not isinstance(decision := decide(at, policy, Seen(now, flag, READY)), Done):
        assert isinstance(decision, Go | Wait)
        now += timedelta(minutes=10)
        if isinstance(decision, Go):
            made += 1
            flag = Flag(decision.step.stage, decision.step.share or flag.canary_share)
            at = replace(at, step=at.step + 1, since=now.timestamp())

    assert (flag.stage, made) == (target, len(policy.steps_to(target)))


@pytest.mark.parametrize(
    ("flag", "made"),
    [
        (Flag(), 0),
        (SHADOW, 1),
        (Flag(Stage.CANARY, 0.01), 1),
        (Flag(Stage.CANARY, 0.3), 2),
        (Flag(Stage.LIVE), 4),
    ],
)
def test_a_run_begins_after_the_steps_that_a_flag_has_passed(flag: Flag, made: int) -> None:
    assert passed(POLICY.steps, flag) == made
    assert isinstance(decide(run(made), POLICY, Seen(NOON, flag, READY)), Go)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (CANARY, Flag(Stage.CANARY, 0.5), "ada set the share of escrows to 50% (version 9): looks good"),
        (CANARY, SHADOW, "ada rolled escrows back to shadow (version 9): looks good"),
        (CANARY, Flag(Stage.LIVE), "ada set escrows to live (version 9): looks good"),
        (None, SHADOW, "ada set escrows to shadow (version 9): looks good"),
        (
            SHADOW,
            Flag(Stage.SHADOW, sample_rate=0.5),
            "ada set the sample rate of escrows to 50% (version 9): looks good",
        ),
    ],
)
def test_what_somebody_else_did_is_told(before: Flag | None, after: Flag, words: str) -> None:
    row = RowChange("escrows", before, after)

    assert told(Change(9, NOON, "flip", "escrows", "ada", "looks good", (row,)), row) == words
