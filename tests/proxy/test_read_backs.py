"""Which read shows what a write wrote: for all writes of the reference API, and for whatever an answer says."""

from typing import Any

import pytest

from domains.routes import ROUTES
from parity.exchange import NO_READ_BACK, Endpoint
from proxy.read_backs import Found, ReadBacks, Unread, problem

REFERENCE = tuple(
    Endpoint(route.domain, route.method, route.path, route.mirrorable, route.read_back) for route in ROUTES
)
BY_PATH = {
    "POST /v1/appointments/batch-delete": "/v1/appointments",
    "PUT /v1/appointments/{id}": "/v1/appointments/{id}",
    "DELETE /v1/appointments/{id}": "/v1/appointments/{id}",
    "PUT /v1/appointments/{id}/archive": "/v1/appointments/{id}",
    "POST /v1/appointments/{id}/cancel": "/v1/appointments/{id}",
    "POST /v1/appointments/{id}/complete": "/v1/appointments/{id}",
    "POST /v1/clients/batch-delete": "/v1/clients",
    "PUT /v1/clients/{id}": "/v1/clients/{id}",
    "DELETE /v1/clients/{id}": "/v1/clients/{id}",
    "PUT /v1/clients/{id}/archive": "/v1/clients/{id}",
    "POST /v1/clients/{id}/notes": "/v1/clients/{id}",
    "PATCH /v1/clients/{id}/tags": "/v1/clients/{id}",
    "PUT /v1/contacts/{id}": "/v1/contacts/{id}",
    "DELETE /v1/contacts/{id}": "/v1/contacts/{id}",
    "PATCH /v1/contacts/{id}/archive": "/v1/contacts/{id}",
    "PATCH /v1/contacts/{id}/unarchive": "/v1/contacts/{id}",
    "POST /v1/contacts/{id}/roles": "/v1/contacts/{id}/roles",
    "PUT /v1/contacts/{id}/roles/primary": "/v1/contacts/{id}/roles",
    "DELETE /v1/contacts/{id}/roles/{roleId}": "/v1/contacts/{id}/roles",
    "POST /v1/escrows/batch-delete": "/v1/escrows",
    "PUT /v1/escrows/{id}": "/v1/escrows/{id}",
    "DELETE /v1/escrows/{id}": "/v1/escrows/{id}",
    "PUT /v1/escrows/{id}/archive": "/v1/escrows/{id}",
    "PUT /v1/escrows/{id}/restore": "/v1/escrows/{id}",
    "PUT /v1/escrows/{id}/details": "/v1/escrows/{id}/details",
    "PUT /v1/escrows/{id}/property-details": "/v1/escrows/{id}/property-details",
    "PUT /v1/escrows/{id}/people": "/v1/escrows/{id}/people",
    "PUT /v1/escrows/{id}/timeline": "/v1/escrows/{id}/timeline",
    "PUT /v1/escrows/{id}/financials": "/v1/escrows/{id}/financials",
    "PUT /v1/escrows/{id}/checklist-loan": "/v1/escrows/{id}/checklist-loan",
    "PUT /v1/escrows/{id}/checklist-house": "/v1/escrows/{id}/checklist-house",
    "PUT /v1/escrows/{id}/checklist-admin": "/v1/escrows/{id}/checklist-admin",
    "PATCH /v1/escrows/{id}/checklist": "/v1/escrows/{id}/checklists",
    "PUT /v1/escrows/{id}/documents": "/v1/escrows/{id}/documents",
    "POST /v1/escrows/{id}/notes": "/v1/escrows/{id}/notes",
    "POST /v1/leads/batch-delete": "/v1/leads",
    "PUT /v1/leads/{id}": "/v1/leads/{id}",
    "DELETE /v1/leads/{id}": "/v1/leads/{id}",
    "PUT /v1/leads/{id}/archive": "/v1/leads/{id}",
    "POST /v1/leads/{id}/activities": "/v1/leads/{id}",
    "POST /v1/leads/{id}/convert": "/v1/leads/{id}",
    "POST /v1/listings/batch-delete": "/v1/listings",
    "PUT /v1/listings/{id}": "/v1/listings/{id}",
    "DELETE /v1/listings/{id}": "/v1/listings/{id}",
    "PUT /v1/listings/{id}/archive": "/v1/listings/{id}",
    "POST /v1/listings/{id}/price-reduction": "/v1/listings/{id}",
    "POST /v1/listings/{id}/showings": "/v1/listings/{id}",
    "PUT /v1/auth/profile": "/v1/auth/profile",
    "PUT /v1/teams/{id}/members/{userId}/permissions": "/v1/teams/{id}/members",
    "PUT /v1/profiles/me": "/v1/profiles/me",
    "PUT /v1/settings": "/v1/settings",
    "PUT /v1/api-keys/{id}/revoke": "/v1/api-keys",
    "DELETE /v1/api-keys/{id}": "/v1/api-keys",
}
"""The writes of the reference API whose path says what to read, and that."""
BY_ANSWER = {
    f"POST /v1/{name}": f"/v1/{name}/{{id}}"
    for name in ("appointments", "clients", "contact-roles", "contacts", "escrows", "leads", "listings")
}
"""Those whose answer names what was made."""
UNREAD = {
    **dict.fromkeys(
        (
            "POST /v1/auth/login",
            "POST /v1/auth/google",
            "POST /v1/auth/register",
            "POST /v1/auth/refresh",
            "POST /v1/auth/logout",
            "POST /v1/auth/logout-all",
        ),
        "signs somebody on or off, which no copy may",
    ),
    "POST /v1/api-keys": "makes a secret",
    "POST /v1/auth/cleanup-tokens": "no read shows tokens that have run out",
}
"""Those that no read checks, and why."""

