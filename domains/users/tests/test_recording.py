"""The recorded exchanges of users, replayed against modern: only declared deviations, each needed."""

from datetime import date
from typing import Any

import pytest

from parity.compare import compare
from parity.outcome import Outcome
from tests.domains.recording import Question, RecordedRoom
from tests.parity.factories import exchange

ALPHA = "aaaaaaaa-0000-4000-8000-000000000001"
BETA = "aaaaaaaa-0000-4000-8000-000000000002"
NOBODY = "deadbeef-0000-4000-8000-000000000000"


def user_id(number: int) -> str:
    """The seeded users in the order admin_ada, owner_otto, agent_ann, agent_ben, broker_bea, off_olga."""
    return f"c0ffee00-0000-4000-8000-{number:012}"


READS = [
    ("agent_ann", "/v1/auth/verify"),
    ("off_olga", "/v1/auth/verify"),
    ("apikey:agent_ann", "/v1/auth/profile"),
    ("agent_ann", "/v1/auth/verify-role"),
    ("agent_ann", "/v1/auth/verify-role?requiredRole=broker"),
    (None, "/v1/auth/check-username/AGENT_ANN"),
    (None, "/v1/auth/check-username/ab"),
    (None, "/v1/auth/check-username/nobody-yet"),
    (None, "/v1/auth/check-username/abcd"),
    (None, f"/v1/auth/check-username/{'x' * 21}"),
    (None, "/v1/auth/bogus"),
    (None, "/v1/profiles/bogus"),
    (None, "/v1/settings/bogus"),
    ("agent_ann", "/v1/settings/bogus"),
    (None, "/v1/teams"),
    ("agent_ann", "/v1/teams"),
    ("owner_otto", "/v1/teams"),
    ("admin_ada", "/v1/teams?brokerId="),
    ("admin_ada", "/v1/teams?brokerId=nope"),
    ("admin_ada", f"/v1/teams/{NOBODY}"),
    ("agent_ann", f"/v1/teams/{NOBODY}"),
    ("agent_ann", "/v1/teams/nope"),
    ("owner_otto", f"/v1/teams/{ALPHA}/members"),
    ("admin_ada", f"/v1/teams/{BETA}/users"),
    ("admin_ada", f"/v1/teams/{NOBODY}/members"),
    ("admin_ada", "/v1/teams/nope/members"),
    ("agent_ann", "/v1/teams/nope/members"),
    ("broker_bea", "/v1/teams/nope/members"),
    ("agent_ann", "/v1/profiles/me"),
    ("apikey:agent_ann", "/v1/profiles/me"),
    (None, "/v1/profiles/me"),
    (None, "/v1/profiles/public/nobody"),
    (None, "/v1/profiles/public/off_olga"),
    (None, "/v1/profiles/public/Agent_Ben"),
    (None, "/v1/profiles/public/%00"),
    ("admin_ada", "/v1/teams/nope/users"),
    ("broker_bea", "/v1/teams/nope/users"),
    ("agent_ben", "/v1/settings"),
    ("off_olga", "/v1/settings"),
    ("broker_bea", "/v1/settings/theme"),
    ("agent_ann", "/v1/api-keys"),
    ("apikey:agent_ann", "/v1/api-keys"),
    ("admin_ada", "/v1/admin/users"),
    ("agent_ann", "/v1/admin/users"),
    (None, "/v1/admin/users"),
]
LATEST: list[tuple[str | None, str, str, Any]] = [
    (None, "POST", "/v1/auth/login", {"email": "x\u0000", "password": "x"}),
    (None, "POST", "/v1/auth/google", {"idToken": "synthetic"}),
    (None, "POST", "/v1/auth/refresh", {"refreshToken": 5}),
    (None, "POST", "/v1/auth/logout", {"refreshToken": {"a": 1}}),
    (None, "POST", "/v1/auth/refresh", {"refreshToken": "x\u0000"}),
    (None, "POST", "/v1/auth/logout", {"refreshToken": "x\u0000"}),
    ("agent_ann", "POST", "/v1/auth/cleanup-tokens", None),
    (
        *(None, "POST", "/v1/auth/register"),
        {"email": "e" * 256, "password": "x", "firstName": "x", "lastName": "x", "username": "long"},
    ),
    ("agent_ann", "PUT", "/v1/auth/profile", {"homeLat": "34.5", "homeLng": -118.25, "homeState": None}),
    ("agent_ann", "PUT", "/v1/auth/profile", {"homeState": "California"}),
    ("agent_ann", "PUT", "/v1/auth/profile", {"searchRadiusMiles": "far"}),
    ("agent_ann", "PUT", "/v1/auth/profile", {"role": "system_admin", "email": "x"}),
    ("agent_ann", "PUT", "/v1/profiles/me", {}),
    ("agent_ann", "PUT", "/v1/profiles/me", {"profile": {"password_hash": "x", "bio": None}, "settings": 5}),
    (
        *("agent_ben", "PUT", "/v1/profiles/me"),
        {"profile": {"specialties": ["a", "b"], "show_email": False}, "settings": {"theme": "dark"}},
    ),
    ("agent_ann", "PUT", "/v1/profiles/me", {"profile": {"years_experience": "many"}}),
    ("off_olga", "PUT", "/v1/settings", {"theme": "dark"}),
    ("agent_ben", "PUT", "/v1/settings", {"theme": None, "calendarSync": True, "bogus": 5}),
    ("agent_ben", "PUT", "/v1/settings", {"theme": "x" * 21}),
    ("agent_ben", "PUT", "/v1/settings", {"emailNotifications": {"daily": False}}),
    *(
        ("agent_ben", "PUT", target, body)
        for value in (["a"], [])
        for target, body in (
            ("/v1/settings", {"dashboardLayout": value}),
            ("/v1/profiles/me", {"settings": {"dashboard_layout": value}}),
        )
    ),
    ("agent_ann", "POST", "/v1/api-keys", {"name": "x", "expiresInDays": "soon"}),
    ("agent_ann", "POST", "/v1/api-keys", {"name": ""}),
    ("agent_ann", "PUT", "/v1/api-keys/nope/revoke", None),
    ("agent_ann", "PUT", f"/v1/api-keys/{NOBODY}/revoke", None),
    ("agent_ann", "DELETE", "/v1/api-keys/nope", None),
    (
        *("admin_ada", "PUT", f"/v1/teams/{ALPHA}/members/{user_id(3)}/permissions"),
        {"permissions": {"can_delete": "maybe"}},
    ),
    ("admin_ada", "PUT", f"/v1/teams/{ALPHA}/members/nope/permissions", {"permissions": {}}),
    ("admin_ada", "PUT", f"/v1/teams/nope/members/{user_id(3)}/permissions", {"permissions": {}}),
    ("owner_otto", "PUT", f"/v1/teams/{ALPHA}/members/{user_id(3)}/permissions", {"permissions": {}}),
    ("owner_otto", "PUT", f"/v1/teams/{ALPHA}/members/{user_id(2)}/permissions", {"permissions": {}}),
    ("broker_bea", "PUT", f"/v1/teams/{BETA}/members/{user_id(4)}/permissions", {"permissions": {}}),
    ("broker_bea", "PUT", f"/v1/teams/nope/members/{user_id(4)}/permissions", {"permissions": {}}),
    ("agent_ann", "PUT", "/v1/auth/profile", {"firstName": "", "homeCity": None}),
    ("agent_ben", "PUT", "/v1/settings", {}),
    ("agent_ann", "POST", "/v1/auth/login", {"email": "nobody", "password": "x"}),
]


