"""How often a client may ask, and who a client is (Q-17)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domains.shared.rate_limits import RateLimit, RateLimiter, RateLimits, client_of
from tests.domains.support import Modern, serving, signed

LIMITS = RateLimits(general=RateLimit(4), failed_auth=RateLimit(2, window_s=60))
WRONG = {"email": "nobody@example.test", "password": "x"}
PATH = "/v1/escrows"


@pytest.fixture
async def narrow(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """The modern backend with narrow limits."""
    async with serving(seeded_database, contract, rate_limits=LIMITS) as running:
        yield running


async def test_too_many_requests_are_refused_in_the_envelope(narrow: Modern) -> None:
    replies = [await narrow.send(None, "GET", PATH) for _ in range(5)]

    assert [reply.status for reply in replies] == [401, 401, 401, 401, 429]
    assert [reply.headers["RateLimit-Remaining"] for reply in replies] == ["3", "2", "1", "0", "0"]
    assert replies[4].refusal == (429, "RATE_LIMIT_EXCEEDED")
    assert replies[4].headers["Retry-After"] == replies[4].headers["RateLimit-Reset"]
    assert replies[4].query_count == 0


async def test_a_spoofed_address_does_not_escape_the_limit(narrow: Modern) -> None:
    statuses = [
        (await narrow.send(None, "GET", PATH, headers={"X-Forwarded-For": f"10.0.0.{n}"})).status
        for n in range(6)
    ]

    assert statuses == [401] * 4 + [429] * 2


async def test_copies_are_never_counted_and_never_refused(narrow: Modern) -> None:
    copies = [await narrow.send("admin_ada", "GET", PATH, headers=signed(PATH)) for _ in range(6)]
    own = await narrow.send("admin_ada", "GET", PATH)

    assert [reply.status for reply in copies] == [200] * 6
    assert own.headers["RateLimit-Remaining"] == "3"


async def test_a_path_outside_of_the_api_has_no_limit(narrow: Modern) -> None:
    replies = [await narrow.send(None, "GET", "/nothing") for _ in range(6)]

    assert {reply.refusal for reply in replies} == {(404, "NOT_FOUND")}
    assert "RateLimit-Limit" not in replies[0].headers


def test_failed_sign_ins_have_a_limit_of_their_own_and_a_success_takes_its_own_back() -> None:
    now = [1000.0]
    limiter = RateLimiter(RateLimits(RateLimit(100), RateLimit(2, window_s=60)), lambda: now[0])

    def ask(*, succeeds: bool) -> bool:
        admitted = limiter.admit("1.2.3.4", "/v1/auth/login", is_copy=False).admitted
        if admitted and succeeds:
            limiter.succeeded("1.2.3.4", "/v1/auth/login", is_copy=False)
        return admitted

    asked = [ask(succeeds=succeeds) for succeeds in (True, False, True, False, True)]
    now[0] += 61

    assert asked == [True, True, True, True, False]
    assert ask(succeeds=False)
    assert limiter.admit("5.6.7.8", "/v1/auth/login", is_copy=False).admitted


@pytest.mark.parametrize(
    ("forwarded", "hops", "client"),
    [
        ([], 0, "10.0.0.1"),
        (["9.9.9.9"], 0, "10.0.0.1"),
        (["9.9.9.9, 8.8.8.8"], 1, "8.8.8.8"),
        (["9.9.9.9", "8.8.8.8"], 2, "9.9.9.9"),
        (["8.8.8.8"], 5, "8.8.8.8"),
        ([], 1, "10.0.0.1"),
    ],
)
def test_only_trusted_hops_say_who_the_client_is(forwarded: list[str], hops: int, client: str) -> None:
    assert client_of("10.0.0.1", forwarded, hops) == client
