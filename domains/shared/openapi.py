"""The OpenAPI 3.1 document of the routes: their paths from `ROUTES`, their fields from the validators.

A route may declare its `query` and its `body`; for the endpoints that every room has they are found by the names
that every room's validators give them (`ListQuery`, `CreateEscrow`, `UpdateEscrow`).
"""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from domains.shared.routes import Route

_REF = "#/components/schemas/{model}"
_LISTS = frozenset({"list_page", "export"})
_NAMED = {"create": "Create", "update": "Update"}
_IDS = {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}}}}
_ANY = {"type": ["object", "array"]}
_SCOPE = {"name": "scope", "in": "query", "schema": {"type": "string"}}
_ENVELOPE = {
    "type": "object",
    "required": ["success"],
    "properties": {
        "success": {"const": True},
        "data": {},
        "message": {"type": "string"},
        "timestamp": {"type": "string"},
    },
}
_FAULT = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
            },
        },
    },
}
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document."""
    listed = list(routes)
    bodies = list(dict.fromkeys(model for route in listed if (model := body_of(route)) is not None))
    names, found = models_json_schema([(model, "validation") for model in bodies], ref_template=_REF)
    keys = {model: names[model, "validation"]["$ref"].rsplit("/", 1)[1] for model in bodies}
    schemas = _without_null_defaults(found.get("$defs", {}))
    for model, key in keys.items():
        schemas[key] = _in_both_spellings(model, schemas[key])
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, keys)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reference CRM", "version": "1"},
        "tags": [{"name": name} for name in dict.fromkeys(route.domain for route in listed)],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Envelope": _ENVELOPE, "Fault": _FAULT},
            "securitySchemes": _SECURITY,
        },
    }


def body_of(route: Route) -> type[BaseModel] | None:
    """The model of the body; None where it has no fixed fields."""
    start = _NAMED.get(_name(route))
    if (
        route.body is not None
        or start is None
        or not route.path.endswith((f"/{route.domain}", f"/{route.domain}/{{id}}"))
    ):
        return route.body
    return _model(route, f"{start}{route.domain[:-1].capitalize()}")


def query_of(route: Route) -> type[BaseModel] | None:
    """The model of the query; None where it is not looked at."""
    if route.query is not None or _name(route) not in _LISTS:
        return route.query
    return _model(route, "ListQuery")


def _name(route: Route) -> str:
    handler = route.handler.func if isinstance(route.handler, partial) else route.handler
    return getattr(handler, "__name__", "")


def _model(route: Route, name: str) -> type[BaseModel] | None:
    """The room's validator of that name; the room is where its controllers are built."""
    validators = sys.modules.get(f"domains.{route.domain}.validators")
    found = getattr(validators, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _in_both_spellings(model: type[BaseModel], schema: Mapping[str, Any]) -> dict[str, Any]:
    """With the columns' own names too, where they are taken as well as the aliases."""
    if not model.model_config.get("validate_by_name"):
        return dict(schema)
    also = {
        name: schema["properties"][field.alias]
        for name, field in model.model_fields.items()
        if field.alias in schema["properties"]
    }
    return {**schema, "properties": {**schema["properties"], **also}}


def _without_null_defaults(schema: Any) -> Any:
    """The same without the defaults that stand for "not sent"; they need not be of the field's type."""
    if isinstance(schema, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in schema.items()
            if not (key == "default" and value is None)
        }
    return [_without_null_defaults(item) for item in schema] if isinstance(schema, list) else schema


def _operation(route: Route, keys: Mapping[type[BaseModel], str]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    if route.method == "GET":
        parameters += _query(route)
    lets_in: list[dict[str, list[str]]] = [
        {name: []} for name in ("token", "key") if name == "token" or route.by_key
    ]
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").rstrip("_"),
        "tags": [route.domain],
        "security": [] if route.is_open else lets_in,
        "parameters": parameters,
        "responses": {
            "2XX": _answer(route),
            "default": _json("A refusal", {"$ref": _REF.format(model="Fault")}),
        },
    }
    if route.method in {"POST", "PUT", "PATCH"}:
        model = body_of(route)
        schema = _ANY if model is None else {"$ref": _REF.format(model=keys[model])}
        given = _IDS if _name(route) == "delete_many" else schema
        operation["requestBody"] = {"content": {"application/json": {"schema": given}}}
    return operation


def _query(route: Route) -> list[dict[str, Any]]:
    model = query_of(route)
    if model is None:
        return [_SCOPE] if _name(route) == "count" else []
    schema = _without_null_defaults(model.model_json_schema(ref_template=_REF))
    required = schema.get("required", ())
    parameters = [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]
    return parameters if "scope" in schema["properties"] else [*parameters, _SCOPE]


def _answer(route: Route) -> dict[str, Any]:
    if _name(route) == "export":
        return {"description": "A CSV file", "content": {"text/csv": {"schema": {"type": "string"}}}}
    return _json("The answer", {"$ref": _REF.format(model="Envelope")})


def _json(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": dict(schema)}}}
