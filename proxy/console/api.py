"""What the API does: each method answers one route of `routes.py`, and asks the store in threads."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from parity.acceptance_words import held_json
from parity.accepting import Wish, group_of
from parity.chosen import wishes_of_cause
from parity.database import complete_tables, storing
from parity.errors import AcceptanceError
from parity.holdings import read_holdings
from parity.outcome import Acceptance
from parity.report import GroupRow, Report
from parity.tables import METADATA
from proxy.accepting import accept_groups, withdraw_acceptances
from proxy.console import answers, bodies
from proxy.console.callers import Caller
from proxy.console.changing import Changing
from proxy.console.early import EarlyAnswers
from proxy.console.errors import NotFoundError
from proxy.console.load_tests import LoadComparisons, LoadTestList, LoadTestReader, LoadTestShown
from proxy.console.looks import Looks
from proxy.console.piloting import Pilot, Piloting, Pilots
from proxy.console.routes import Asked
from proxy.console.seams import Sources
from proxy.console.settings import ConsoleSettings
from proxy.console.threads import StoreThreads
from proxy.console.tokens import Role
from proxy.console.views import Views, moment, without_samples


class Api:
    """Used by the routes of the API and by the forms of the pages, so that both do the same."""

    def __init__(
        self, sources: Sources, settings: ConsoleSettings, views: Views, threads: StoreThreads, looks: Looks
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._threads = threads
        self._looks = looks
        self._changing = Changing(sources)
        self._early = EarlyAnswers(threads)
        self.views = views
        self.piloting = Piloting(sources)
        self._load_tests = LoadTestReader(sources)
        self.max_acceptance_days = settings.max_acceptance_days

    async def status(self, _asked: Asked) -> answers.Status:
        """Every domain."""
        return await self._threads.run(self.views.status)

    async def flags(self, _asked: Asked) -> answers.Flags:
        """The flag table."""
        return await self._threads.run(self.views.flags)

    async def changes(self, asked: Asked) -> answers.Changes:
        """The ledger."""
        query: bodies.ChangesQuery = asked.query
        if query.domain is not None:
            self.views.require_domain(query.domain)
        return await self._threads.run(self.views.changes, query.limit, query.domain, before=query.before)

    async def workers(self, _asked: Asked) -> answers.Workers:
        """The proxy workers."""
        return await self._threads.run(self.views.workers)

    async def domain(self, asked: Asked) -> answers.DomainPage:
        """One domain."""
        return await self._threads.run(self.views.domain, asked.path["domain"])

    async def timeline(self, asked: Asked) -> answers.Timeline:
        """Its timeline."""
        query: bodies.TimelineQuery = asked.query
        return await self._threads.run(self.views.timeline, asked.path["domain"], query.since_s)

    async def report(self, asked: Asked) -> answers.Report:
        """The parity report."""
        query: bodies.ReportQuery = asked.query

        def read() -> answers.Report:
            return answers.Report(without_samples(self.views.report(query.domain, query.since_s).to_json()))

        return await self._threads.run(read)

    async def group(self, asked: Asked) -> answers.Group:
        """One group; the look is noted before anything is answered."""
        report, row = await self.group_shown(asked.caller, asked.path["group"])
        groups: list[dict[str, Any]] = report.to_json()["groups"]
        return answers.Group(next(group for group in groups if group["id"] == row.id))

    async def group_shown(self, caller: Caller, group_id: str) -> tuple[Report, GroupRow]:
        """The group within the report of its domain; the look is noted first. Raises NotFoundError."""
        return await self._threads.run(self._group_shown, group_id, caller)

    async def verdict(self, asked: Asked) -> answers.Verdict:
        """The verdict on a domain."""
        found = await self._threads.run(self.views.verdict, asked.path["domain"])
        return answers.Verdict(found.to_json())

    async def acceptances(self, _asked: Asked) -> answers.Acceptances:
        """What is accepted."""
        return await self._threads.run(self._acceptances)

    async def looks(self, asked: Asked) -> answers.Looks:
        """Who looked at samples."""
        query: bodies.LooksQuery = asked.query
        found = await self._threads.run(self._looks.latest, query.limit)
        return answers.Looks(
            [
                answers.Look(moment(one.at), one.name, one.token_id, one.address, one.group_id, one.endpoint)
                for one in found
            ]
        )

    async def advance(self, asked: Asked) -> answers.Changed:
        """One stage forward."""
        body: bodies.Advance = asked.body
        self.views.require_domain(asked.path["domain"])
        if body.force:
            asked.caller.require(Role.ADMIN)
        return await self._threads.run(
            self._changing.advance,
            asked.path["domain"],
            actor=asked.caller.name,
            reason=body.reason,
            share=body.share,
            force=body.force,
            expected_version=body.expected_version,
        )

    async def share(self, asked: Asked) -> answers.Changed:
        """Another canary share."""
        body: bodies.ShareChange = asked.body
        self.views.require_domain(asked.path["domain"])
        if body.force:
            asked.caller.require(Role.ADMIN)
        return await self._threads.run(
            self._changing.set_share,
            asked.path["domain"],
            body.share,
            actor=asked.caller.name,
            reason=body.reason,
            force=body.force,
            expected_version=body.expected_version,
        )

    async def roll_back(self, asked: Asked) -> answers.Changed:
        """One domain back."""
        self.views.require_domain(asked.path["domain"])
        return await self._roll_back(asked, asked.path["domain"])

    async def roll_back_all(self, asked: Asked) -> answers.Changed:
        """Everything back."""
        return await self._roll_back(asked, None)

    async def pilots(self, _asked: Asked) -> Pilots:
        """The latest pilot of every domain."""
        return await self._threads.run(self.piloting.all)

    async def pilot(self, asked: Asked) -> Pilot:
        """The latest pilot of a domain."""
        self.views.require_domain(asked.path["domain"])
        return await self._threads.run(self.piloting.get, asked.path["domain"])

    async def load_tests(self, asked: Asked) -> LoadTestList:
        """The latest load tests."""
        query: bodies.LoadTestsQuery = asked.query
        if query.domain is not None:
            self.views.require_domain(query.domain)
        return await self._threads.run(self._load_tests.latest, query.limit, query.domain)

    async def load_test(self, asked: Asked) -> LoadTestShown:
        """One load test."""
        return await self._threads.run(self._load_tests.get, asked.path["run"])

    async def load_test_comparisons(self, asked: Asked) -> LoadComparisons:
        """One load test beside the baselines."""
        return await self._threads.run(self._load_tests.comparisons, asked.path["run"])

    async def start_pilot(self, asked: Asked) -> Pilot:
        """Start a pilot."""
        self.views.require_domain(asked.path["domain"])
        return await self._threads.run(self.piloting.start, asked.path["domain"], asked.body, asked.caller)

    async def pause_pilot(self, asked: Asked) -> Pilot:
        """Pause a pilot."""
        body: bodies.PilotTurn = asked.body
        self.views.require_domain(asked.path["domain"])
        return await self._threads.run(
            self.piloting.pause, asked.path["domain"], body.reason, asked.caller.name
        )

    async def resume_pilot(self, asked: Asked) -> Pilot:
        """Resume a pilot."""
        self.views.require_domain(asked.path["domain"])
        return await self._threads.run(self.piloting.resume, asked.path["domain"], asked.caller.name)

    async def stop_pilot(self, asked: Asked) -> Pilot:
        """Stop a pilot."""
        body: bodies.PilotTurn = asked.body
        self.views.require_domain(asked.path["domain"])
        return await self._threads.run(
            self.piloting.stop, asked.path["domain"], body.reason, asked.caller.name
        )

    async def accept(self, asked: Asked) -> answers.Accepted:
        """Accept a group, or all groups of a cause."""
        body: bodies.AcceptanceWish = asked.body
        given = body.model_dump(exclude={"group", "cause"})
        wish = Wish(group=body.group or "", **given)

        def accept() -> answers.Accepted:
            wishes = [wish]
            if body.cause is not None:
                wishes, _ = wishes_of_cause(self.views.report(), body.cause, wish)
            version, acceptances = accept_groups(
                self._sources.engine,
                self._sources.flags,
                wishes,
                declared=self._sources.declared(),
                max_days=self._settings.max_acceptance_days,
                actor=asked.caller.name,
            )
            return _accepted(version, acceptances)

        return await self._threads.run(accept)

    async def withdraw(self, asked: Asked) -> answers.Accepted:
        """Withdraw an acceptance."""
        body: bodies.Withdrawal = asked.body

        def withdraw() -> answers.Accepted:
            version, acceptances = withdraw_acceptances(
                self._sources.engine,
                self._sources.flags,
                [asked.path["acceptance"]],
                actor=asked.caller.name,
                reason=body.reason,
            )
            return _accepted(version, acceptances)

        return await self._threads.run(withdraw)

    async def _roll_back(self, asked: Asked, domain: str | None) -> answers.Changed:
        body: bodies.Rollback = asked.body
        return await self._early.answer(
            lambda done: self._changing.roll_back(
                domain, to=body.to, actor=asked.caller.name, reason=body.reason, done=done
            )
        )

    def _group_shown(self, group_id: str, caller: Caller) -> tuple[Report, GroupRow]:
        complete_tables(self._sources.engine, METADATA)
        with storing("read the groups"), self._sources.engine.connect() as connection:
            try:
                row = group_of(connection, group_id)
            except AcceptanceError as error:
                raise NotFoundError(str(error)) from None
        self._looks.note(
            name=caller.name,
            token_id=caller.token.id,
            address=caller.address,
            group_id=row["id"],
            endpoint=row["endpoint"],
        )
        report = self.views.report(row["domain"])
        found = next((group for group in report.groups if group.id == row["id"]), None)
        if found is None:
            raise NotFoundError(f"group {group_id} has no exchanges any more: the store has forgotten them")
        return report, found

    def _acceptances(self) -> answers.Acceptances:
        today = datetime.now(UTC).date()
        complete_tables(self._sources.engine, METADATA)
        with storing("read the acceptances"), self._sources.engine.connect() as connection:
            holdings = read_holdings(connection, self._sources.declared(), today)
        return answers.Acceptances([_held(held_json(held, today)) for held in holdings.held])


def _accepted(version: int, acceptances: Sequence[Acceptance]) -> answers.Accepted:
    return answers.Accepted(
        version,
        [
            answers.AcceptedPlace(one.id, one.label, one.endpoint, one.path, one.expires.isoformat())
            for one in acceptances
        ],
    )


def _held(values: dict[str, Any]) -> answers.Acceptance:
    times = ("accepted_at", "withdrawn_at", "last_used_at")
    told = {name: moment(values[name]) if values[name] else "" for name in times}
    names = ("id", "label", "endpoint", "path", "reason", "owner", "expires", "quirk", "ticket", "source")
    return answers.Acceptance(
        **{name: values[name] for name in names},
        **told,
        kind=values["kind"] or "any",
        shapes=[tuple(pair) for pair in values["shapes"]],
        accepted_by=values["accepted_by"],
        holds=values["holds"],
        expired=values["expired"],
        exchanges=values["exchanges"],
    )
