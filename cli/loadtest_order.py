"""What `crossfade loadtest` is asked to measure, from what was typed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from cli.context import Context
from cli.errors import UsageError
from cli.loadtest_site import Wanted
from loadtests.errors import LoadTestError
from loadtests.generators import ALONE, Generators
from loadtests.run import LoadOrder
from loadtests.scenarios import Scenario, WorkloadKind, scenario_named
from loadtests.targets import AGAINST_ITSELF, load_targets
from parity.load_results import Targets
from proxy.stages import Stage

_OF_A_SHADOW = Targets(time=1.05, queries=None, cache=None)
"""Legacy serves on both sides: nothing gets faster, and the copies must cost its clients little."""
_RECORDED = "recorded"
_TO_THE_END = frozenset({"soak"})
"""Scenarios that are about what comes late."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The options that say how much load there is; None where the scenario says it."""

    scenario: str
    users: int | None = None
    duration_s: float | None = None
    rate_rps: float | None = None
    workload: str | None = None
    reads: str | None = None
    warm_up_s: float | None = None

    def wanted(self) -> Scenario:
        """The scenario, with what was typed in place of what it says. Raises LoadTestError, UsageError."""
        named = scenario_named(self.scenario)
        asked = WorkloadKind.OPEN if self.rate_rps is not None else named.workload
        workload = asked if self.workload is None else WorkloadKind(self.workload)
        if workload is WorkloadKind.CLOSED and self.rate_rps is not None:
            raise UsageError("--rate: users of a closed workload send when they are answered; it needs open")
        users = self.users or named.users
        rate = self.rate_rps or named.rate_rps or users / named.pace_s
        return replace(
            named,
            users=users,
            workload=workload,
            rate_rps=rate if workload is WorkloadKind.OPEN else None,
            duration_s=named.duration_s if self.duration_s is None else self.duration_s,
            reads=named.reads if self.reads is None else _share(self.reads),
            warm_up_s=named.warm_up_s if self.warm_up_s is None else self.warm_up_s,
        )


def _share(text: str) -> float | None:
    """A share, None as recorded; raises UsageError."""
    if text == _RECORDED:
        return None
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError(f"--reads: expected a share between 0 and 1 like 0.8, or {_RECORDED}, got {text!r}")
    return share


def order_of(
    context: Context,
    domains: Sequence[str],
    typed: Typed,
    wanted: Wanted,
    *,
    targets: Path | None,
    contract: Path,
    seed: int,
    may_end_early: bool,
    extra_s: float | None = None,
    generators: Generators = ALONE,
) -> LoadOrder:
    """What is to be measured.

    Raises UsageError for a domain that is not there and for a time that is too short, LoadTestError for a scenario or targets.
    """
    scenario = typed.wanted()
    chosen = [context.require_domain(name) for name in dict.fromkeys(domains)] or _recorded(context, contract)
    order = LoadOrder(
        domains=chosen,
        endpoints=[(one.method, one.path) for one in context.endpoints if one.domain in chosen],
        scenario=scenario,
        targets=_targets(context, targets, wanted, scenario),
        contract=contract,
        jwt_secret=context.jwt_secret,
        seed=seed,
        may_end_early=may_end_early and not wanted.same and scenario.name not in _TO_THE_END,
        extra_s=extra_s,
        generators=generators,
    )
    for option, plan in (("--duration", order.blocks), ("--extra", order.extra_blocks)):
        try:
            plan()  # what is too short is said before anything starts
        except LoadTestError as error:
            raise UsageError(f"{option}: {error}") from error
    return order


def _recorded(context: Context, contract: Path) -> list[str]:
    """The domains that have a recording; raises UsageError where none has."""
    found = [name for name in context.domain_names() if (contract / "exchanges" / f"{name}.jsonl").is_file()]
    if not found:
        raise UsageError(f"--contract: there is no recording of any domain in {contract / 'exchanges'}")
    return found


def _targets(context: Context, file: Path | None, wanted: Wanted, scenario: Scenario) -> Targets:
    """Those of the file, else what can be asked of these sides: raises TargetsError."""
    if wanted.same:
        return AGAINST_ITSELF
    if file is None and wanted.through is Stage.SHADOW:
        return _OF_A_SHADOW
    targets = load_targets(file, endpoints=[(one.domain, one.name) for one in context.endpoints])
    if targets.average_ms is None:
        targets = msgspec.structs.replace(targets, average_ms=scenario.average_ms)
    # the proxy keeps X-Query-Count to itself
    return targets if wanted.through is None else msgspec.structs.replace(targets, queries=None)
