"""The endpoints of an OpenAPI document (2.0, 3.0, 3.1), read leniently: what cannot be an endpoint is said, not fatal.

Only references within the document are followed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from cli.errors import UsageError
from cli.listed import METHODS, Found, LeftOut, Listed, domain_of, once_each, problem_of

MAX_OPERATIONS = 5_000
_MAX_REFERENCES = 20
_MAX_DEPTH = 3
_ID_NAMES = ("id", "uuid", "_id", "number", "key")


def endpoints_of(document: Any, source: str) -> Found:
    """Every operation under `paths`. Raises UsageError where this is no OpenAPI document."""
    if not isinstance(document, Mapping):
        raise UsageError(f"{source}: expected an OpenAPI document, an object with 'openapi' or 'swagger'")
    version = str(document.get("openapi") or document.get("swagger") or "")
    if not re.match(r"(2\.0|3\.\d)", version):
        named = f"version {version!r}" if version else "no version"
        raise UsageError(f"{source}: expected an OpenAPI document of version 2.0 or 3.x, found {named}")
    paths = document.get("paths")
    if not isinstance(paths, Mapping) or not paths:
        raise UsageError(f"{source}: paths: expected at least one path")
    found = _Reading(document)
    operations = list(found.operations(paths))
    if len(operations) > MAX_OPERATIONS:
        raise UsageError(f"{source}: {len(operations):,} operations: expected at most {MAX_OPERATIONS:,}")
    kept = once_each(operations)
    return Found(kept.listed, (*found.left_out, *kept.left_out))


class _Reading:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._base = _base_path(document)
        self.left_out: list[LeftOut] = []

    def operations(self, paths: Mapping[Any, Any]) -> Iterator[Listed]:
        for template, item in paths.items():
            path = f"{self._base}{template}"
            resolved = self._resolved(item)
            if not isinstance(resolved, Mapping):
                self.left_out.append(LeftOut(path, "its item is no object of this document"))
                continue
            methods = [method for method in resolved if isinstance(method, str) and method.upper() in METHODS]
            if methods and (problem := problem_of(path)):
                self.left_out.append(LeftOut(path, problem))
                continue
            for method in methods:
                operation = resolved[method]
                if isinstance(operation, Mapping):
                    yield Listed(
                        domain_of(path, _tag(operation)),
                        method.upper(),
                        path,
                        tuple(self._id_paths(operation)),
                    )

    def _id_paths(self, operation: Mapping[str, Any]) -> Iterator[str]:
        """Where the answers of success name an id, the shallowest first."""
        responses = operation.get("responses")
        if not isinstance(responses, Mapping):
            return
        for status, response in responses.items():
            resolved = self._resolved(response)
            if not str(status).startswith("2") or not isinstance(resolved, Mapping):
                continue
            schema = resolved.get("schema") or self._schema_of(resolved.get("content"))
            yield from (path for _, path in sorted(set(self._ids_in(schema, "$", 0))))

    def _schema_of(self, content: Any) -> Any:
        if not isinstance(content, Mapping):
            return None
        for media, value in content.items():
            if "json" in str(media) and isinstance(value, Mapping):
                return value.get("schema")
        return None

    def _ids_in(self, schema: Any, path: str, depth: int) -> Iterator[tuple[tuple[int, int], str]]:
        resolved = self._resolved(schema)
        if not isinstance(resolved, Mapping) or depth > _MAX_DEPTH:
            return
        for part in resolved.get("allOf") or ():
            yield from self._ids_in(part, path, depth + 1)
        properties = resolved.get("properties")
        if not isinstance(properties, Mapping):
            return
        for name, child in properties.items():
            if not re.fullmatch(r"[\w-]+", str(name)):
                continue
            below = f"{path}.{name}"
            place = _id_place(str(name))
            if place is not None:
                yield (depth, place), below
            yield from self._ids_in(child, below, depth + 1)

    def _resolved(self, value: Any) -> Any:
        for _ in range(_MAX_REFERENCES):
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                return value
            value = self._referred(value["$ref"])
        return None

    def _referred(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return None
        value: Any = self._document
        for part in reference.removeprefix("#/").split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            value = value.get(key) if isinstance(value, Mapping) else None
        return value


def _id_place(name: str) -> int | None:
    """How likely a property of that name is the id, 0 the most; None: it is none."""
    return _ID_NAMES.index(name) if name in _ID_NAMES else None


def _tag(operation: Mapping[str, Any]) -> str:
    tags = operation.get("tags")
    return str(tags[0]) if isinstance(tags, list) and tags else ""


def _base_path(document: Mapping[str, Any]) -> str:
    """The path that stands before all others: `basePath`, or that of the first server without variables."""
    base = document.get("basePath")
    servers = document.get("servers")
    if (
        not isinstance(base, str)
        and isinstance(servers, list)
        and servers
        and isinstance(servers[0], Mapping)
    ):
        url = str(servers[0].get("url", ""))
        base = "" if "{" in url else urlsplit(url).path
    return base.rstrip("/") if isinstance(base, str) and base.startswith("/") else ""
