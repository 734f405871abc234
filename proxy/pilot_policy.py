"""Policies: where a pilot takes a domain, how long it stays there, and what must hold before it goes on."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from proxy.errors import PolicyError, StageError
from proxy.flags import Flag
from proxy.spans import seconds_of, span_text
from proxy.stages import Stage
from proxy.working_hours import WorkingHours

DEFAULT_POLICY = Path(__file__).with_name("pilot_default.toml")
"""The policy in the box."""
MAY_BE_MISSING = (
    "coverage",
    "comparisons",
    "mismatch rate",
    "comes and goes",
    "latency",
    "queries",
    "shed",
    "books",
    "self-test",
    "load test",
)
"""The conditions of a verdict that can be missing; those that can only be wrong nobody does without."""
_LONGEST_NAME = 100


def _span(value: object) -> float:
    if not isinstance(value, str):
        raise ValueError("expected a duration like 90s, 15m, 2h or 7d")  # noqa: TRY004  pydantic collects ValueErrors
    return seconds_of(value)


def _stage(value: object) -> Stage:
    try:
        return Stage.parse(str(value))
    except StageError as error:
        raise ValueError(str(error)) from error


def _verdict(value: object) -> frozenset[str]:
    if value == "ready":
        return frozenset()
    names = value if isinstance(value, list) else [value]
    unknown = [str(name) for name in names if name not in MAY_BE_MISSING]
    if unknown or not isinstance(value, list):
        close = [near for name in unknown for near in difflib.get_close_matches(name, MAY_BE_MISSING, n=1)]
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise ValueError(
            f"expected 'ready' or a list of what may be missing ({', '.join(MAY_BE_MISSING)}){hint}"
        )
    return frozenset(names)


Seconds = Annotated[float, BeforeValidator(_span)]


class PolicyStep(BaseModel):
    """A place on the way: a stage, at canary with its share; `hold` is how long the domain stays there at least.

    `may_be_missing` are the conditions that a verdict need not have before the pilot goes on from there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: Annotated[Stage, BeforeValidator(_stage)]
    share: float | None = Field(default=None, gt=0, le=1)
    hold: Seconds = 0.0
    may_be_missing: Annotated[frozenset[str], BeforeValidator(_verdict)] = Field(
        default=frozenset(), alias="verdict"
    )

    @property
    def words(self) -> str:
        """For example `canary 25%`."""
        return self.stage.value if self.share is None else f"{self.stage} {self.share * 100:.4g}%"

    @property
    def needed(self) -> str:
        """What is needed to go on from there, for example `at least 2h, then when the verdict is ready`."""
        hold = f"at least {span_text(self.hold)}, then " if self.hold else ""
        needed = f"ready but for {', '.join(sorted(self.may_be_missing))}" if self.may_be_missing else "ready"
        return f"{hold}when the verdict is {needed}"

    def is_passed(self, flag: Flag) -> bool:
        """Whether a flag is there already, or further."""
        if flag.stage is self.stage and self.share is not None:
            return flag.canary_share >= self.share
        return not self.stage.is_further_than(flag.stage)


class Policy(BaseModel):
    """The steps of a pilot in their order, when it makes them, and how long all of it may take (seconds)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: tuple[PolicyStep, ...] = Field(min_length=1)
    working_hours: WorkingHours | None = None
    max_duration: Seconds = 30 * 86_400.0

    def steps_to(self, target: Stage) -> tuple[PolicyStep, ...]:
        """Those that lead to a stage; raises PolicyError where none reaches it."""
        steps = tuple(step for step in self.steps if not step.stage.is_further_than(target))
        if not steps or steps[-1].stage is not target:
            raise PolicyError(
                "the policy", [f"steps: they end at {self.steps[-1].stage}, expected one at {target}"]
            )
        return steps


def name_of(path: Path) -> str:
    """The name of the policy in a file, as actors bear it; that of the policy in the box is `default`."""
    return "default" if path == DEFAULT_POLICY else path.stem[:_LONGEST_NAME]


def read_policy(path: Path) -> tuple[str, Policy]:
    """The text of a policy file, and what it says; raises PolicyError with everything that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), [f"not valid TOML: {error}"]) from error
    return text, parse_policy(text, str(path))


def parse_policy(text: str, where: str) -> Policy:
    """A policy as its text says; raises PolicyError with everything that is wrong, and `where`."""
    try:
        page = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(where, [f"not valid TOML: {error}"]) from error
    problems = list(_order_problems(page.get("steps")))
    policy = None
    try:
        policy = Policy.model_validate(page)
    except ValidationError as error:
        problems = [*(_one_error(dict(row)) for row in error.errors()), *problems]
    if problems or policy is None:
        raise PolicyError(where, problems)
    return policy


def _order_problems(rows: Any) -> Iterator[str]:
    """What no row alone can tell: stages in their order, none left out, shares that grow."""
    before: Flag | None = Flag(canary_share=0.0)
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, Mapping) or row.get("stage") not in tuple(Stage):
            before = None  # that is told elsewhere; what follows cannot be judged by it
            continue
        stage, share = Stage(row["stage"]), row.get("share")
        where = f"steps.{index}"
        if stage is Stage.CANARY and share is None:
            yield f"{where}.share: expected a share from 0 to 1: the step is at canary"
        if stage is not Stage.CANARY and share is not None:
            yield f"{where}.share: {share!r}: expected only at canary"
        number = float(share) if isinstance(share, int | float) else 0.0
        if before is not None:
            yield from _next_problems(where, before, stage, number)
        before = Flag(stage, number)


def _next_problems(where: str, before: Flag, stage: Stage, share: float) -> Iterator[str]:
    if stage is before.stage is Stage.CANARY:
        if share <= before.canary_share:
            yield f"{where}.share: {share:g}: expected more than {before.canary_share:g}, that of the step before"
    elif stage is not before.stage.next:
        expected = before.stage.next or "nothing after complete"
        yield f"{where}.stage: {stage.value!r}: expected {expected}: no stage is left out, and none comes twice"


def _one_error(row: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in row["loc"])
    if row["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(row["loc"][-1]), _keys_at(row["loc"][:-1]), n=1)
        return f"{where}: unknown key" + (f", did you mean {near[0]}?" if near else "")
    if row["type"] == "missing":
        return f"{where}: expected, and not there"
    return f"{where}: {row['input']!r}: {row['msg'].removeprefix('Value error, ')}"


def _keys_at(loc: Sequence[int | str]) -> list[str]:
    rows: dict[str, type[BaseModel]] = {"steps": PolicyStep, "working_hours": WorkingHours}
    model = rows[str(loc[0])] if loc else Policy
    return [field.alias or name for name, field in model.model_fields.items()]
