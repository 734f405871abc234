"""What the API does for an operator's commands: the same `Operations` that a command beside the store has."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from parity.acceptance_words import acceptance_json
from parity.accepting import Wish
from parity.verdict import Verdict
from proxy.console import operator_answers as answers
from proxy.console import operator_bodies as bodies
from proxy.console.answers import Acknowledgement, Flag, Judged
from proxy.console.callers import Caller
from proxy.console.early import EarlyAnswers
from proxy.console.looks import Looks
from proxy.console.route import Asked
from proxy.console.seams import Sources
from proxy.console.threads import StoreThreads
from proxy.console.tokens import Role
from proxy.console.views import Views, change_row
from proxy.errors import ConflictError
from proxy.flag_changes import FlagChanges
from proxy.flag_rows import Judged as FlagJudged
from proxy.flags import Flag as FlagValue
from proxy.operations import Operations, Piloted, Turn
from proxy.pilot_runs import RunState
from proxy.served import Served
from proxy.steps import Step

_JUDGING = 2
"""Reports and verdicts that are made at a time: they read much, and a rollback must find a thread."""
_LEADS_TO: Mapping[Turn, RunState] = {
    Turn.PAUSE: RunState.PAUSED,
    Turn.RESUME: RunState.RUNNING,
    Turn.STOP: RunState.STOPPED,
}


class OperatorApi:
    """Each method answers one route of `operator_routes.py`, and asks the store in threads."""

    def __init__(self, sources: Sources, views: Views, threads: StoreThreads, looks: Looks) -> None:
        self._sources = sources
        self._views = views
        self._threads = threads
        self._looks = looks
        self._early = EarlyAnswers(threads)
        self._judging = asyncio.Semaphore(_JUDGING)
        self._reading = sources.operations("")

    async def endpoints(self, _asked: Asked) -> answers.Endpoints:
        """Every endpoint."""
        return answers.Endpoints(list(self._reading.endpoints()))

    async def store_used(self, _asked: Asked) -> answers.StoreUsed:
        """How large the store is."""

        def read() -> answers.StoreUsed:
            use = self._reading.store_use()
            return answers.StoreUsed(use.taken, list(use.removed), self._reading.alarming_keys())

        return await self._threads.run(read)

    async def guards(self, _asked: Asked) -> answers.Guards:
        """The guards that are not idle."""
        return answers.Guards(await self._threads.run(self._reading.guards))

    async def tallies(self, asked: Asked) -> answers.Tallies:
        """What was counted."""
        query: bodies.TalliesQuery = asked.query
        return answers.Tallies(await self._threads.run(self._reading.tallies, query.minute))

    async def report_values(self, asked: Asked) -> answers.Values:
        """The report; each group whose samples are shown is a look, noted before anything is answered."""
        query: bodies.ReportsQuery = asked.query
        if query.domain is not None:
            self._views.require_domain(query.domain)

        def read() -> answers.Values:
            found = self._reading.report(query.domain, query.since_s, whole=query.whole)
            self._note(asked.caller, [(one.id, one.endpoint) for one in found.report.groups if one.samples])
            return answers.Values([msgspec.to_builtins(found.report)], found.without_rules)

        async with self._judging:
            return await self._threads.run(read)

    async def verdict_values(self, asked: Asked) -> answers.Values:
        """The verdicts."""
        query: bodies.VerdictsQuery = asked.query
        for name in query.names:
            self._views.require_domain(name)

        def read() -> answers.Values:
            found = self._reading.verdicts(query.names, since_s=query.since_s)
            return answers.Values([told_verdict(one) for one in found])

        async with self._judging:
            return await self._threads.run(read)

    async def held_values(self, _asked: Asked) -> answers.Values:
        """What is accepted."""
        held = await self._threads.run(self._reading.held)
        return answers.Values([msgspec.to_builtins(one) for one in held])

    async def accept_all(self, asked: Asked) -> answers.AcceptedAll:
        """Several groups are accepted."""
        body: bodies.Wishes = asked.body
        common = body.model_dump(exclude={"groups", "dry_run", "since_version"})
        wishes = [Wish(group=group, **common) for group in body.groups]

        def accept() -> answers.AcceptedAll:
            done = self._as(asked.caller).accept(
                wishes, dry_run=body.dry_run, since_version=body.since_version
            )
            return answers.AcceptedAll(done.version, [acceptance_json(one) for one in done.acceptances])

        return await self._threads.run(accept)

    async def withdraw_all(self, asked: Asked) -> answers.AcceptedAll:
        """Several acceptances are withdrawn."""
        body: bodies.Withdrawals = asked.body

        def withdraw() -> answers.AcceptedAll:
            done = self._as(asked.caller).unaccept(body.ids, body.reason, since_version=body.since_version)
            return answers.AcceptedAll(done.version, [acceptance_json(one) for one in done.acceptances])

        return await self._threads.run(withdraw)

    async def advance_flag(self, asked: Asked) -> answers.FlagChanged:
        """One step forward."""
        body: bodies.FlagAdvance = asked.body
        return await self._forward(
            asked,
            lambda changes: changes.advance(
                body.key,
                share=body.share,
                reason=body.reason,
                force=body.force,
                expected_version=body.expected_version,
                since_version=body.since_version,
            ),
        )

    async def set_stage(self, asked: Asked) -> answers.FlagChanged:
        """Exactly this stage."""
        body: bodies.FlagStage = asked.body
        return await self._forward(
            asked,
            lambda changes: changes.set_stage(
                body.key,
                body.stage,
                share=body.share,
                sample_rate=body.sample_rate,
                reason=body.reason,
                force=body.force,
                expected_version=body.expected_version,
                since_version=body.since_version,
            ),
        )

    async def apply_flags(self, asked: Asked) -> answers.FlagChanged:
        """Several rows at once."""
        body: bodies.FlagApply = asked.body
        return await self._forward(
            asked,
            lambda changes: changes.apply(
                _rows(body.rows),
                reason=body.reason,
                force=body.force,
                expected_version=body.expected_version,
                since_version=body.since_version,
            ),
        )

    async def plan_flags(self, asked: Asked) -> answers.Plan:
        """What would change."""
        body: bodies.FlagPlan = asked.body

        def plan() -> answers.Plan:
            table, steps = self._changes(asked.caller).plan(_rows(body.rows))
            return answers.Plan(table.version, [_step(step) for step in steps])

        return await self._threads.run(plan)

    async def roll_back_flag(self, asked: Asked) -> answers.FlagChanged:
        """Back at once."""
        body: bodies.FlagRollback = asked.body
        served: Served = await self._early.answer(
            lambda done: self._changes(asked.caller).roll_back(
                body.key, to=body.to, reason=body.reason, told=done, since_version=body.since_version
            )
        )
        return _changed(served)

    async def pilot_runs(self, _asked: Asked) -> answers.PilotedRuns:
        """The runs of pilots."""
        return answers.PilotedRuns([_pilot(one) for one in await self._threads.run(self._reading.pilots)])

    async def turn_run(self, asked: Asked) -> answers.PilotedRun:
        """A run is paused, resumed or stopped; one that became so since it was seen is told as it is."""
        body: bodies.RunTurn = asked.body
        domain = asked.path["domain"]
        self._views.require_domain(domain)

        def turn() -> answers.PilotedRun:
            operations = self._as(asked.caller)
            found = operations.pilot(domain)
            if found.run.revision == body.revision:
                return _pilot(operations.turn_pilot(found, body.turn, body.reason))
            if found.run.revision != body.revision + 1 or found.run.state is not _LEADS_TO[body.turn]:
                raise ConflictError(
                    f"somebody else changed the pilot of {domain} at the same moment; look again"
                )
            return _pilot(found)

        return await self._threads.run(turn)

    def _as(self, caller: Caller) -> Operations:
        return self._sources.operations(caller.name)

    def _changes(self, caller: Caller) -> FlagChanges:
        return FlagChanges(self._sources.flags, self._sources.control, caller.name)

    async def _forward(self, asked: Asked, act: Callable[[FlagChanges], Served]) -> answers.FlagChanged:
        if asked.body.force:
            asked.caller.require(Role.ADMIN)
        return _changed(await self._threads.run(act, self._changes(asked.caller)))

    def _note(self, caller: Caller, groups: Sequence[tuple[str, str]]) -> None:
        self._looks.note_all(groups, name=caller.name, token_id=caller.token.id, address=caller.address)


def _changed(served: Served) -> answers.FlagChanged:
    last = served.last_by_modern
    return answers.FlagChanged(
        served.version,
        None if served.change is None else change_row(served.change),
        round(served.ms, 1),
        [Acknowledgement(one.worker, one.ms) for one in served.workers],
        list(served.missing),
        None if last is None else answers.LastByModern(last.worker, last.answer.endpoint, last.answer.at),
    )


def _rows(rows: Mapping[str, bodies.FlagRow]) -> dict[str, FlagValue]:
    return {key: FlagValue(row.stage, row.canary_share, row.sample_rate) for key, row in rows.items()}


def _step(step: Step) -> answers.Step:
    return answers.Step(
        step.key,
        _flag(step.key, step.before),
        _flag(step.key, step.after),
        None if step.verdict is None else _judged(step.verdict),
        list(step.refused),
        step.forbidden,
    )


def _flag(key: str, flag: FlagValue) -> Flag:
    return Flag(key, flag.stage.value, flag.canary_share, flag.sample_rate)


def _judged(verdict: FlagJudged) -> Judged:
    return Judged(verdict.word, list(verdict.lines), dict(verdict.figures))


def _pilot(piloted: Piloted) -> answers.PilotedRun:
    return answers.PilotedRun(piloted.run, piloted.walked_by)


def told_verdict(verdict: Verdict) -> dict[str, Any]:
    """With the self-test beside it, of which it says no more than what it has."""
    test = verdict.self_test
    names = ("tried", "caught", "missed", "at", "blame")
    return {
        "verdict": msgspec.to_builtins(replace(verdict, self_test=None)),
        "self_test": None if test is None else {name: getattr(test, name) for name in names},
    }
