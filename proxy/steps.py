"""Steps: what a change of one flag would be, and what is in its way."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from proxy.errors import ShareError, StageError
from proxy.flag_rows import Judged
from proxy.flags import DEFAULT_FLAG, Flag, check_step, is_forward, needs_verdict
from proxy.stages import Stage

READY = "ready"
"""The word of a verdict that lets a domain advance."""
_NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class Step:
    """A change of one flag that is asked for.

    `refused` says why it would not be made without force, `forbidden` why it cannot be made at all, or is empty.
    """

    key: str
    before: Flag
    after: Flag
    verdict: Judged | None = None
    refused: tuple[str, ...] = ()
    forbidden: str = ""

    @property
    def is_forward(self) -> bool:
        """Whether modern comes to serve or see more."""
        return is_forward(self.before, self.after)


def weigh(step: Step, verdict: Judged, freeze: str, may_be_missing: Collection[str] = ()) -> Step:
    """The step with its verdict, and with what is in its way; `freeze` is why nobody goes forward now, or empty."""
    refused = [freeze] if freeze and step.is_forward else []
    if needs_verdict(step.before, step.after):
        refused += in_the_way(verdict, may_be_missing)
    try:
        check_step(step.key, step.before, step.after)
    except StageError as error:
        return replace(step, verdict=verdict, refused=tuple(refused), forbidden=str(error))
    return replace(step, verdict=verdict, refused=tuple(refused))


def in_the_way(verdict: Judged, may_be_missing: Collection[str] = ()) -> list[str]:
    """What of a verdict is in the way of a step, if conditions of these names may be missing; what is wrong always is."""
    if verdict.word == READY:
        return []
    lines = list(verdict.lines)
    if verdict.word == _NOT_YET:
        lines = [line for line in lines if line.partition(":")[0] not in may_be_missing]
        if verdict.lines and not lines:
            return []
    return [f"the verdict is {verdict.word!r}", *lines]


def following(key: str, flag: Flag, share: float | None) -> tuple[Stage, float | None]:
    """One step on from a flag: its stage, and its canary share where that changes. Raises StageError or ShareError."""
    if flag.stage is Stage.CANARY and share is not None:
        if share <= flag.canary_share:
            raise ShareError(
                f"the canary share of {key} is {flag.canary_share:g}: expected a larger one to advance, not {share:g}"
            )
        return flag.stage, share
    stage = flag.stage.next
    if stage is None:
        raise StageError(f"{key} is at {flag.stage}: there is no further stage")
    if stage is not Stage.CANARY:
        if share is not None:
            raise ShareError(f"{key} goes from {flag.stage} to {stage}, where there is no canary share")
        return stage, None
    return stage, DEFAULT_FLAG.canary_share if share is None else share


def refusal_of(step: Step) -> str:
    """What does not happen, in words."""
    if step.before.stage is step.after.stage:
        return f"{step.key} stays at {step.before.canary_share:.0%}"
    return f"{step.key} does not go from {step.before.stage} to {step.after.stage}"


def together(steps: list[Step]) -> Judged | None:
    """One verdict of several: the worst word, and each line and figure with the key that it is of."""
    judged = [(step.key, step.verdict) for step in steps if step.verdict is not None]
    if not judged:
        return None
    words = {verdict.word for _, verdict in judged}
    word = next((word for word in ("no", _NOT_YET) if word in words), READY)
    return Judged(
        word,
        tuple(f"{key}: {line}" for key, verdict in judged for line in verdict.lines),
        {f"{key}: {name}": value for key, verdict in judged for name, value in verdict.figures.items()},
    )
