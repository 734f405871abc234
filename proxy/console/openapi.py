"""The OpenAPI 3.1 document of the API, made of the same list and the same types that answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel

from proxy.console import answers
from proxy.console.callers import CSRF_HEADER
from proxy.console.routes import PREFIX, ROUTES, Route

_REF = "#/components/schemas/{name}"
_SAID: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "Nobody proved who they are",
    403: "The role does not do, or a change by session came without its token or from another site",
    404: "There is no such domain, group, acceptance, pilot or load test",
    408: "The body did not come in time",
    409: "Somebody was quicker (`conflict`), or the change is refused (`refused`): the message says what is missing",
    413: "The body is over 64 KB",
    415: "The body is no JSON",
    421: "The name in `Host` is none of the console's",
    422: "Fields are wrong: all of them are named",
    429: "Too many wrong tokens came from there",
    503: "The store does not answer, or too many ask at once",
}
_ALWAYS = (400, 401, 403, 421, 422, 429, 503)
_PATH_VALUES: Mapping[str, tuple[str, str]] = {
    "domain": ("^[a-z][a-z0-9_-]*$", "The name of a domain"),
    "group": ("^[0-9a-f]{4,16}$", "The id of a group, or the beginning of it"),
    "run": ("^l-[0-9a-f]{8}$", "The id of a load test"),
    "acceptance": ("^a-[0-9a-f]{8}$", "The id of an acceptance of the store"),
}


def document(version: str, routes: Sequence[Route] = ROUTES) -> dict[str, Any]:
    """The document; `version` is that of Crossfade."""
    shown = (*(route.answer for route in routes), answers.Refusal)
    _, schemas = msgspec.json.schema_components(shown, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"{PREFIX}{route.path}", {})[route.method.lower()] = _operation(route)
    paths[f"{PREFIX}/events"] = {"get": _events()}
    paths[f"{PREFIX}/openapi.json"] = {"get": _itself()}
    bodies = {route.body.__name__: _schema(route.body) for route in routes if route.body is not None}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Crossfade console",
            "version": version,
            "description": "What the operator of a migration sees and changes. Every answer is JSON; every refusal is a"
            " `Refusal`.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": dict(schemas) | bodies,
            "responses": {f"Refused{status}": _refused(status) for status in _SAID},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`crossfade token create`"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "crossfade",
                    "description": f"A browser that signed in; each change brings `{CSRF_HEADER}` along."
                    " With TLS the cookie is `__Host-crossfade`",
                },
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    statuses = {*_ALWAYS} | ({404} if _names_something(route) else set())
    if route.changes:
        statuses |= {408, 409, 413, 415}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"Least role: {route.role}.",
        "parameters": [*_of_path(route), *_of_query(route.query)],
        "responses": {
            "200": {
                "description": "Done" if route.changes else "As asked",
                "content": {"application/json": {"schema": {"$ref": _ref(route.answer.__name__)}}},
            },
            **_refusals(statuses),
        },
    }
    if route.body is not None:
        required = any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {
            "required": required,
            "content": {"application/json": {"schema": {"$ref": _ref(route.body.__name__)}}},
        }
    return operation


def _names_something(route: Route) -> bool:
    """Whether it is asked for by a name that there may be none of."""
    fields = set(route.query.model_fields) | set(() if route.body is None else route.body.model_fields)
    return "{" in route.path or bool(fields & {"domain", "domains", "key", "rows"})


def _events() -> dict[str, Any]:
    return {
        "operationId": "events",
        "summary": "A stream: an event `status` with a `Status` when it changes, once a second at most; `away` while the store is",
        "description": "Least role: viewer. `id` is another one with every change; a client that says the last one in"
        " `Last-Event-ID` is not told the same again.",
        "parameters": [
            {"name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "string"}}
        ],
        "responses": {
            "200": {
                "description": "The stream",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **_refusals({400, 401, 403, 421, 422, 429, 503}),
        },
    }


def _itself() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "This document",
        "description": "Least role: viewer.",
        "responses": {
            "200": {
                "description": "As asked",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_refusals({400, 401, 403, 421, 422, 429, 503}),
        },
    }


def _refusals(statuses: set[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in sorted(statuses)}


def _refused(status: int) -> dict[str, Any]:
    return {
        "description": _SAID[status],
        "content": {"application/json": {"schema": {"$ref": _ref("Refusal")}}},
    }


def _of_path(route: Route) -> list[dict[str, Any]]:
    found = []
    for name in re.findall(r"\{(\w+)\}", route.path):
        pattern, said = _PATH_VALUES[name]
        schema = {"type": "string", "pattern": pattern, "maxLength": 100}
        found.append({"name": name, "in": "path", "required": True, "description": said, "schema": schema})
    return found


def _of_query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = _schema(model)
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": _plain(value)}
        for name, value in schema.get("properties", {}).items()
    ]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Of a parameter that may be left out: it is never null, it is not there."""
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return kinds[0] if kinds else {name: value for name, value in schema.items() if name != "title"}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template=_REF.replace("{name}", "{model}"))
    for name, definition in schema.pop("$defs", {}).items():
        schema = _inlined(schema, _REF.format(name=name), definition)
    return schema


def _inlined(value: Any, ref: str, definition: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if value.get("$ref") == ref:
            return definition | {key: one for key, one in value.items() if key != "$ref"}
        return {key: _inlined(one, ref, definition) for key, one in value.items()}
    return [_inlined(one, ref, definition) for one in value] if isinstance(value, list) else value


def _ref(name: str) -> str:
    return _REF.format(name=name)
