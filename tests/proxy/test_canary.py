"""Sticky keys and buckets: evenly spread, steady, and growing without anybody changing sides."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.canary import StickyKeys, bucket, subject, token
from proxy.settings import StickyKind, StickySettings

ADDRESS = "192.0.2.1"


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer e30.{payload}.sig"


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        (
            [("authorization", jwt({"sub": "u1", "id": 7})), ("X-API-Key", "k"), ("Cookie", "session=c")],
            "jwt:u1",
        ),
        ([("Authorization", jwt({"id": 7}))], "jwt:7"),
        (
            [("Authorization", jwt({"role": "agent"})), ("x-api-key", "k"), ("Cookie", "session=c")],
            "header:k",
        ),
        ([("Cookie", "a=b; session=c=d; x=y")], "cookie:c=d"),
        ([("Cookie", "xsession=c")], f"address:{ADDRESS}"),
        ([("Authorization", "Basic dTpw")], f"address:{ADDRESS}"),
        ([], f"address:{ADDRESS}"),
    ],
)
def test_the_first_kind_that_is_there_counts(headers: list[tuple[str, str]], key: str) -> None:
    assert StickyKeys(StickySettings()).key(headers, ADDRESS) == key


def test_the_order_is_configured() -> None:
    settings = StickySettings(order=(StickyKind.COOKIE, StickyKind.JWT), cookie="sid")
    headers = [("Authorization", jwt({"sub": "u1"})), ("Cookie", "sid=c")]

    assert StickyKeys(settings).key(headers, ADDRESS) == "cookie:c"
    assert StickyKeys(settings).key([], ADDRESS) == f"address:{ADDRESS}"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer a.b",
        "Bearer a.!!!.c",
        "Bearer a.bm90IGpzb24.c",
        jwt([1, 2]),
        jwt({"sub": ["list"]}),
        jwt({"sub": ""}),
        "Bearer " + "a." * 9_000,
        "Bearer a." + base64.urlsafe_b64encode(b"[" * 3_000).decode() + ".c",
    ],
)
def test_a_token_without_a_subject_has_none(authorization: str) -> None:
    assert subject(authorization) is None


@given(st.text())
def test_no_header_breaks_the_search_for_a_subject(authorization: str) -> None:
    StickyKeys(StickySettings()).key([("Authorization", f"Bearer {authorization}")], ADDRESS)


def test_buckets_are_spread_evenly() -> None:
    n = 20_000
    places = [bucket(f"jwt:{client}", "escrows") for client in range(n)]

    for share in (0.01, 0.05, 0.25, 0.5, 0.9):
        within = sum(place < share for place in places) / n
        assert abs(within - share) < 4 * (share * (1 - share) / n) ** 0.5


def test_a_client_that_is_on_modern_stays_there_when_the_share_grows() -> None:
    clients = [f"jwt:{client}" for client in range(2_000)]
    within: set[str] = set()

    for share in (0.0, 0.01, 0.1, 0.5, 1.0):
        now = {client for client in clients if bucket(client, "escrows") < share}
        assert within <= now
        within = now
    assert within == set(clients)


def test_a_bucket_is_the_same_in_every_process() -> None:
    assert bucket("jwt:42", "escrows") == pytest.approx(0.2694764, abs=1e-6)


def test_domains_do_not_choose_the_same_clients_first() -> None:
    clients = [f"jwt:{client}" for client in range(4_000)]
    first = {client for client in clients if bucket(client, "escrows") < 0.1}
    second = {client for client in clients if bucket(client, "a domain with a long name") < 0.1}

    assert len(first & second) < 0.2 * len(first)


def test_a_token_tells_clients_apart_and_nothing_else() -> None:
    key = b"k" * 32

    assert token("jwt:42", key) == token("jwt:42", key)
    assert len({token("jwt:42", key), token("jwt:43", key), token("jwt:42", b"other")}) == 3
    assert len(token("jwt:42", key)) == 24
