"""What the buttons of the pages do: the same as the API, and then a page that says what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from pydantic import BaseModel

from proxy.console import answers, bodies
from proxy.console.api import Api
from proxy.console.callers import CSRF_FIELD, Callers, require_csrf
from proxy.console.errors import BadRequestError, FieldFault, RequestError, UnauthenticatedError
from proxy.console.notices import Notice, Notices
from proxy.console.page_words import accepted_words, done_words, pilot_words
from proxy.console.pages import Page, Pages, html
from proxy.console.piloting import Pilot
from proxy.console.protection import FORM, body_of
from proxy.console.refusing import refusal_of
from proxy.console.rendering import Rendering
from proxy.console.routes import Asked
from proxy.console.tokens import Role

_MAX_FIELDS = 30
_PILOT = "/domains/{domain}#pilot"
_PAGES_FROM = {"overview": "/", "pilot": "/pilot"}
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Form:
    """One button: what it asks of the API, and the page that it stands on."""

    path: str
    act: Callable[[Asked], Awaitable[Any]]
    body: type[BaseModel]
    page: Page
    back: str


class Forms:
    """Takes what is sent, as urlencoded fields with the session's CSRF token; signs in and out."""

    def __init__(
        self,
        api: Api,
        callers: Callers,
        pages: Pages,
        rendering: Rendering,
        notices: Notices,
        *,
        body_s: float,
    ) -> None:
        self._callers = callers
        self._rendering = rendering
        self._notices = notices
        self._body_s = body_s
        self._forms = (
            Form("/domains/{domain}/advance", api.advance, bodies.Advance, pages.domain, "/domains/{domain}"),
            Form("/domains/{domain}/share", api.share, bodies.ShareChange, pages.domain, "/domains/{domain}"),
            Form(
                "/domains/{domain}/rollback",
                api.roll_back,
                bodies.Rollback,
                pages.domain,
                "/domains/{domain}",
            ),
            Form("/domains/{domain}/pilot", api.start_pilot, bodies.PilotStart, pages.domain, _PILOT),
            Form("/domains/{domain}/pilot/pause", api.pause_pilot, bodies.PilotTurn, pages.domain, _PILOT),
            Form("/domains/{domain}/pilot/resume", api.resume_pilot, bodies.Nothing, pages.domain, _PILOT),
            Form("/domains/{domain}/pilot/stop", api.stop_pilot, bodies.PilotTurn, pages.domain, _PILOT),
            Form("/rollback", api.roll_back_all, bodies.Rollback, pages.overview, "/"),
            Form(
                "/parity/groups/{group}/accept",
                api.accept,
                bodies.AcceptanceWish,
                pages.group,
                "/parity/groups/{group}",
            ),
            Form(
                "/acceptances/{acceptance}/withdraw",
                api.withdraw,
                bodies.Withdrawal,
                pages.acceptances,
                "/acceptances",
            ),
        )

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Every form; who asks for its address by GET is sent to its page."""
        for form in self._forms:
            router.add_post(form.path, self._taken(form))
            router.add_get(form.path, _sent_back(form))
        router.add_get("/sign-in", self.ask_to_sign_in)
        router.add_post("/sign-in", self.sign_in)
        router.add_post("/sign-out", self.sign_out)

    def _taken(self, form: Form) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def take(request: web.Request) -> web.StreamResponse:
            caller = await self._callers.of(request)
            caller.require(Role.OPERATOR)
            fields = await self._fields(request)
            if caller.session is None:
                raise BadRequestError("a program changes through /api/v1, not through the pages")
            require_csrf(request, caller.session, fields.get(CSRF_FIELD, ""))
            try:
                given = bodies.checked(form.body, _values(form.body, fields, request.match_info))
                done = await form.act(Asked(caller, request.match_info, None, given))
            except Exception as error:  # noqa: BLE001  every error is said on the page that the form stands on
                return await form.page(caller, request, refusal_of(error), fields)
            self._notices.keep(caller.session, _notice(done))
            back = _PAGES_FROM.get(fields.get("from", ""), form.back).format(**request.match_info)
            return web.Response(status=303, headers={"Location": back})

        return take

    async def ask_to_sign_in(self, request: web.Request) -> web.StreamResponse:
        """The page that asks for an access token."""
        return self._sign_in_page(request.query.get("next", "/"))

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Begin a session; with what is wrong the page again."""
        fields = await self._fields(request)
        wanted = fields.get("next", "/")
        try:
            session = await self._callers.sign_in(request, fields.get("token", "").strip())
        except RequestError as error:
            return self._sign_in_page(wanted, error)
        response = web.Response(status=303, headers={"Location": local(wanted)})
        self._callers.hand_out(response, session)
        return response

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """End the session."""
        caller = await self._callers.of(request)
        fields = await self._fields(request)
        if caller.session is not None:
            require_csrf(request, caller.session, fields.get(CSRF_FIELD, ""))
            await self._callers.sign_out(caller.session)
        response = web.Response(status=303, headers={"Location": "/sign-in"})
        self._callers.take_back(response)
        return response

    async def refuse(self, request: web.Request, refusal: RequestError) -> web.StreamResponse:
        """A page that says what is wrong; who has only to sign in is asked to."""
        if isinstance(refusal, UnauthenticatedError):
            if request.method in _SAFE:
                query = urlencode({"next": request.path_qs})
                return web.Response(status=303, headers={"Location": f"/sign-in?{query}"})
            return self._sign_in_page("/", refusal)
        values = {"refusal": refusal, "notice": None, "caller": None}
        return html(self._rendering.page("refusal.html.j2", values), refusal.status, refusal.headers)

    def _sign_in_page(self, wanted: str, refusal: RequestError | None = None) -> web.Response:
        values = {"wanted": local(wanted), "refusal": refusal, "notice": None, "caller": None}
        text = self._rendering.page("sign_in.html.j2", values)
        return html(text, refusal.status if refusal else 200, refusal.headers if refusal else None)

    async def _fields(self, request: web.Request) -> dict[str, str]:
        raw = await body_of(request, FORM, self._body_s)
        try:
            pairs = parse_qsl(
                raw.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
            )
        except ValueError:  # bytes that are no UTF-8 among them
            raise BadRequestError("the form cannot be read") from None
        return dict(pairs)


