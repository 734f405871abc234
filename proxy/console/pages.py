"""The pages: each reads what the API reads, and its forms do what the API does. Nothing in them needs a script."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from parity.causes import Cause
from parity.group_rows import GroupRow
from parity.outcome import Kind
from parity.report import Report
from parity.report_cards import Fact, cause_cards, group_card
from parity.report_words import KINDS, headline, remarks, share_of, subject, sum_line
from proxy.console import answers, bodies
from proxy.console.api import Api
from proxy.console.callers import Caller, Callers
from proxy.console.errors import RequestError
from proxy.console.notices import Notice, Notices
from proxy.console.page_words import STAGE_MEANS, STAGES, matrix
from proxy.console.page_words import headline as status_headline
from proxy.console.piloting import policy_in_the_box
from proxy.console.rendering import Rendering
from proxy.console.routes import Asked
from proxy.console.seams import Sources
from proxy.console.threads import StoreThreads
from proxy.console.tokens import Role

SPANS = ("1h", "6h", "1d", "7d", "30d")
_SINCE = "1d"
_LEDGER = 100
_LOOKS = 200
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """Shows them to whoever is signed in; who is not is sent to the page that signs in."""

    def __init__(
        self,
        sources: Sources,
        api: Api,
        callers: Callers,
        threads: StoreThreads,
        rendering: Rendering,
        notices: Notices,
    ) -> None:
        self._sources = sources
        self._api = api
        self._callers = callers
        self._threads = threads
        self._rendering = rendering
        self._notices = notices

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Every page that is looked at."""
        for path, page in (
            ("/", self.overview),
            ("/domains/{domain}", self.domain),
            ("/pilot", self.pilot),
            ("/parity", self.parity),
            ("/parity/groups/{group}", self.group),
            ("/acceptances", self.acceptances),
            ("/loadtests", self.load_tests),
            ("/loadtests/{run}", self.load_test),
            ("/ledger", self.ledger),
            ("/workers", self.workers),
            ("/looks", self.looks),
            ("/settings", self.settings),
        ):
            router.add_get(path, self._shown(page))

    def _shown(self, page: "Page") -> Handler:
        async def show(request: web.Request) -> web.StreamResponse:
            caller = await self._callers.of(request)
            return await page(caller, request, None, {})

        return show

    async def overview(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """Every domain."""
        _ = request
        status = await self._api.status(_asked(caller))
        values = {"status": status, "headline": status_headline(status), "means": STAGE_MEANS}
        return await self._page("overview.html.j2", caller, values, refusal, given)

    async def domain(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """One domain."""
        name = request.match_info["domain"]
        query = bodies.checked(bodies.TimelineQuery, {"since": request.query.get("since", "6h")})
        found = await self._api.domain(_asked(caller, {"domain": name}))
        pilot = await self._threads.run(self._api.piloting.latest, name)
        latest = bodies.LoadTestsQuery(limit=1, domain=name)
        values = {
            "found": found,
            "domain": found.domain,
            "stages": STAGES,
            "means": STAGE_MEANS,
            "matrix": matrix(found.coverage),
            "since": query.since,
            "spans": SPANS,
            "earlier": list(STAGES[: STAGES.index(found.domain.stage)]),
            "ahead": list(STAGES[STAGES.index(found.domain.stage) + 1 :]),
            "pilot": pilot,
            "own_version": max(
                (one.version for one in [*found.changes, *(pilot.changes if pilot else ())]), default=0
            ),
            "policy_in_the_box": policy_in_the_box(),
            "load_tests": (await self._api.load_tests(_asked(caller, query=latest))).load_tests,
        }
        return await self._page("domain.html.j2", caller, values, refusal, given)

    async def pilot(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """The pilots of all domains."""
        _ = request
        found = await self._api.pilots(_asked(caller))
        piloted = {one.domain for one in found.pilots}
        values = {"found": found, "others": [one for one in self._sources.domains if one not in piloted]}
        return await self._page("pilot.html.j2", caller, values, refusal, given)

    async def parity(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """The difference groups, without samples."""
        asked = {"since": _SINCE, **request.query}
        chosen = {name: asked[name] for name in ("domain", "since") if asked.get(name)}
        query = bodies.checked(bodies.ReportQuery, chosen)
        report = await self._threads.run(self._api.views.report, query.domain, query.since_s)
        values = {
            "report": report,
            "headline": headline(report),
            "remarks": remarks(report),
            "subject": subject(report),
            "sum_line": sum_line(report),
            "kinds": KINDS,
            "share_of": share_of,
            "causes": cause_cards(report),
            "accepted_at": {
                cause.id: left[0].id for cause in report.causes if (left := _open(cause, report))
            },
            "domains": self._sources.domains,
            "query": query,
            "spans": SPANS,
        }
        return await self._page("parity.html.j2", caller, values, refusal, given)

    async def group(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """One group with its samples; the look is noted first."""
        report, row = await self._api.group_shown(caller, request.match_info["group"])
        card = await self._threads.run(lambda: _linked(group_card(row, report)))
        cause = next((one for one in report.causes if row.id in one.groups), None)
        open_groups = [] if cause is None else _open(cause, report)
        today = datetime.now(UTC).date()
        values = {
            "card": card,
            "kinds": [KINDS[kind] for kind in Kind if kind.value == row.kind],
            "is_open": not row.accepted_by and not row.accepts,
            "cause": cause if len(open_groups) > 1 else None,
            "open_groups": open_groups,
            "first_day": (today + timedelta(days=1)).isoformat(),
            "last_day": (today + timedelta(days=self._api.max_acceptance_days)).isoformat(),
        }
        return await self._page("group.html.j2", caller, values, refusal, given)

    async def acceptances(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """What is accepted."""
        _ = request
        found = await self._api.acceptances(_asked(caller))
        values = {"acceptances": found.acceptances}
        return await self._page("acceptances.html.j2", caller, values, refusal, given)

    async def load_tests(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """The latest load tests."""
        query = bodies.checked(bodies.LoadTestsQuery, _domain_of(request))
        found = await self._api.load_tests(_asked(caller, query=query))
        values = {
            "found": found.load_tests,
            "not_shown": found.not_shown,
            "domains": self._sources.domains,
            "chosen": query.domain,
        }
        return await self._page("load_tests.html.j2", caller, values, refusal, given)

    async def load_test(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """One load test, endpoint by endpoint."""
        asked = _asked(caller, request.match_info)
        found = await self._api.load_test(asked)
        beside = await self._api.load_test_comparisons(asked)
        values = {"found": found, "test": found.test, "beside": beside}
        return await self._page("load_test.html.j2", caller, values, refusal, given)

    async def ledger(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """Who changed what."""
        query = bodies.checked(bodies.ChangesQuery, {"limit": _LEDGER} | _domain_of(request))
        found: answers.Changes = await self._api.changes(_asked(caller, query=query))
        values = {"changes": found.changes, "domains": self._sources.domains, "chosen": query.domain}
        return await self._page("ledger.html.j2", caller, values, refusal, given)

    async def workers(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """The proxy workers."""
        _ = request
        values = {"found": await self._api.workers(_asked(caller))}
        return await self._page("workers.html.j2", caller, values, refusal, given)

    async def looks(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """Who looked at samples."""
        _ = request
        caller.require(Role.ADMIN)
        found = await self._api.looks(_asked(caller, query=bodies.LooksQuery(limit=_LOOKS)))
        return await self._page("looks.html.j2", caller, {"looks": found.looks}, refusal, given)

    async def settings(
        self, caller: Caller, request: web.Request, refusal: RequestError | None, given: Mapping[str, str]
    ) -> web.Response:
        """The effective configuration, masked."""
        _ = request
        caller.require(Role.ADMIN)
        sections: dict[str, list[tuple[str, str]]] = {}
        for key, value in self._sources.settings.items():
            section, dot, name = key.partition(".")
            sections.setdefault(section if dot else "", []).append((name or section, value))
        return await self._page("settings.html.j2", caller, {"sections": sections}, refusal, given)

    async def _page(
        self,
        template: str,
        caller: Caller,
        values: Mapping[str, Any],
        refusal: RequestError | None,
        given: Mapping[str, str],
    ) -> web.Response:
        notice = self._notices.take(caller.session) if caller.session else None
        if refusal is not None:
            notice = Notice(refusal.message, is_alarm=True)
        shown = {**values, "notice": notice, "given": given, "caller": caller}
        text = await self._threads.run(self._rendering.page, template, shown)
        return html(text, 200 if refusal is None else refusal.status)


Page = Callable[[Caller, web.Request, RequestError | None, Mapping[str, str]], Awaitable[web.Response]]
"""Shows a page to a caller; with a refusal above it, and with what was typed still in its forms."""


def html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A page as an answer."""
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)


def _open(cause: Cause, report: Report) -> list[GroupRow]:
    """The groups of a cause that nobody has accepted, the one to look at first in front."""
    groups = {group.id: group for group in report.groups}
    return [groups[group_id] for group_id in cause.groups if not groups[group_id].accepts]


def _linked(card: dict[str, Any]) -> dict[str, Any]:
    """The card of a group, whose links lead to pages here: in the report they are within one page."""

    def linked(fact: Fact) -> Fact:
        hrefs = {"#group-": "/parity/groups/", "#cause-": "/parity#cause-"}
        parts = [
            replace(
                part,
                href=next(
                    (
                        new + part.href.removeprefix(old)
                        for old, new in hrefs.items()
                        if part.href.startswith(old)
                    ),
                    part.href,
                ),
            )
            for part in fact.parts
        ]
        return replace(fact, parts=tuple(parts))

    facts = [linked(fact) for fact in card["facts"] if fact.name != "to accept it"]
    return {**card, "facts": facts}


def _asked(caller: Caller, path: Mapping[str, str] | None = None, query: Any = None) -> Asked:
    return Asked(caller, path or {}, query, None)


def _domain_of(request: web.Request) -> dict[str, str]:
    return {"domain": request.query["domain"]} if request.query.get("domain") else {}
