"""The OpenAPI 3.1 document of the routes: what they take from their validators, what they answer from their rooms."""

import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_pascal
from pydantic.json_schema import GenerateJsonSchema

from domains.shared.answers import Answer
from domains.shared.refusals import EVERYWHERE, INVALID, OF_KEYS, OF_TOKENS, Refusals, fault
from domains.shared.routes import Models, Route
from domains.shared.shapes import MOMENT, TEXT, Part, Shape, whole
from domains.shared.wire import Schema, without_null

_REF = "#/components/schemas/{model}"
_INFO = {
    "title": "Reference CRM",
    "version": "1",
    "description": "Escrows, listings, clients, appointments, leads, contacts and users, as the modern backend serves "
    "them.",
}
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_HEADERS = {
    "X-Query-Count": ("integer", "Statements sent to the database; the proxy keeps it to itself"),
    "Server-Timing": (
        "string",
        "Time in the database, time waited for it, and whether the cache had the answer",
    ),
    "RateLimit-Policy": ("string", "Requests, and the seconds of the window in which they are counted"),
    "RateLimit-Limit": ("integer", "Requests that one client may send in the window"),
    "RateLimit-Remaining": ("integer", "What is left of them"),
    "RateLimit-Reset": ("integer", "Seconds until the window is over"),
    "Retry-After": ("integer", "Seconds until the client may ask again"),
    "Set-Cookie": ("string", "The refresh token, for this server alone"),
    "Content-Disposition": ("string", "The name of the file"),
}
_OF_ALL = (
    "X-Query-Count",
    "Server-Timing",
    "RateLimit-Policy",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
)
_COOKIE = {
    "name": "refreshToken",
    "in": "cookie",
    "required": False,
    "schema": TEXT,
    "description": "The refresh token, where the body has none",
}
_USUAL = {
    tuple(sorted(code for _, code in codes)): name
    for name, codes in (("Unauthenticated", OF_TOKENS), ("UnauthenticatedOrByKey", OF_KEYS))
}
"""The names of responses with several codes."""
_TOO_MANY = 429
_SAID = {
    200: "Done",
    201: "Made",
    400: "The request is not what it must be",
    401: "The caller did not prove who they are",
    403: "The caller may not do this",
    404: "There is none",
    409: "It cannot be done now",
    413: "The body is too large",
    415: "The body is written in a way that is not read",
    423: "Too many wrong passwords: not now",
    _TOO_MANY: "One client asks too often",
    500: "The fault is ours",
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document."""
    listed = list(routes)
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "tags": [_tag(name) for name in dict.fromkeys(route.domain for route in listed)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "headers": {
                name: {"description": said, "schema": {"type": kind}}
                for name, (kind, said) in _HEADERS.items()
            },
            "responses": dict(sorted(schemas.responses.items())),
            "securitySchemes": _SECURITY,
        },
    }


class _Untitled(GenerateJsonSchema):
    """Without a title for every field, which would say its name once more."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Never."""
        del schema
        return False


class _Schemas:
    """The schemas with names; where two rooms have models of one name, the second room's stands before it."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self.responses: dict[str, Schema] = {}
        self._names: dict[object, str] = {}

    def body(self, route: Route) -> Schema:
        """What the validators of its body take."""
        models = _all(route.body)
        if models not in self._names:
            name = self._free(models[0].__name__, route)
            self._names[models] = name
            self.named[name] = _both([self.of(model) for model in models])
        return {"$ref": _REF.format(model=self._names[models])}

    def of(self, model: type[BaseModel]) -> Schema:
        """The schema of one model; those within it get names."""
        schema: Schema = _tidied(model.model_json_schema(ref_template=_REF, schema_generator=_Untitled))
        self.named |= schema.pop("$defs", {})
        del schema["title"]
        return schema

    def written_out(self, part: Any, route: Route) -> Any:
        """The same with a reference wherever a shape stands."""
        match part:
            case Shape(name=name, schema=schema):
                if part not in self._names:
                    self._names[part] = self._free(name, route)
                    self.named[self._names[part]] = {}
                    self.named[self._names[part]] = self.written_out(schema, route)
                return {"$ref": _REF.format(model=self._names[part])}
            case Mapping():
                return {key: self.written_out(value, route) for key, value in part.items()}
            case list() | tuple():
                return [self.written_out(value, route) for value in part]
            case _:
                return part

    def refusal(self, status: int, codes: tuple[str, ...], route: Route) -> Schema:
        """The answers with that status: a response of its own where there is one code, or the usual ones."""
        faults = [self.written_out(fault(code), route) for code in codes]
        schema = faults[0] if len(faults) == 1 else {"anyOf": faults}
        after = ["Retry-After"] if status == _TOO_MANY else []
        answer = _response(status, {"application/json": {"schema": schema}}, after)
        name = _USUAL.get(codes) or f"{to_pascal(codes[0].lower())}{status}"
        if len(codes) > 1 and codes not in _USUAL:
            return answer
        self.responses[name] = answer
        return {"$ref": f"#/components/responses/{name}"}

    def _free(self, name: str, route: Route) -> str:
        return f"{route.domain.title().replace('_', '')}{name}" if name in self.named else name


def _all(models: Models) -> tuple[type[BaseModel], ...]:
    return models if isinstance(models, tuple) else (models,)


def _both(schemas: Sequence[Schema]) -> Schema:
    """One schema for what fits them all."""
    first, *others = schemas
    properties: dict[str, Schema] = dict(first.get("properties", {}))
    for name, kind in ((name, kind) for other in others for name, kind in other["properties"].items()):
        known = properties.setdefault(name, kind)
        if known != kind:
            properties[name] = {"allOf": [known, kind]}
    required = [name for schema in schemas for name in schema.get("required", ())]
    merged = {**first, "properties": properties, "required": list(dict.fromkeys(required))}
    return {key: value for key, value in merged.items() if value or key not in {"properties", "required"}}


def _tidied(schema: Any) -> Any:
    """The same without the defaults that stand for "not sent", which need not be of the field's type.

    Words that differ in case alone get names of their own, for generators that make constants of them.
    """
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: _tidied(value) for key, value in schema.items() if not (key == "default" and value is None)}
    words = told.get("enum")
    if isinstance(words, list) and len({str(word).upper() for word in words}) < len(words):
        told["x-enum-varnames"] = [
            f"LOWER_{word.upper()}" if word.islower() else word.upper() for word in words
        ]
    return told


def _tag(domain: str) -> dict[str, str]:
    """A room, with what its package says of it."""
    room = sys.modules.get(f"domains.{domain}")
    said = inspect.getdoc(room) if room else None
    return {"name": domain, "description": said} if said else {"name": domain}


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": _summary(route),
        "tags": [route.domain],
        "security": [] if route.is_open else [{name: []} for name in ("token", "key")[: 1 + route.by_key]],
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": TEXT}
                for name in _names_in(route.path)
            ),
            *_query(route, schemas),
            *([_COOKIE] if route.answer.reads_cookie else ()),
        ],
        "responses": _responses(route, schemas),
    }
    if route.body:
        operation["requestBody"] = {"content": {"application/json": {"schema": schemas.body(route)}}}
    return operation


def _names_in(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _operation_id(route: Route) -> str:
    """`get_escrows_by_id_details`."""
    words = route.path.removeprefix("/v1").replace("{", "by_").replace("}", "")
    return re.sub(r"\W+", "_", f"{route.method.lower()}{words}")


def _summary(route: Route) -> str:
    """The first sentence about the service's method, else about the controller's."""
    told = inspect.getdoc(getattr(route.service, route.name, None)) or inspect.getdoc(route.handler) or ""
    return told.partition("\n\n")[0].replace("\n", " ").removesuffix(".")


def _query(route: Route, schemas: _Schemas) -> list[dict[str, Any]]:
    fields: dict[str, Schema] = {}
    for model in _all(route.query):
        fields |= schemas.of(model)["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": without_null(field)}
        for name, field in fields.items()
    ]


def _responses(route: Route, schemas: _Schemas) -> dict[str, Any]:
    """Its success, and every refusal by its status."""
    answer = route.answer
    content: dict[str, Any] = {"application/json": {"schema": schemas.written_out(envelope(answer), route)}}
    also = ["Set-Cookie"] if answer.sets_cookie else []
    if answer.is_file:
        content, also = {"text/csv": {"schema": TEXT}}, ["Content-Disposition"]
    told = {str(answer.status): _response(answer.status, content, also)}
    for status, pairs in groupby(sorted(refused(route)), key=lambda pair: pair[0]):
        told[str(status)] = schemas.refusal(status, tuple(code for _, code in pairs), route)
    return told


def envelope(answer: Answer) -> Part:
    """`{"success": true, …}` with what the answer has."""
    parts: dict[str, Part] = {"success": {"const": True}}
    if answer.data is not None:
        parts["data"] = answer.data
    parts |= answer.beside
    if answer.has_message:
        parts["message"] = TEXT
    if answer.is_timestamped:
        parts["timestamp"] = MOMENT
    return whole(parts, optional=["data"] if answer.may_lack_data else ())


def refused(route: Route) -> Refusals:
    """Everything that it may refuse."""
    takes_values = INVALID if route.body or route.query or "{" in route.path else frozenset()
    callers: Refusals = frozenset() if route.is_open else OF_KEYS if route.by_key else OF_TOKENS
    return EVERYWHERE | callers | takes_values | route.answer.refuses


def _response(status: int, content: Mapping[str, Any], also: Iterable[str]) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in (*_OF_ALL, *also)}
    return {"description": _SAID[status], "headers": headers, "content": content}