def local(address: str) -> str:
    """The address within the console; anything else is its first page."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours and not address.startswith(("/sign-in", "/api/")) else "/"


def _sent_back(form: Form) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def send(request: web.Request) -> web.StreamResponse:
        return web.Response(status=303, headers={"Location": form.back.format(**request.match_info)})

    return send


def _values(model: type[BaseModel], fields: Mapping[str, str], path: Mapping[str, str]) -> dict[str, Any]:
    """Fields as what the API takes: empty ones are not there, a share is typed in per cent."""
    values: dict[str, Any] = {
        name: text for name, text in fields.items() if name in model.model_fields and text
    }
    for name in ("force", "by_shape"):
        if name in values:
            values[name] = values[name] == "yes"
    if "expected_version" in values:
        values["expected_version"] = int(text) if (text := values["expected_version"]).isdecimal() else text
    if "percent" in fields and fields["percent"].strip():
        values["share"] = _share(fields["percent"])
    if "group" in model.model_fields and "cause" not in values:
        values["group"] = path["group"]
    return values


def _share(percent: str) -> float:
    try:
        return round(float(percent.replace(",", ".").removesuffix("%")) / 100, 6)
    except ValueError:
        fault = FieldFault("share", f"{percent[:20]!r}: expected per cent from 0 to 100")
        raise bodies.invalid([fault]) from None


def _notice(done: Any) -> Notice:
    if isinstance(done, answers.Changed):
        return Notice(done_words(done), is_alarm=not done.acknowledged)
    if isinstance(done, Pilot):
        return Notice(pilot_words(done))
    return Notice(f"{accepted_words(done)} It is in the ledger as {done.version}.")
