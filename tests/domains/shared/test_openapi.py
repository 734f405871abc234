"""The OpenAPI document: valid, of every route, with the validators' fields."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from domains.routes import ROUTES
from domains.shared.openapi import document
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


async def test_it_is_served_to_everybody(modern: Modern) -> None:
    reply = await modern.send(None, "GET", "/v1/openapi.json")

    assert (reply.status, reply.query_count) == (200, 0)
    assert reply.body == DOCUMENT
