"""Who asks."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from proxy.console.callers import Caller, require_csrf, require_same_origin
from proxy.console.errors import ForbiddenError
from proxy.console.sessions import Session
from proxy.console.tokens import Role, Token

TOKEN = Token("12345678", "olivia", Role.OPERATOR, 0.0, "root", 1.0)


def request(method: str = "POST", **headers: str) -> web.Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request(method, "/", headers={"Host": "localhost:8400"} | named)


def test_a_caller_may_what_the_role_may_and_is_told_what_it_is_for() -> None:
    caller = Caller(TOKEN, "127.0.0.1")

    caller.require(Role.VIEWER)
    with pytest.raises(ForbiddenError, match="olivia is operator; this is for admin"):
        caller.require(Role.ADMIN)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:8400"},
        {"Origin": "https://LOCALHOST:8400"},
        {"Sec_Fetch_Site": "same-origin"},
        {},
    ],
)
def test_pages_of_ours_and_programs_may_ask(headers: dict[str, str]) -> None:
    require_same_origin(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://localhost:8400.evil.test"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_pages_of_others_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(ForbiddenError, match="by a page of another site"):
        require_same_origin(request(**headers))


def test_a_change_wants_the_token_of_its_own_session() -> None:
    session, other = Session("a" * 43, TOKEN, 0.0), Session("b" * 43, TOKEN, 0.0)

    require_csrf(request(), session, session.csrf)
    require_csrf(request("GET"), session, "")
    for given in ("", other.csrf, session.id, "ä"):
        with pytest.raises(ForbiddenError, match="the page is of another session"):
            require_csrf(request(), session, given)
