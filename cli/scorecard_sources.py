"""Where the scorecard looks: the store, the ledger, what `make` wrote, and the code. A source that is away is told."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from cli.context import ROOT, Context
from cli.domain_audit import Audit, audited
from cli.scorecard_code import PACKAGES, changed_at, found_by_audit
from cli.spans import span_words
from loadtests.scorecard.card import Found, Row, Scorecard
from loadtests.scorecard.goals import (
    CONCURRENT_SCENARIO,
    COVERAGE,
    FAILED,
    GOALS,
    OF_OUR_CODE,
    ROLLBACK,
    UNCHANGED,
    Goal,
)
from loadtests.scorecard.of_code import of_coverage
from loadtests.scorecard.of_load_tests import DIRECT, STEADY, of_measure
from loadtests.scorecard.of_traffic import (
    Counted,
    Rollback,
    compared_in,
    compared_in_ready,
    counted_by_proxy,
    counted_in_flips,
    counted_under_load,
    of_compared,
    of_failed,
    of_flip_times,
    of_rollbacks,
    of_rollbacks_under_load,
    strongest,
)
from parity.errors import StoreError
from parity.load_tests import KeptLoadTest, LoadTests
from parity.report_words import moment
from proxy.errors import FlagStoreError

_LOAD_TESTS = 20
"""So many of the latest are looked at: of any scenario, and of each that a goal asks for."""
_LEDGER = 10_000
_BACKENDS = ("domains", "legacy_bridge")

T = TypeVar("T")


@dataclass
class Sources:
    """What is read once for one scorecard; `unread` grows by each source that cannot be read."""

    context: Context
    build_dir: Path
    audit: Callable[[Path], Audit] = audited
    unread: list[str] = field(default_factory=list)

    def scorecard(self, *, now: float | None = None) -> Scorecard:
        """Every goal that applies, with what is found of it. Raises UsageError where a server is to be asked instead."""
        engine = self.context.engine
        left_out = self._left_out()
        found = self._of_files() | self._of_store(engine)
        if not self.context.settings.lists_endpoints:
            found |= found_by_audit(self.audit(ROOT))
        rows = [
            Row(self._worded(goal), self._aged(goal, found.get(goal, Found())))
            for goal in GOALS
            if goal not in left_out
        ]
        names = tuple((goal.name, why) for goal, why in left_out.items())
        return Scorecard(time.time() if now is None else now, tuple(rows), names, tuple(self.unread))

    def _left_out(self) -> dict[Goal, str]:
        names = {endpoint.name for endpoint in self.context.endpoints}
        left_out = {
            goal: "the configuration has no such endpoint"
            for goal in GOALS
            if goal.endpoint and goal.endpoint not in names
        }
        if self.context.settings.lists_endpoints:
            left_out |= dict.fromkeys(OF_OUR_CODE, "that can be told of the reference CRM's code alone")
        return left_out

    def _of_store(self, engine: sa.Engine) -> dict[Goal, Found]:
        """With what `make` wrote of the same goals."""
        context, domains = self.context, self.context.domain_names()
        tests: list[KeptLoadTest] = []
        compared = self._compared_in_ready()
        counted, rollbacks = self._flips()
        try:
            kept = LoadTests(engine)
            tests = _newest_first(
                kept.latest(_LOAD_TESTS, through=DIRECT, scenario=scenario)
                for scenario in (None, STEADY, CONCURRENT_SCENARIO)
            )
            verdicts = context.operations.verdicts(domains)
            by_store = of_compared(
                [compared_in(one) for one in verdicts], domains, "verdicts on what the store has"
            )
            compared.insert(0, by_store)
            counted.insert(0, counted_by_proxy(context.operations.tallies()))
            changes = context.operations.history(_LEDGER)
            timed = [
                Rollback(one.version, one.changed_at.timestamp(), one.served_ms)
                for one in changes
                if one.action == "rollback"
            ]
            rollbacks.insert(0, of_rollbacks(timed))
        except (StoreError, FlagStoreError, sa.exc.OperationalError, OSError) as error:
            self.unread.append(f"the store: {error}")
        return {
            **{goal: of_measure(goal, tests, domains) for goal in GOALS if goal.measure},
            UNCHANGED: strongest(compared),
            FAILED: of_failed(counted),
            ROLLBACK: strongest(rollbacks),
        }

    def _of_files(self) -> dict[Goal, Found]:
        file = self.build_dir / "coverage.json"

        def read(values: Any, at: float) -> Found:
            return of_coverage(values["totals"], str(file), at)

        return {COVERAGE: self._read(file, "make coverage", read) or Found()}

    def _worded(self, goal: Goal) -> Goal:
        """The same with a command that gives its evidence here."""
        is_of_ready = goal is UNCHANGED and self.context.settings.lists_endpoints
        return replace(goal, command="crossfade flip DOMAIN shadow") if is_of_ready else goal

    def _compared_in_ready(self) -> list[Found]:
        if self.context.settings.lists_endpoints:
            return []  # it is of the reference CRM
        file, domains = self.build_dir / "ready.json", self.context.domain_names()

        def read(values: Any, _at: float) -> Found:
            return of_compared([compared_in_ready(one) for one in values["domains"]], domains, str(file))

        found = self._read(file, "make ready", read)
        return [] if found is None else [found]

    def _flips(self) -> tuple[list[Counted], list[Found]]:
        """What failed while flags changed under load, and how long rollbacks took there."""
        by_proxy, by_bench = self.build_dir / "loadtest-proxy.json", self.build_dir / "bench-flags.json"

        def read_proxy(values: Any, _at: float) -> tuple[Counted, Found] | None:
            flips, at = values["flips"], float(values["ended_at"])
            if flips is None:
                return None
            found = of_rollbacks_under_load(flips, str(by_proxy), at)
            return counted_under_load(flips, str(by_proxy), at), found

        def read_bench(values: Any, at: float) -> tuple[Counted | None, Found]:
            rows = values["figures"]
            return counted_in_flips(rows, str(by_bench), at), of_flip_times(rows, str(by_bench), at)

        read = (
            self._read(by_proxy, "crossfade loadtest proxy --json", read_proxy),
            self._read(by_bench, "make bench-flags", read_bench),
        )
        told = [one for one in read if one is not None]
        return [counted for counted, _ in told if counted is not None], [found for _, found in told]

    def _read(self, file: Path, command: str, read: Callable[[Any, float], T]) -> T | None:
        """What is in a file of `make`; None where it is not there, or not what that command writes."""
        try:
            return read(msgspec.json.decode(file.read_bytes()), file.stat().st_mtime)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.unread.append(f"{file}: {error.strerror}")
        except (msgspec.DecodeError, LookupError, TypeError, ValueError):
            self.unread.append(f"{file}: expected what `{command}` writes")
        return None

    def _aged(self, goal: Goal, found: Found) -> Found:
        """The same with how much older it is than the code that it speaks of."""
        packages = _SPEAKS_OF.get(goal, _BACKENDS)
        if found.at is None or (packages is _BACKENDS and self.context.settings.lists_endpoints):
            return found
        changed = changed_at(ROOT, packages)
        if found.at >= changed:
            return found
        older = f"{span_words(changed - found.at)} older than the code here, changed {moment(changed)}"
        return replace(found, remarks=(*found.remarks, older))


_SPEAKS_OF: Mapping[Goal, tuple[str, ...]] = {
    COVERAGE: PACKAGES,
    FAILED: ("proxy",),
    ROLLBACK: ("proxy",),
}
"""The code that evidence is of, where it is not that of the backends."""


def _newest_first(lists: Iterable[list[KeptLoadTest]]) -> list[KeptLoadTest]:
    tests = {kept.id: kept for each in lists for kept in each}
    return sorted(tests.values(), key=lambda kept: kept.at, reverse=True)
