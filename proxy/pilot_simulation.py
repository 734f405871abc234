"""What a pilot would have done: a policy played against what was recorded, without changing anything."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from proxy.flag_rows import Judged
from proxy.flags import Flag
from proxy.freeze import FreezeWindow, frozen
from proxy.pilot_decision import Decision, Done, Go, Pause, Seen, Wait, decide
from proxy.pilot_policy import Policy
from proxy.pilot_runs import PilotRun, RunState
from proxy.stages import Stage

JudgeAt = Callable[[float, float], Judged]
"""The verdict from a moment on, as it was at another (both in Unix seconds)."""
ChangedAt = Callable[[float], str]
"""What somebody else had done by then (Unix seconds); empty where that is nothing."""
MOST_DECISIONS = 500


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that a pilot would have done, or begun to wait for."""

    at: datetime
    kind: Literal["step", "wait", "pause", "done", "end"]
    words: str


def interval(begin: float, end: float) -> int:
    """How often a simulation of that span decides: whole minutes, in seconds."""
    return 60 * max(1, math.ceil((end - begin) / 60 / MOST_DECISIONS))


def simulate(
    domain: str,
    policy: Policy,
    target: Stage,
    span: tuple[float, float],
    judge: JudgeAt,
    freezes: Sequence[FreezeWindow] = (),
    changed: ChangedAt = lambda _: "",
) -> Iterator[Moment]:
    """Play a run from `off` over a span of Unix seconds; the last moment is `done`, a `pause`, or the `end` of the span."""
    begin, end = span
    run = PilotRun(
        domain, "", "", target, RunState.RUNNING, 0, begin, "", 0, "", started_at=begin, began_at=begin
    )
    flag = Flag()
    since = begin
    waiting = ""
    reason = "nothing was recorded"
    now = begin
    while now <= end:
        at = datetime.fromtimestamp(now, UTC)
        verdict = Judged("not yet") if flag.stage is Stage.OFF else judge(since, now)
        decision = decide(run, policy, Seen(at, flag, verdict, frozen(freezes, at), changed(now)))
        match decision:
            case Go(step):
                yield Moment(at, "step", step.words)
                since = since if step.stage is flag.stage else now
                flag = Flag(step.stage, flag.canary_share if step.share is None else step.share)
                run = replace(run, step=run.step + 1, since=now)
                waiting = ""
                continue
            case Wait(kind, reason) if kind != waiting:
                waiting = kind
                yield Moment(at, "wait", reason)
            case Wait(_, reason):
                pass
            case Pause() | Done():
                yield Moment(at, *_ended(decision, target))
                return
        now += interval(begin, end)
    yield Moment(datetime.fromtimestamp(end, UTC), "end", reason)


def _ended(decision: Decision, target: Stage) -> tuple[Literal["pause", "done"], str]:
    return ("pause", decision.reason) if isinstance(decision, Pause) else ("done", target.value)
