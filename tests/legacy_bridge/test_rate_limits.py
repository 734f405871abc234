"""How often a client may ask."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from legacy_bridge.rate_limits import RateLimit, RateLimiter, RateLimits
from tests.legacy_bridge.support import Legacy, running, signed

LIMITS = RateLimits(general=RateLimit(4), failed_auth=RateLimit(2, window_s=60))
WRONG = {"email": "nobody@example.test", "password": "x"}


class Clock:
    """A clock that a test sets."""

    now_s = 1000.0

    def __call__(self) -> float:
        """The time now."""
        return self.now_s


@pytest.fixture
async def legacy(seeded_database: str, contract: Path) -> AsyncIterator[Legacy]:
    """The legacy backend with narrow limits."""
    async with running(seeded_database, contract, rate_limits=LIMITS) as legacy:
        yield legacy


async def test_too_many_requests_are_refused_in_plain_text(legacy: Legacy) -> None:
    answers = [await legacy.client.get("/v1/teams") for _ in range(5)]

    assert [answer.status for answer in answers] == [401, 401, 401, 401, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["3", "2", "1", "0", "0"]
    assert answers[0].headers["RateLimit-Policy"] == "4;w=900"
    assert await answers[4].text() == "Too many requests, please try again later."
    assert answers[4].headers["Content-Type"] == "text/html; charset=utf-8"
    assert answers[4].headers["Retry-After"] == answers[4].headers["RateLimit-Reset"]
    assert answers[4].headers["X-Query-Count"] == "0"


async def test_a_spoofed_address_escapes_the_limit(legacy: Legacy) -> None:
    statuses = [
        (await legacy.client.get("/v1/nothing", headers={"X-Forwarded-For": f"10.0.0.{n}, 10.1.1.1"})).status
        for n in range(8)
    ]

    assert statuses == [404] * 8


async def test_failed_sign_ins_have_a_limit_of_their_own(legacy: Legacy) -> None:
    statuses = [(await legacy.client.post("/v1/auth/login", json=WRONG)).status for _ in range(3)]

    assert statuses == [401, 401, 429]


async def test_successful_requests_do_not_count_as_failed_ones(legacy: Legacy) -> None:
    answers = [await legacy.client.post("/v1/auth/logout", json={}) for _ in range(4)]

    assert [answer.status for answer in answers] == [200] * 4
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}


async def test_copies_are_never_counted(legacy: Legacy) -> None:
    for _ in range(6):
        copied = await legacy.client.get("/v1/teams", headers=signed("/v1/teams"))
        assert (copied.status, copied.headers["RateLimit-Remaining"]) == (401, "4")

    assert (await legacy.client.get("/v1/teams")).headers["RateLimit-Remaining"] == "3"


async def test_what_is_not_under_v1_has_no_limit(legacy: Legacy) -> None:
    for path in ("/health", "/v1x", "/"):
        assert "RateLimit-Limit" not in (await legacy.client.get(path)).headers


async def test_a_body_that_cannot_be_read_is_refused_before_it_is_counted(legacy: Legacy) -> None:
    headers = {"Content-Type": "application/json"}

    answer = await legacy.client.post("/v1/escrows", data=b"{", headers=headers)

    assert answer.status == 400
    assert "RateLimit-Limit" not in answer.headers


def test_a_window_ends() -> None:
    clock = Clock()
    limiter = RateLimiter(LIMITS, clock)
    for _ in range(3):
        refused = limiter.admit("client", "/v1/auth/login", is_copy=False)
    clock.now_s += 60.5

    admitted = limiter.admit("client", "/v1/auth/login", is_copy=False)

    assert not refused.admitted
    assert dict(refused.headers)["Retry-After"] == "60"
    assert (admitted.admitted, dict(admitted.headers)["RateLimit-Remaining"]) == (True, "1")


def test_a_success_after_the_window_takes_nothing_from_the_next() -> None:
    clock = Clock()
    limiter = RateLimiter(LIMITS, clock)
    limiter.admit("client", "/v1/auth/login", is_copy=False)
    clock.now_s += 61

    limiter.succeeded("client", "/v1/auth/login", is_copy=False)

    admitted = limiter.admit("client", "/v1/auth/login", is_copy=False)
    assert dict(admitted.headers)["RateLimit-Remaining"] == "1"


def test_the_clients_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("legacy_bridge.rate_limits._MAX_CLIENTS", 3)
    limiter = RateLimiter(LIMITS)

    for number in range(10):
        limiter.admit(str(number), "/v1/escrows", is_copy=False)

    assert list(limiter._general._hits) == ["7", "8", "9"]
