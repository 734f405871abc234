"""The OpenAPI 3.1 document of the routes: their paths from `ROUTES`, their fields from the validators."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from domains.shared.routes import Models, Route
from domains.shared.wire import Schema, without_null

_REF = "#/components/schemas/{model}"
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
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reference CRM", "version": "1"},
        "tags": [{"name": name} for name in dict.fromkeys(route.domain for route in listed)],
        "paths": paths,
        "components": {
            "schemas": {**schemas.named, "Envelope": _ENVELOPE, "Fault": _FAULT},
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
    """The schemas of models, by their names; where two rooms have models of one name, the room's stands before it."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self._names: dict[tuple[type[BaseModel], ...], str] = {}

    def body(self, route: Route) -> Schema:
        """What the validators of its body take."""
        models = _all(route.body)
        if models not in self._names:
            name = models[0].__name__
            if name in self.named:
                name = f"{route.domain.capitalize()}{name}"
            self._names[models] = name
            self.named[name] = _both([self.of(model) for model in models])
        return {"$ref": _REF.format(model=self._names[models])}

    def of(self, model: type[BaseModel]) -> Schema:
        """The schema of one model; those within it get names."""
        schema: Schema = _without_null_defaults(
            model.model_json_schema(ref_template=_REF, schema_generator=_Untitled)
        )
        self.named |= schema.pop("$defs", {})
        del schema["title"]
        return schema


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


def _without_null_defaults(schema: Any) -> Any:
    """The same without the defaults that stand for "not sent"; they need not be of the field's type."""
    if isinstance(schema, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in schema.items()
            if not (key == "default" and value is None)
        }
    return [_without_null_defaults(item) for item in schema] if isinstance(schema, list) else schema


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    lets_in: list[dict[str, list[str]]] = [
        {name: []} for name in ("token", "key") if name == "token" or route.by_key
    ]
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").rstrip("_"),
        "tags": [route.domain],
        "security": [] if route.is_open else lets_in,
        "parameters": [*parameters, *_query(route, schemas)],
        "responses": {
            "2XX": _answer(route),
            "default": _json("A refusal", {"$ref": _REF.format(model="Fault")}),
        },
    }
    if route.body:
        operation["requestBody"] = {"content": {"application/json": {"schema": schemas.body(route)}}}
    return operation


def _query(route: Route, schemas: _Schemas) -> list[dict[str, Any]]:
    fields: dict[str, Schema] = {}
    for model in _all(route.query):
        fields |= schemas.of(model)["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": without_null(field)}
        for name, field in fields.items()
    ]


def _answer(route: Route) -> dict[str, Any]:
    if route.handler.__name__ == "export":
        return {"description": "A CSV file", "content": {"text/csv": {"schema": {"type": "string"}}}}
    return _json("The answer", {"$ref": _REF.format(model="Envelope")})


def _json(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": dict(schema)}}}
