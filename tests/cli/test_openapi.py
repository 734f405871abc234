"""The endpoints of an OpenAPI document: what is one, what is left out and why."""

from typing import Any

import pytest

from cli.errors import UsageError
from cli.listed import LeftOut, Listed
from cli.openapi import MAX_OPERATIONS, endpoints_of
from domains.routes import ROUTES
from domains.shared.openapi import document as modern_document


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": paths, **more}


def names(found: Any) -> list[str]:
    return [one.name for one in found.listed]


def test_every_operation_of_every_path_is_an_endpoint() -> None:
    paths = {
        "/orders": {"get": {"tags": ["Orders"]}, "post": {}, "summary": "x", "x-own": {}},
        "/orders/{id}": {"parameters": [], "delete": {}},
    }

    found = endpoints_of(document(paths), "f")

    assert found.listed == (
        Listed("orders", "GET", "/orders"),
        Listed("orders", "POST", "/orders"),
        Listed("orders", "DELETE", "/orders/{id}"),
    )
    assert found.left_out == ()


def test_the_document_of_the_reference_crm_has_all_of_its_endpoints() -> None:
    found = endpoints_of(modern_document(ROUTES), "f")

    assert set(names(found)) == {f"{route.method} {route.path}" for route in ROUTES}
    assert found.left_out == ()
    assert {one.domain for one in found.listed} == {route.domain for route in ROUTES}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"servers": [{"url": "https://api.example/v2/"}]}, "/v2/orders"),
        ({"servers": [{"url": "/v3"}, {"url": "/other"}]}, "/v3/orders"),
        ({"servers": [{"url": "https://{host}/{base}"}]}, "/orders"),
        ({"servers": "none"}, "/orders"),
        ({"swagger": "2.0", "openapi": None, "basePath": "/v1"}, "/v1/orders"),
        ({"swagger": "2.0", "openapi": None, "basePath": "/"}, "/orders"),
    ],
)
def test_the_path_of_the_server_stands_before(more: dict[str, Any], path: str) -> None:
    assert names(endpoints_of(document({"/orders": {"get": {}}}, **more), "f")) == [f"GET {path}"]


def test_what_cannot_be_an_endpoint_is_left_out_with_the_reason() -> None:
    paths: dict[str, Any] = {
        "/a/{id}.pdf": {"get": {}},
        "/b": {"$ref": "https://elsewhere.example/b.yaml"},
        "/c": {"$ref": "#/components/pathItems/none"},
        "/d": {"$ref": "#/components/pathItems/d"},
        "/d/{x}": {"get": {}},
        "/d/{y}": {"get": {}},
        "/e": {"get": "not an object"},
        "/loop": {"$ref": "#/paths/~1loop"},
    }

    found = endpoints_of(document(paths, components={"pathItems": {"d": {"get": {}}}}), "f")

    assert names(found) == ["GET /d", "GET /d/{x}"]
    assert found.left_out == (
        LeftOut("/a/{id}.pdf", "the parameter is only a part of the segment '{id}.pdf'"),
        LeftOut("/b", "its item is no object of this document"),
        LeftOut("/c", "its item is no object of this document"),
        LeftOut("/loop", "its item is no object of this document"),
        LeftOut("GET /d/{y}", "the same as GET /d/{x}"),
    )


def test_where_the_answer_names_the_id_is_read_from_its_schema() -> None:
    made = {"properties": {"order": {"allOf": [{"$ref": "#/components/schemas/Order"}]}, "note": {}}}
    order: dict[str, Any] = {"properties": {"number": {}, "lines": {"items": {"properties": {"id": {}}}}}}
    answer = {
        "201": {
            "content": {"application/json; charset=utf-8": {"schema": {"$ref": "#/components/schemas/Made"}}}
        }
    }
    paths = {
        "/orders": {"post": {"responses": {"400": {"content": {}}, **answer}}},
        "/two": {"post": {"responses": {"200": {"schema": {"properties": {"id": {}, "uuid": {}}}}}}},
        "/tree": {"post": {"responses": {"200": {"schema": {"$ref": "#/components/schemas/Tree"}}}}},
    }
    tree = {"properties": {"child": {"$ref": "#/components/schemas/Tree"}, "id": {}}}
    schemas = {"Made": made, "Order": order, "Tree": tree}

    found = endpoints_of(document(paths, components={"schemas": schemas}), "f")

    assert [one.id_paths[:2] for one in found.listed] == [
        ("$.order.number",),
        ("$.id", "$.uuid"),
        ("$.id", "$.child.id"),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "expected an OpenAPI document, an object with 'openapi' or 'swagger'"),
        ({"paths": {}}, "expected an OpenAPI document of version 2.0 or 3.x, found no version"),
        ({"openapi": "4.0"}, "found version '4.0'"),
        ({"openapi": "3.0.0", "paths": []}, "paths: expected at least one path"),
        ({"openapi": "3.0.0", "paths": {}}, "paths: expected at least one path"),
    ],
)
def test_what_is_no_openapi_document_is_said(given: Any, said: str) -> None:
    with pytest.raises(UsageError, match=f"^f: .*{said}".replace("(", r"\(")):
        endpoints_of(given, "f")


def test_there_is_a_bound_of_operations() -> None:
    paths: dict[str, Any] = {f"/a{number}": {"get": {}} for number in range(MAX_OPERATIONS + 1)}

    with pytest.raises(UsageError, match="5,001 operations: expected at most 5,000"):
        endpoints_of(document(paths), "f")
