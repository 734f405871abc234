"""The domain's table of handlers."""

from legacy_bridge.auth import Auth
from legacy_bridge.endpoints import DOMAINS
from legacy_bridge.users import EXCEPTIONS, HANDLERS, ROUTERS

OPEN = {
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/google"),
    ("POST", "/v1/auth/register"),
    ("GET", "/v1/auth/check-username/{username}"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/cleanup-tokens"),
    ("GET", "/v1/profiles/public/{username}"),
}


def test_only_the_endpoints_that_the_recording_shows_open_are_open() -> None:
    users = next(domain for domain in DOMAINS if domain.name == "users")

    assert {endpoint for endpoint in HANDLERS if users.auth_of(endpoint) is Auth.NONE} == OPEN


def test_every_exception_is_an_endpoint_of_a_router_of_the_domain() -> None:
    assert EXCEPTIONS.keys() <= HANDLERS.keys()
    assert all(any(path.startswith(prefix) for prefix in ROUTERS) for _, path in HANDLERS)