class TestUsers(RecordedRoom):
    """Users against the recording."""

    domain = "users"
    questions = (
        *(Question(user, f"GET {user} {target}", "GET", target) for user, target in READS),
        *(
            Question(user, f"{method} {user} {target} {body}", method, target, body)
            for user, method, target, body in LATEST
        ),
    )


@pytest.mark.parametrize(
    ("seconds_later", "outcome"), [("01.250", Outcome.MATCH), ("59.000", Outcome.MISMATCH)]
)
def test_a_key_that_was_used_between_the_two_answers_is_no_difference_and_a_wrong_moment_is_one(
    seconds_later: str, outcome: Outcome
) -> None:
    found = exchange(
        {"data": [{"last_used_at": "2026-11-29T02:54:00.203Z"}]},
        {"data": [{"last_used_at": f"2026-11-29T02:54:{seconds_later}Z"}]},
        endpoint="GET /v1/api-keys",
        domain="users",
    )

    assert compare(found, TestUsers().book, today=date(2026, 11, 29)).outcome is outcome


@pytest.mark.parametrize(("is_recording", "outcome"), [(True, Outcome.MATCH), (False, Outcome.MISMATCH)])
def test_sessions_are_made_anew_by_each_side_where_both_are_signed_in_to(
    *, is_recording: bool, outcome: Outcome
) -> None:
    sessions = [
        {"id": "d2a99443-a8d0-477c-8c78-96ff2c67696e", "expiresAt": "2026-12-06T03:13:01.768Z"},
        {"id": "65aa4cc5-cdcb-4b7f-9f4e-f155dc4131cb", "expiresAt": "2026-12-06T03:13:01.763Z"},
    ]
    found = exchange(
        *({"data": {"sessions": [one]}} for one in sessions), endpoint="GET /v1/auth/sessions", domain="users"
    )
    book = TestUsers().book

    compared = compare(found, book.for_recording() if is_recording else book, today=date(2026, 11, 29))

    assert compared.outcome is outcome
