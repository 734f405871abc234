"""Endpoints as an adopter's document or table lists them, before anything is proposed for them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE"})
_VERSION = re.compile(r"v\d+([._]\d+)*|api|rest|public|internal|\d+", re.IGNORECASE)
_WORDS = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """One endpoint that was found.

    `id_paths` are where its answer, by its schema, could name the id of what was written. What the table says by
    itself of `mirrorable`, `read_back` and `read_back_id` is `given`, and nothing is proposed in its place.
    """

    domain: str
    method: str
    path: str
    id_paths: tuple[str, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For example `GET /v1/orders/{id}`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was found and is no endpoint of the configuration, with why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """All that a document or table lists."""

    listed: tuple[Listed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def problem_of(path: str) -> str:
    """Why a path template cannot be an endpoint's; empty where it can."""
    if not path.startswith("/"):
        return "the path does not begin with a slash"
    if "?" in path or "#" in path:
        return "the path has a query or fragment"
    partial = [part for part in path.split("/") if ("{" in part or "}" in part) and not _is_parameter(part)]
    if partial:
        return f"the parameter is only a part of the segment {partial[0]!r}"
    return ""


def _is_parameter(segment: str) -> bool:
    return bool(re.fullmatch(r"\{[^{}]+\}", segment))


def domain_of(path: str, tag: str = "") -> str:
    """The domain of an endpoint: its tag, else the first segment that is neither a version nor a parameter."""
    segments = [part for part in path.split("/") if part and not part.startswith("{")]
    named = [part for part in segments if not _VERSION.fullmatch(part)]
    for text in (tag, *named[:1]):
        if name := domain_name(text):
            return name
    return "api"


def domain_name(text: str) -> str:
    """The text as a domain may be called, like `purchase-orders`; empty where nothing of it can stand there."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    name = "-".join(_WORDS.findall(spread.lower()))[:60].strip("-")
    return name.lstrip("0123456789-")


def once_each(listed: Iterable[Listed]) -> Found:
    """The endpoints without those that a request could not tell from one before."""
    seen: dict[tuple[str, str], Listed] = {}
    left_out = []
    for one in listed:
        key = (one.method, re.sub(r"\{[^{}]*\}", "{}", one.path))
        if key in seen:
            left_out.append(LeftOut(one.name, f"the same as {seen[key].name}"))
        else:
            seen[key] = one
    return Found(tuple(seen.values()), tuple(left_out))
