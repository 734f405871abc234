"""How commands say what a pilot is about to do, and how its runs stand."""

from datetime import UTC, datetime
from typing import Any

from proxy.pilot_decision import Decision, Done, Go, Pause, Wait
from proxy.pilot_policy import Policy
from proxy.pilot_runs import PilotRun, RunState
from proxy.stages import Stage

_EVENTS = {
    "step": "→ ",
    "wait": "waits: ",
    "pause": "paused: ",
    "done": "done: ",
    "end": "the history ends here: ",
}


def run_json(run: PilotRun, holder: str) -> dict[str, Any]:
    """JSON values; `holder` is who walks it now, or empty."""
    return {
        "domain": run.domain,
        "state": run.state.value,
        "reason": run.reason,
        "target": run.target.value,
        "policy": run.policy_name,
        "step": run.step,
        "steps": len(run.steps()),
        "since": _moment(run.since).isoformat(),
        "version": run.version,
        "actor": run.actor,
        "started_at": _moment(run.started_at).isoformat(),
        "walked_by": holder or None,
    }


def run_lines(run: PilotRun, holder: str) -> list[str]:
    """How a run stands, in lines."""
    steps = run.steps()
    last = f", the last {steps[run.step - 1].words}" if 0 < run.step <= len(steps) else ""
    lines = [
        f"{run.domain}: {run.state}, {run.step} of {len(steps)} steps to {run.target} made{last}; policy {run.policy_name}",
        f"  since {time_text(run.since)}; started by {run.actor} {time_text(run.started_at)}",
    ]
    if run.reason:
        lines.append(f"  {'waits' if run.state is RunState.RUNNING else run.state}: {run.reason}")
    if run.state is RunState.RUNNING:
        lines.append(
            f"  walked by {holder}"
            if holder
            else f"  nobody walks it yet: a console will, or crossfade pilot resume {run.domain} --here"
        )
    if run.state is RunState.PAUSED:
        lines.append(f"  go on: crossfade pilot resume {run.domain}")
    return lines


def policy_lines(policy: Policy, target: Stage) -> list[str]:
    """The steps to a target, each with how long it lasts and what is needed to go on."""
    steps = policy.steps_to(target)
    return [
        f"  {number}  {step.words:<12}{step.needed if number < len(steps) else ''}".rstrip()
        for number, step in enumerate(steps, 1)
    ]


def event_of(decision: Decision) -> tuple[str, str]:
    """What a pilot decided: `step`, `wait`, `pause` or `done`, and where to, or why."""
    match decision:
        case Go(step):
            return "step", step.words
        case Wait(_, reason):
            return "wait", reason
        case Pause(reason):
            return "pause", reason
        case Done():
            return "done", "the target is reached"


def event_text(kind: str, words: str) -> str:
    """The same in a line, also of a simulation."""
    return f"{_EVENTS[kind]}{words}"


def time_text(seconds: float) -> str:
    """For example `2026-11-29 14:02:11 UTC`."""
    return f"{_moment(seconds):%Y-%m-%d %H:%M:%S} UTC"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
