"""Who asks: by an access token in `Authorization`, or by the session of a browser that signed in with one.

A browser sends its cookie with whatever page makes it ask; so a change by session must bring along the session's CSRF
token, and must not come from a page of another origin. A token in a header is sent by nobody unasked.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from proxy.console.attempts import Attempts
from proxy.console.errors import ForbiddenError, TooManyError, UnauthenticatedError
from proxy.console.sessions import Session, Sessions
from proxy.console.threads import StoreThreads
from proxy.console.tokens import Role, Token, Tokens

CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_SAFE = frozenset({"GET", "HEAD"})
_BEARER = {"WWW-Authenticate": 'Bearer realm="crossfade"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by the token that proved it; `session` only for a browser."""

    token: Token
    address: str
    session: Session | None = None

    @property
    def name(self) -> str:
        """Whom the ledger names."""
        return self.token.name

    def require(self, role: Role) -> None:
        """Raises ForbiddenError unless the caller's role may do what that one does."""
        if not self.token.role.may(role):
            raise ForbiddenError(f"{self.name} is {self.token.role}; this is for {role}")


class Callers:
    """Finds out who asks; used on the loop, and asks the store in threads."""

    def __init__(
        self, tokens: Tokens, sessions: Sessions, attempts: Attempts, threads: StoreThreads, *, secure: bool
    ) -> None:
        self._tokens = tokens
        self._sessions = sessions
        self._attempts = attempts
        self._threads = threads
        self._secure = secure

    @property
    def cookie(self) -> str:
        """Its name; with TLS one that no page of another host can set."""
        return "__Host-crossfade" if self._secure else "crossfade"

    async def of(self, request: web.Request) -> Caller:
        """Raises UnauthenticatedError, TooManyError."""
        address = address_of(request)
        given = request.headers.getall("Authorization", [])
        if given:
            token = await self._by_header(given, address)
            return Caller(token, address)
        session_id = request.cookies.get(self.cookie, "")
        session = await self._threads.run(self._sessions.find, session_id) if session_id else None
        if session is None:
            raise UnauthenticatedError(
                "expected an access token as `Authorization: Bearer cf_…`, or a browser that is signed in",
                headers=_BEARER,
            )
        return Caller(session.token, address, session)

    async def _by_header(self, given: list[str], address: str) -> Token:
        scheme, _, text = given[0].partition(" ")
        if len(given) != 1 or scheme.lower() != "bearer":
            raise UnauthenticatedError("expected one `Authorization: Bearer cf_…`", headers=_BEARER)
        return await self.prove(text.strip(), address)

    async def prove(self, text: str, address: str) -> Token:
        """The token; raises UnauthenticatedError, or TooManyError before anything is compared."""
        if wait_s := self._attempts.wait_s(address):
            raise TooManyError(
                f"too many wrong access tokens; ask again in {wait_s:.0f} s",
                headers={"Retry-After": str(int(wait_s) + 1)},
            )
        token = await self._threads.run(self._tokens.find, text)
        if token is None:
            self._attempts.failed(address)
            raise UnauthenticatedError(
                "this access token is not known, has expired or was revoked", headers=_BEARER
            )
        return token

    async def sign_in(self, request: web.Request, text: str) -> Session:
        """A session with a new id; one that the browser brought along is ended, and never taken over."""
        require_same_origin(request)
        token = await self.prove(text, address_of(request))
        if before := request.cookies.get(self.cookie, ""):
            await self._threads.run(self._sessions.end, before)
        return await self._threads.run(self._sessions.begin, token)

    async def sign_out(self, session: Session) -> None:
        """End the session."""
        await self._threads.run(self._sessions.end, session.id)

    def hand_out(self, response: web.StreamResponse, session: Session) -> None:
        """The session's id as a cookie that no script sees and no other site has sent."""
        response.set_cookie(
            self.cookie, session.id, path="/", httponly=True, samesite="Strict", secure=self._secure
        )

    def take_back(self, response: web.StreamResponse) -> None:
        """Make the browser forget it."""
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Strict", secure=self._secure)


def address_of(request: web.Request) -> str:
    """Of whoever connected; no header is believed."""
    return request.remote or "unknown"


def require_same_origin(request: web.Request) -> None:
    """Raises ForbiddenError for a request that a page of another origin made the browser send."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if origin is not None:
        is_ours = urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower()
    else:
        is_ours = site in (None, "same-origin")
    if not is_ours:
        raise ForbiddenError(
            "this was sent by a page of another site; nothing was changed", code="cross_site"
        )


def require_csrf(request: web.Request, session: Session, given: str) -> None:
    """Raises ForbiddenError unless a change by session brings the session's token along, from a page of ours."""
    if request.method in _SAFE:
        return
    require_same_origin(request)
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise ForbiddenError(
            f"the page is of another session, or {CSRF_HEADER} is missing; load it again", code="csrf"
        )
