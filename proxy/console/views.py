"""What the console shows, read from the store: the values of the API's answers, and of the pages made of them.

Every method may wait for the store and raises what it raises; they are called in threads.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from parity.errors import RulesError
from parity.holdings import Declared
from parity.report import Report, build_report
from parity.verdict import Verdict
from proxy.console import answers
from proxy.console.errors import NotFoundError
from proxy.console.figures import DomainFigures, FigureReader
from proxy.console.seams import Sources
from proxy.console.verdicts import Verdicts
from proxy.flag_rows import Change, RowChange
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable
from proxy.pilot_runs import PilotRun, PilotRuns
from proxy.stages import Stage

WINDOW_S = 3_600.0
PATIENCE_S = 1.0
"""How long the overview waits for verdicts, and a third of what the page of a domain does: a rollback must not wait."""
CHANGES_SHOWN = 20
_LEDGER = 1_000


class Views:
    """Reads what is asked for. `clock` tells Unix seconds."""

    def __init__(
        self, sources: Sources, *, clock: Callable[[], float] = time.time, patience_s: float = PATIENCE_S
    ) -> None:
        self.sources = sources
        self._clock = clock
        self._patience_s = patience_s
        self._figures = FigureReader(sources.engine, sources.endpoints)
        self._verdicts = Verdicts(sources.judge)
        self._runs = PilotRuns(sources.engine, sources.flags)

    def status(self) -> answers.Status:
        """Every domain, over the last hour."""
        table = self.sources.flags.table()
        workers = self.sources.flags.workers()
        now = self._clock()
        figures = self._figures.by_domain(now - WINDOW_S)
        verdicts = self._known_verdicts(table.version)
        runs = {run.domain: run for run in self._runs.all()}
        return answers.Status(
            table.version,
            moment(now),
            WINDOW_S,
            [
                self._domain(name, table, figures, verdict, runs.get(name))
                for name, verdict in verdicts.items()
            ],
            len(workers),
            sum(worker.version < table.version for worker in workers),
        )

    def _known_verdicts(self, version: int) -> dict[str, Verdict | None]:
        until = time.monotonic() + self._patience_s
        return {
            name: self._verdicts.known(name, version, max(0.0, until - time.monotonic()))
            for name in self.sources.domains
        }

    def flags(self) -> answers.Flags:
        """The flag table."""
        table = self.sources.flags.table()
        own = sorted(key for key in table.rows if key not in self.sources.domains)
        rows = [_flag(key, table.rows.get(key, DEFAULT_FLAG)) for key in [*self.sources.domains, *own]]
        return answers.Flags(table.version, rows)

    def changes(self, limit: int, domain: str | None = None, *, before: int | None = None) -> answers.Changes:
        """The latest entries of the ledger, or those before a version; of one domain those that changed its flags."""
        flags = self.sources.flags
        if domain is None:
            return answers.Changes([change_row(one) for one in flags.history(limit, before=before)])
        keys = self._keys(domain)
        found = [one for one in flags.history(_LEDGER, before=before) if concerns(one, keys)]
        return answers.Changes([change_row(one) for one in found[:limit]])

    def workers(self) -> answers.Workers:
        """The proxy workers that run."""
        version, now = self.sources.flags.version(), self._clock()
        rows = [
            answers.Worker(
                one.id,
                one.name,
                one.host,
                one.pid,
                one.port,
                one.admin_port,
                one.started_at.isoformat(timespec="seconds"),
                one.version,
                round(max(0.0, now - one.seen_at.timestamp()), 1),
                one.version < version,
            )
            for one in self.sources.flags.workers()
        ]
        return answers.Workers(version, rows)

    def domain(self, name: str) -> answers.DomainPage:
        """Everything of one domain but its differences; raises NotFoundError."""
        self.require_domain(name)
        table = self.sources.flags.table()
        now = self._clock()
        figures = self._figures.by_domain(now - WINDOW_S)
        verdict = self._verdicts.known(name, table.version, 3 * self._patience_s)
        runs = self._runs.all()
        own = sorted(self._keys(name) & set(table.rows) - {name})
        return answers.DomainPage(
            table.version,
            moment(now),
            WINDOW_S,
            self._domain(name, table, figures, verdict, next((r for r in runs if r.domain == name), None)),
            [_flag(key, table.rows[key]) for key in own],
            [
                answers.Guard(one.name, one.state, one.text, one.is_alarming)
                for one in self.sources.guards(name)
            ],
            _conditions(verdict),
            _cells(verdict),
            self.changes(CHANGES_SHOWN, name).changes,
        )

    def timeline(self, name: str, since_s: float) -> answers.Timeline:
        """What was counted of a domain, with its changes; raises NotFoundError."""
        self.require_domain(name)
        now = self._clock()
        line = self._figures.timeline(name, now - since_s, now)
        marks = [
            answers.Mark(one.version, one.changed_at.timestamp(), summary(one))
            for one in reversed(self.sources.flags.history(_LEDGER))
            if concerns(one, self._keys(name)) and one.changed_at.timestamp() >= line.begins[0]
        ]
        return answers.Timeline(
            line.step_s,
            list(line.begins),
            list(line.compared),
            list(line.mismatches),
            list(line.latency),
            marks,
        )

    def verdict(self, name: str) -> Verdict:
        """The verdict on a domain, not older than the flag version, nor than `verdicts.py` lets it be; raises NotFoundError."""
        self.require_domain(name)
        return self._verdicts.of(name, self.sources.flags.version())

    def close(self) -> None:
        """Judge nothing more."""
        self._verdicts.close()

    def report(self, domain: str | None = None, since_s: float | None = None) -> Report:
        """The parity report; raises NotFoundError for a domain that there is none of."""
        if domain is not None:
            self.require_domain(domain)
        try:
            declared = self.sources.declared()
        except RulesError:  # what was counted can be read without them
            declared = Declared()
        return build_report(
            self.sources.engine,
            domain=domain,
            since_s=since_s,
            endpoints=self.sources.endpoints,
            declared=declared,
            now=self._clock(),
        )

    def require_domain(self, name: str) -> None:
        """Raises NotFoundError that names the domains."""
        if name not in self.sources.domains:
            known = ", ".join(self.sources.domains)
            raise NotFoundError(f"there is no domain {name[:60]!r}; there are {known}")

    def _keys(self, domain: str) -> set[str]:
        return {domain, *(one.name for one in self.sources.endpoints if one.domain == domain)}

    @staticmethod
    def _domain(
        name: str,
        table: FlagTable,
        figures: Mapping[str, DomainFigures],
        verdict: Verdict | None,
        run: PilotRun | None,
    ) -> answers.Domain:
        flag = table.rows.get(name, DEFAULT_FLAG)
        found = figures.get(name, DomainFigures())
        tally = found.tally
        standings = [one.standing.value for one in verdict.domain.conditions] if verdict else []
        return answers.Domain(
            domain=name,
            stage=flag.stage.value,
            next_stage=flag.stage.next.value if flag.stage.next else "",
            canary_share=flag.canary_share,
            sample_rate=flag.sample_rate,
            modern_share=modern_share(flag),
            requests=tally.requests,
            mirrored=tally.mirrored,
            compared=tally.compared,
            mismatches=tally.mismatches,
            not_compared=tally.not_compared,
            fallback=tally.fallback,
            failed=tally.failed,
            outcomes={outcome.value: n for outcome, n in tally.outcomes.items()},
            latency=answers.Ratio(**asdict(found.latency)) if found.latency else None,
            queries=answers.Ratio(**asdict(found.queries)) if found.queries else None,
            verdict=verdict.readiness.value if verdict else "",
            missing=standings.count("missing"),
            wrong=standings.count("wrong"),
            pilot="" if run is None else run.state.value,
            pilot_reason="" if run is None else run.reason,
        )


def modern_share(flag: Flag) -> float:
    """The share of clients whom modern serves at that flag."""
    match flag.stage:
        case Stage.OFF | Stage.SHADOW:
            return 0.0
        case Stage.CANARY:
            return flag.canary_share
        case Stage.LIVE | Stage.COMPLETE:
            return 1.0


def concerns(change: Change, keys: set[str]) -> bool:
    """Whether a change is of flags of these."""
    return any(row.key in keys for row in change.rows)


def change_row(change: Change) -> answers.Change:
    """An entry of the ledger as the API tells it."""
    return answers.Change(
        change.version,
        change.changed_at.isoformat(timespec="microseconds"),
        change.action,
        change.key,
        change.actor,
        change.reason,
        [changed_row(row) for row in change.rows],
        None
        if change.verdict is None
        else answers.Judged(change.verdict.word, list(change.verdict.lines), dict(change.verdict.figures)),
        change.forced,
        change.served_ms,
    )


def changed_row(row: RowChange) -> answers.RowChange:
    """A row before and after."""
    return answers.RowChange(
        row.key, None if row.before is None else _flag(row.key, row.before), _flag(row.key, row.after)
    )


def summary(change: Change) -> str:
    """A change of flags in one line, such as `escrows: canary 5% → live by olivia`."""
    rows = "; ".join(
        f"{row.key}: {flag_words(row.before)} → {flag_words(row.after)}" for row in change.rows[:3]
    )
    more = f" and {len(change.rows) - 3} more" if len(change.rows) > 3 else ""
    return f"{rows}{more} by {change.actor}"


def flag_words(flag: Flag | None) -> str:
    """The stage, at canary with its share."""
    flag = flag or DEFAULT_FLAG
    return f"{flag.stage} {flag.canary_share:.0%}" if flag.stage is Stage.CANARY else flag.stage.value


def moment(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _flag(key: str, flag: Flag) -> answers.Flag:
    return answers.Flag(key, flag.stage.value, flag.canary_share, flag.sample_rate)


def _conditions(verdict: Verdict | None) -> list[answers.Condition]:
    found = verdict.domain.conditions if verdict else ()
    return [answers.Condition(one.name, one.standing.value, one.text) for one in found]


def _cells(verdict: Verdict | None) -> list[answers.Cell]:
    if verdict is None:
        return []
    coverage = verdict.domain.grounds.coverage
    seen = [
        answers.Cell(cell.endpoint, cell.status_class, cell.query, n, required=False, met=True)
        for cell, n in coverage.cells
    ]
    required = [
        answers.Cell(
            one.endpoint,
            one.status_class,
            "any" if one.query is None else one.query,
            n,
            required=True,
            met=n >= coverage.least,
        )
        for one, n in coverage.required
    ]
    return [*required, *seen]


def without_samples(values: dict[str, Any]) -> dict[str, Any]:
    """A report as JSON values without what only those are shown whom the console notes."""
    return {**values, "groups": [{**group, "samples": []} for group in values["groups"]]}
