"""The OpenAPI document against what is really sent: requests that were taken, answers that were given."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_schema_validator import OAS31Validator

from domains.routes import ROUTES
from domains.shared.openapi import document

DOCUMENT = document(ROUTES)
DESCRIBED = frozenset(f"{route.method} {route.path}" for route in ROUTES)
MAY_BE_MISSING = {"set-cookie"}  # the recording's clients have a session, or none


def wrong_request(endpoint: str, target: str, body: Any) -> list[str]:
    """What of a request that was taken the document does not know."""
    method, path = endpoint.split(" ")
    operation = DOCUMENT["paths"][path][method.lower()]
    known = {row["name"]: row["schema"] for row in operation["parameters"] if row["in"] == "query"}
    sent = parse_qsl(urlsplit(target).query, keep_blank_values=True)
    faults = [
        f"{name}: {text}" for name, value in sent if name in known for text in _faults(known[name], value)
    ]
    if "requestBody" in operation and isinstance(body, dict | list):
        faults += _faults(operation["requestBody"]["content"]["application/json"]["schema"], body)
    return faults


def wrong_answer(endpoint: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
    """What of an answer the document does not say."""
    method, path = endpoint.split(" ")
    told = DOCUMENT["paths"][path][method.lower()]["responses"].get(str(status))
    if told is None:
        return [f"status {status}: {body[:200]!r}"]
    if "$ref" in told:
        told = DOCUMENT["components"]["responses"][told["$ref"].rpartition("/")[2]]
    kind = headers["content-type"].partition(";")[0]
    if kind not in told["content"]:
        return [f"content type {kind}"]
    known = {name.lower() for name in told["headers"]}
    if b'"errorId"' in body:  # it was refused before it was counted
        known = {name for name in known if not name.startswith("ratelimit")}
    faults = [f"header {name}" for name in known - headers.keys() - MAY_BE_MISSING]
    value = json.loads(body) if kind == "application/json" else body.decode()
    return faults + list(_faults(told["content"][kind]["schema"], value))


def _faults(schema: Any, value: Any) -> Iterator[str]:
    for error in _validator(json.dumps(schema)).iter_errors(value):
        yield f"{error.json_path}: {error.message}"[:300]


@cache
def _validator(schema: str) -> OAS31Validator:
    return OAS31Validator({**json.loads(schema), "components": DOCUMENT["components"]})
