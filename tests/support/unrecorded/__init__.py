"""Exchanges that the recording lacks: its ids have gaps, and what stood there is derived from what is around them.

The recording was made by one script: the names of a domain recur in the others. `endpoints.md` was made of the
whole of it, so a status, an error code or a number of statements there that no given exchange shows stood in a gap.
Every gap is a read on which nothing later depends: the given exchanges make sense without it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from loadtests.recording import Recorded
from tests.support.replay import Replayed, json_of

_STEP = re.compile(r"([^.\[\]]+)|\[(\*|\d+)\]")
_RECORDED_HEADERS = frozenset({"content-type", "vary", "ratelimit-policy", "ratelimit-limit"})
WRITTEN = ("$.**.updated_at", "$.**.updatedAt", "$.**.lastActivity")
"""What differs between two runs in a row that was changed in each of them."""
CREATED = (*WRITTEN, "$.**.id", "$.**.created_at", "$.**.createdAt")
"""What differs between two runs in a row that was created in each of them."""


@dataclass(frozen=True, slots=True)
class Derived:
    """One exchange at its place in the recording, what must be in its answer, and whence that is known."""

    id: str
    """`<domain>-<number>`, a number that the recording lacks; several candidates may share one."""
    name: str
    user: str | None
    target: str
    status: int
    sql_count: int
    evidence: str
    shows: Mapping[str, Any] = field(default_factory=dict)
    """Path in the answer (`data.clients[*].id`) → value."""
    like: str = ""
    """The id of a given exchange whose whole answer this one has too."""
    volatile: tuple[str, ...] = ()

    @property
    def recorded(self) -> Recorded:
        """The exchange as the recording would have it, without its answer."""
        path, _, query = self.target.partition("?")
        return Recorded(
            id=self.id,
            name=self.name,
            domain=self.id.split("-")[0],
            user=self.user,
            method="GET",
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers={},
            body=None,
            status=self.status,
            answer_headers={},
            answer=None,
            sql_count=self.sql_count,
            volatile=self.volatile,
        )


def in_domain(domain: str) -> Callable[..., Derived]:
    """Makes the derived exchanges of a domain: number, name, user, target, status, statements, evidence, more."""

    def gap(number: int, *facts: Any, **more: Any) -> Derived:
        return Derived(f"{domain}-{number:03}", *facts, **more)

    return gap


def interleaved(recording: Sequence[Recorded], more: Iterable[Recorded]) -> list[Recorded]:
    """All of them in the order in which they were made."""
    return sorted([*recording, *more], key=lambda one: one.id)


def answered(one: Replayed) -> Recorded:
    """A derived exchange with the answer that it got: what the other backend is held against."""
    given = one.exchange.modern
    headers = {name: value for name, value in given.headers if name in _RECORDED_HEADERS}
    return replace(one.recorded, status=given.status, answer=json_of(given.body), answer_headers=headers)


def at(answer: Any, path: str) -> Any:
    """The value at a path; a list of values where it has `[*]`, None where it leads nowhere."""
    found, spread = [answer], False
    for key, index in _STEP.findall(path):
        if index == "*":
            found, spread = [item for one in found for item in one or ()], True
        elif index:
            found = [one[int(index)] if one and len(one) > int(index) else None for one in found]
        else:
            found = [one.get(key) if isinstance(one, dict) else None for one in found]
    return found if spread else found[0]
