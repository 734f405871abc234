"""What a pilot does next: a pure function of its run, the policy, and what it sees."""

from dataclasses import dataclass
from datetime import UTC, datetime

from proxy.flag_rows import Change, Judged, RowChange
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.pilot_policy import Policy, PolicyStep
from proxy.pilot_runs import PilotRun
from proxy.spans import span_text
from proxy.stages import Stage
from proxy.steps import in_the_way


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pilot sees before it decides: `freeze` and `changed` (what somebody else did) are empty where nothing is."""

    now: datetime
    flag: Flag
    verdict: Judged
    freeze: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """One step forward: into a stage, or to a larger canary share."""

    step: PolicyStep
    may_be_missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing yet; `kind` is what it waits for: `hold`, `verdict` or `hours`."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing until somebody resumes it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The target is reached."""


Decision = Go | Wait | Pause | Done


def decide(run: PilotRun, policy: Policy, seen: Seen) -> Decision:
    """Go one step, wait, pause or be done. What pauses comes before what waits, so that no fault hides behind a hold.

    Raises PolicyError where no step of the policy reaches the target.
    """
    steps = policy.steps_to(run.target)
    if seen.changed:
        return Pause(seen.changed)
    if run.step >= len(steps):
        return Done()
    here = steps[run.step - 1] if run.step else None
    following = steps[run.step]
    may_be_missing = here.may_be_missing if here else frozenset[str]()
    return (
        _fault(run, policy, seen, following)
        or _waiting(run, policy, seen, here, may_be_missing)
        or (Pause(seen.freeze) if seen.freeze else Go(following, may_be_missing))
    )


def _fault(run: PilotRun, policy: Policy, seen: Seen, following: PolicyStep) -> Pause | None:
    stage = seen.flag.stage
    if seen.now.timestamp() - run.began_at > policy.max_duration:
        return Pause(
            f"max_duration: {span_text(policy.max_duration)} are over since it was started or resumed"
        )
    if following.is_passed(seen.flag) or following.stage not in {stage, stage.next}:
        return Pause(f"{run.domain} is at {stage}: from there {following.words} is no step")
    if stage is not Stage.OFF and seen.verdict.word == "no":
        return Pause("; ".join(in_the_way(seen.verdict)))
    return None


def _waiting(
    run: PilotRun, policy: Policy, seen: Seen, here: PolicyStep | None, may_be_missing: frozenset[str]
) -> Wait | None:
    if here is not None and seen.now.timestamp() < run.since + here.hold:
        until = datetime.fromtimestamp(run.since + here.hold, UTC)
        return Wait(
            "hold", f"holds {here.words} for {span_text(here.hold)}, until {until:%Y-%m-%d %H:%M:%S} UTC"
        )
    if seen.flag.stage is not Stage.OFF and (missing := in_the_way(seen.verdict, may_be_missing)):
        return Wait("verdict", "; ".join(missing))
    if policy.working_hours is not None and (opens := policy.working_hours.closed_until(seen.now)):
        return Wait("hours", f"outside working hours until {opens}")
    return None


def told(change: Change, row: RowChange) -> str:
    """What somebody else did to a flag, for example `ada set the share of escrows to 50% (version 9): looks good`."""
    before, after = row.before or DEFAULT_FLAG, row.after
    if before.stage.is_further_than(after.stage):
        what = f"rolled {row.key} back to {after.stage}"
    elif before.stage is not after.stage:
        what = f"set {row.key} to {after.stage}"
    elif before.canary_share != after.canary_share:
        what = f"set the share of {row.key} to {after.canary_share * 100:.4g}%"
    else:
        what = f"set the sample rate of {row.key} to {after.sample_rate * 100:.4g}%"
    return f"{change.actor} {what} (version {change.version}): {change.reason}"
