"""The list of the room's endpoints."""

from domains.users.routes import ROUTES


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
