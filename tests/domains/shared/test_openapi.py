"""The OpenAPI document: valid, of every route, with the validators' fields."""

import inspect
import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from domains.routes import ROUTES
from domains.shared.openapi import document
from domains.shared.routes import UNTOLD, Route
from tests.domains.described import wrong_answer, wrong_request
from tests.domains.support import Modern

DOCUMENT = document(ROUTES)


def fields_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of the body of an operation."""
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    fields: dict[str, Any] = DOCUMENT["components"]["schemas"][name]["properties"]
    return fields


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_it_has_every_endpoint_and_no_other() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert described == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_its_security_is_that_of_the_route(route: object) -> None:
    found = next(item for item in ROUTES if item is route)
    security = DOCUMENT["paths"][found.path][found.method.lower()]["security"]

    assert ({"key": []} in security) == (found.by_key and not found.is_open)


@pytest.mark.parametrize("room", ["appointments", "clients", "contacts", "escrows", "leads", "listings"])
def test_lists_creations_and_updates_have_the_fields_of_the_rooms_validators(room: str) -> None:
    collection, one = DOCUMENT["paths"][f"/v1/{room}"], DOCUMENT["paths"][f"/v1/{room}/{{id}}"]

    assert "limit" in {row["name"] for row in collection["get"]["parameters"]}
    assert fields_of(collection["post"])
    assert fields_of(one["put"])


def test_an_update_is_described_in_both_spellings() -> None:
    fields = DOCUMENT["components"]["schemas"]["UpdateEscrow"]["properties"]

    assert {"purchase_price", "purchasePrice"} <= fields.keys()


LEAD = "GET /v1/leads/{id}"
HEADERS = dict.fromkeys(
    (
        *("x-query-count", "server-timing", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining"),
        "ratelimit-reset",
    ),
    "1",
) | {"content-type": "application/json; charset=utf-8"}


def refused(code: str, **more: Any) -> bytes:
    """The body of a refusal."""
    return json.dumps({"success": False, "error": {"code": code, "message": "No", **more}}).encode()


def test_a_refusal_that_is_described_passes() -> None:
    assert wrong_answer(LEAD, 404, HEADERS, refused("NOT_FOUND")) == []


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (418, HEADERS, refused("NOT_FOUND")),
        (404, HEADERS, refused("TEAPOT")),
        (404, HEADERS, refused("NOT_FOUND", stack="at line 5")),
        (404, {"content-type": "application/json"}, refused("NOT_FOUND")),
        (404, HEADERS | {"content-type": "text/html"}, refused("NOT_FOUND")),
        (200, HEADERS, b'{"success": true, "data": {"id": 5}, "timestamp": "2027-03-15T00:00:00.000Z"}'),
    ],
    ids=["status", "code", "internals", "headers", "content type", "row"],
)
def test_a_wrong_answer_is_caught(status: int, headers: dict[str, str], body: bytes) -> None:
    assert wrong_answer(LEAD, status, headers, body) != []


def test_a_wrong_request_is_caught() -> None:
    assert wrong_request("GET /v1/leads", "/v1/leads?scope=bogus", None) != []
    assert wrong_request("POST /v1/leads", "/v1/leads", {"firstName": "X"}) != []
    assert wrong_request("POST /v1/leads", "/v1/leads", {"firstName": "X", "lastName": 5}) == []


def test_operations_have_names_of_their_own_and_say_what_they_do() -> None:
    operations = [one for methods in DOCUMENT["paths"].values() for one in methods.values()]

    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] for one in operations)
    assert {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]} == {
        route.domain for route in ROUTES
    }


def test_no_endpoint_is_left_untold() -> None:
    assert [f"{route.method} {route.path}" for route in ROUTES if route.answer is UNTOLD] == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_body_is_described_where_one_is_looked_at(route: Route) -> None:
    operation = DOCUMENT["paths"][route.path][route.method.lower()]

    code = inspect.getsource(route.handler)
    looks = "call.body" in code or "_refresh_token(call)" in code or "_change_checklist(call" in code
    assert ("requestBody" in operation) == looks


def test_words_that_differ_in_case_alone_have_names_for_generators() -> None:
    kind = DOCUMENT["components"]["schemas"]["CreateClient"]["properties"]["clientType"]

    assert dict(zip(kind["enum"], kind["x-enum-varnames"], strict=True)) == {
        "Buyer": "BUYER",
        "Seller": "SELLER",
        "buyer": "LOWER_BUYER",
        "seller": "LOWER_SELLER",
    }


async def test_it_is_served_to_everybody(modern: Modern) -> None:
    reply = await modern.send(None, "GET", "/v1/openapi.json")

    assert (reply.status, reply.query_count) == (200, 0)
    assert reply.body == DOCUMENT
