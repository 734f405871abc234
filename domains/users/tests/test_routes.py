"""The list of the room's endpoints."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domains.shared.generations import Callers
from domains.shared.routes import Route
from domains.users.routes import ROUTES
from loadtests.recording import Recorded, depends_on, endpoint_of, load_recording, sendable
from tests.domains.support import Modern

_CALLERS = "SELECT id, email, role, is_active FROM users"
_KEYS = "SELECT id, user_id, team_id, is_active, expires_at FROM api_keys"


def names(**facts: object) -> set[str]:
    return {
        f"{route.method} {route.path}"
        for route in ROUTES
        if all(getattr(route, name) == value for name, value in facts.items())
    }


def test_an_api_key_opens_the_own_profile_alone() -> None:
    assert names(by_key=True) == {"GET /v1/profiles/me", "PUT /v1/profiles/me"}


def test_no_copy_is_made_of_what_hands_out_a_secret() -> None:
    assert names(mirrorable=False) == {
        "POST /v1/auth/login",
        "POST /v1/auth/google",
        "POST /v1/auth/register",
        "POST /v1/auth/refresh",
        "POST /v1/auth/logout",
        "POST /v1/auth/logout-all",
        "POST /v1/api-keys",
    }


def placed(routes: Iterable[Route], exchange: Recorded) -> Route | None:
    """The endpoint of a recorded exchange."""
    templates = {(route.method, route.path): route for route in routes}
    found = endpoint_of(exchange, templates)
    return None if found is None else templates[found]


async def test_no_write_changes_more_of_the_callers_than_its_route_says(
    modern: Modern, contract: Path
) -> None:
    answers: dict[str, Any] = {}
    succeeded: set[str] = set()
    for exchange in load_recording(contract, "users"):
        route = placed(ROUTES, exchange)
        if route is None or depends_on(exchange) - answers.keys():
            continue
        users, keys = modern.rows(_CALLERS), modern.rows(_KEYS)
        sent = sendable(exchange, modern.credentials, answers)
        body = None if sent.body is None else json.loads(sent.body)
        reply = await modern.send(None, sent.method, sent.target, body, headers=sent.headers)
        answers[exchange.name] = reply.body

        assert set(users) <= set(modern.rows(_CALLERS)), exchange.id
        assert route.callers is Callers.BY_KEY or set(keys) <= set(modern.rows(_KEYS)), exchange.id
        if reply.status < 300:
            succeeded.add(route.path)

    writes = {route.path for route in ROUTES if route.method != "GET"}
    # nobody vouches for whom Google names, and the recorded clean-ups are refused
    assert writes - succeeded <= {"/v1/auth/google", "/v1/auth/cleanup-tokens"}
