"""The flag table as one immutable snapshot, and the plan that it gives to a request."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from parity.exchange import Endpoint
from proxy.errors import ConflictError, ShareError, StageError
from proxy.stages import READS, WRITES, Plan, Stage


@dataclass(frozen=True, slots=True)
class Flag:
    """One row: the stage, and the two shares (0 to 1) that qualify it."""

    stage: Stage = Stage.OFF
    canary_share: float = 0.05
    sample_rate: float = 1.0


DEFAULT_FLAG = Flag()
OUTSIDE = 1.0
"""A place that no canary share takes in."""


@dataclass(frozen=True, slots=True)
class FlagTable:
    """Domain or endpoint name → flag; an endpoint's row wins over its domain's, no row means `off`.

    `version` is one number for the whole table; it grows with every change.
    """

    version: int = 0
    rows: Mapping[str, Flag] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", MappingProxyType(dict(self.rows)))

    def flag_for(self, endpoint: Endpoint) -> Flag:
        """The flag in force at that endpoint."""
        rows = self.rows
        return rows.get(endpoint.name) or rows.get(endpoint.domain) or DEFAULT_FLAG


def plan_for(flag: Flag, endpoint: Endpoint, sticky_bucket: float) -> Plan:
    """Who answers and who gets a copy; `sticky_bucket` in [0, 1) counts at stage `canary` only.

    Reads and writes of one client take the same side, because both look at the same bucket.
    """
    plans = (READS if endpoint.is_read else WRITES)[flag.stage]
    return plans.within if sticky_bucket < flag.canary_share else plans.outside


def is_forward(before: Flag, after: Flag) -> bool:
    """Whether modern comes to serve more clients, or to see what it did not see."""
    if after.stage is before.stage:
        return after.stage is Stage.CANARY and after.canary_share > before.canary_share
    return after.stage.is_further_than(before.stage)


def needs_verdict(before: Flag, after: Flag) -> bool:
    """Whether a step is one that evidence can speak for; into `shadow` there is none yet."""
    return is_forward(before, after) and after.stage.is_further_than(Stage.SHADOW)


def check_step(key: str, before: Flag, after: Flag) -> None:
    """Raises `StageError` where a step goes further than the next stage."""
    if after.stage.is_further_than(before.stage) and after.stage is not before.stage.next:
        raise StageError(
            f"{key} is at {before.stage} and cannot go to {after.stage}: stages go forward one at a time, "
            f"the next one is {before.stage.next}"
        )


def check_version(present: int, expected: int | None) -> None:
    """Raises ConflictError where a change was decided on another version than the present one."""
    if expected is not None and present != expected:
        raise ConflictError(
            f"the flag table is at version {present}, not at {expected}: somebody else changed it in the meantime; "
            "look again"
        )


def check_share(name: str, share: float) -> float:
    """The share itself when it is a number from 0 to 1; raises `ShareError`."""
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise ShareError(f"{name} must be a number from 0 to 1, not {share:g}")
    return float(share)