ORDERS = (
    Endpoint("orders", "GET", "/v1/orders"),
    Endpoint("orders", "POST", "/v1/orders"),
    Endpoint("orders", "GET", "/v1/orders/stats"),
    Endpoint("orders", "GET", "/v1/orders/{id}"),
    Endpoint("orders", "PUT", "/v1/orders/{orderId}"),
    Endpoint("orders", "GET", "/v1/orders/{id}/secret", mirrorable=False),
    Endpoint("orders", "PUT", "/v1/orders/{id}/secret"),
    Endpoint("orders", "POST", "/v1/carts/{id}/checkout", read_back="/v1/orders/{order}", read_back_id="$.o"),
    Endpoint("orders", "POST", "/v1/carts/{id}/copy", read_back="/v1/orders/{id}"),
    Endpoint("orders", "DELETE", "/v1/orders/{id}", read_back=NO_READ_BACK),
    Endpoint("jobs", "POST", "/v1/orders/{id}/jobs"),
)
ITEM = ORDERS[3]


def found(
    write: str, target: str, *, status: int = 201, location: str | None = None, answer: Any = None
) -> Found | Unread:
    return ReadBacks(ORDERS).find(write, target, status, location, lambda: answer)


def test_each_write_of_the_reference_api_is_checked_by_the_read_that_shows_it_or_has_a_reason() -> None:
    read_backs = ReadBacks(REFERENCE)

    by_path: dict[str, str] = {}
    by_answer: dict[str, str] = {}
    unread = set()
    for endpoint in REFERENCE:
        read_back = read_backs.of(endpoint.name)
        if endpoint.is_read:
            assert read_back is None
        elif read_back is None:
            unread.add(endpoint.name)
        else:
            side = by_answer if read_back.wants_answer else by_path
            side[endpoint.name] = read_back.read.path

    assert (by_path, by_answer, unread) == (BY_PATH, BY_ANSWER, set(UNREAD))


def test_nothing_that_the_reference_api_declares_is_wrong() -> None:
    assert [problem(endpoint, REFERENCE) for endpoint in REFERENCE] == [""] * len(REFERENCE)


@pytest.mark.parametrize(
    ("answer", "segment"),
    [
        ({"data": {"id": "a-1"}}, "a-1"),
        ({"id": 7}, "7"),
        ({"data": {"id": "a/../b?c=d#e f"}}, "a%2F..%2Fb%3Fc%3Dd%23e%20f"),
        ({"data": {"id": "\r\nX: y"}}, "%0D%0AX%3A%20y"),
        ({"data": {"id": "ö"}}, "%C3%B6"),
        ({"data": {"id": "\ud800"}}, "%3F"),
    ],
)
def test_what_was_made_is_read_by_the_id_in_the_answer_which_stays_one_segment(
    answer: Any, segment: str
) -> None:
    assert found("POST /v1/orders", "/v1/orders?draft=1", answer=answer) == Found(
        ITEM, f"/v1/orders/{segment}", is_of_path=False
    )


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {"data": None},
        {"data": {"id": None}},
        {"data": {"id": True}},
        {"data": {"id": 1.5}},
        {"data": {"id": {"id": 1}}},
        {"id": ""},
        {"id": "x" * 201},
        {"id": ".."},
        {"id": "stats"},
    ],
)
def test_an_answer_that_names_no_resource_of_that_read_is_followed_nowhere(answer: Any) -> None:
    assert found("POST /v1/orders", "/v1/orders", answer=answer) is Unread.NO_RESOURCE


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/v1/orders/9", "/v1/orders/9"),
        ("https://elsewhere.example/v1/orders/9?x=1#y", "/v1/orders/9?x=1"),
        ("orders/9", "/v1/orders/9"),
        ("/v1/orders/stats", "/v1/orders/stats"),
    ],
)
def test_a_location_is_followed_as_a_path_whosever_it_is(location: str, target: str) -> None:
    read_back = found("POST /v1/orders", "/v1/orders", location=location, answer={"id": 1})

    assert isinstance(read_back, Found)
    assert (read_back.target, read_back.is_of_path) == (target, False)


@pytest.mark.parametrize(
    "location",
    [
        "/elsewhere/9",
        "/v1/orders/1/secret",
        "/v1/orders/a b",
        "/v1/orders/é",
        "http://[",
        "",
        "/v1/orders/..",
        "/v1/orders/" + "x" * 3_000,
    ],
)
def test_a_location_at_no_read_of_the_list_is_not_followed(location: str) -> None:
    assert found("POST /v1/orders", "/v1/orders", location=location, answer={"id": 1}) == Found(
        ITEM, "/v1/orders/1", is_of_path=False
    )


def test_a_location_of_an_answer_that_made_nothing_is_not_followed() -> None:
    assert found("PUT /v1/orders/{orderId}", "/v1/orders/3", status=200, location="/v1/orders/9") == Found(
        ITEM, "/v1/orders/3", is_of_path=True
    )


def test_what_is_declared_wins_over_a_location() -> None:
    declared = found(
        "POST /v1/carts/{id}/checkout", "/v1/carts/5/checkout", location="/v1/orders/9", answer={"o": 8}
    )

    assert declared == Found(ITEM, "/v1/orders/8", is_of_path=False)


def test_a_parameter_of_the_same_name_is_that_of_the_write() -> None:
    assert found("POST /v1/carts/{id}/copy", "/v1/carts/5/copy") == Found(
        ITEM, "/v1/orders/5", is_of_path=True
    )


@pytest.mark.parametrize("write", ["DELETE /v1/orders/{id}", "POST /v1/orders/{id}/jobs", "POST /v1/moon"])
def test_without_a_read_of_its_own_domain_nothing_is_read(write: str) -> None:
    assert found(write, "/v1/orders/1") is Unread.NO_READ


def test_a_read_that_gets_no_copies_checks_nothing() -> None:
    assert found("PUT /v1/orders/{id}/secret", "/v1/orders/1/secret") == Found(
        ITEM, "/v1/orders/1", is_of_path=True
    )


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (Endpoint("orders", "GET", "/v1/orders/{id}", read_back="/v1/orders"), "expected nothing at a read"),
        (
            Endpoint("orders", "POST", "/v1/x", read_back="/v1/moon"),
            "expected 'none' or the path of a GET in endpoints that is mirrorable",
        ),
        (
            Endpoint("orders", "POST", "/v1/x", read_back="/v1/orders/{id}/secret"),
            "expected 'none' or the path of a GET in endpoints that is mirrorable",
        ),
        (
            Endpoint("orders", "POST", "/v1/x", read_back=NO_READ_BACK, read_back_id="$.id"),
            "expected no read_back_id where nothing is read back",
        ),
        (
            Endpoint("orders", "PUT", "/v1/orders/{id}", read_back_id="$.id"),
            "expected no read_back_id where the answer is not asked for an id",
        ),
        (
            Endpoint("orders", "POST", "/v1/x", read_back="/v1/{a}/in/{b}"),
            "expected one parameter at most that '/v1/x' has not",
        ),
        (Endpoint("orders", "POST", "/v1/x", read_back="/v1/orders/{id}", read_back_id="$.id"), ""),
        (Endpoint("orders", "POST", "/v1/orders", read_back_id="$.order"), ""),
        (Endpoint("orders", "DELETE", "/v1/x", read_back=NO_READ_BACK), ""),
    ],
)
def test_a_declaration_that_cannot_be_followed_says_what_was_expected(
    endpoint: Endpoint, expected: str
) -> None:
    assert problem(endpoint, (*ORDERS, Endpoint("orders", "GET", "/v1/{a}/in/{b}"))) == expected
