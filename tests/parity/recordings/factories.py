"""Recorded exchanges and sides that answer from a table, of which a test overrides what it is about."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from parity.exchange import Backend, Endpoint, Observation
from parity.recordings.line import RecordedExchange

JSON = (("content-type", "application/json"),)
ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("escrows", "POST", "/v1/escrows"),
    Endpoint("escrows", "DELETE", "/v1/escrows/{id}"),
    Endpoint("contacts", "GET", "/v1/contacts/{id}"),
)


def recorded(**changes: Any) -> RecordedExchange:
    """A read that was answered `{"id": 1}`; `answer` is the JSON of another answer, `json` that of a body."""
    answer = changes.pop("answer", {"id": 1})
    fields: dict[str, Any] = {
        "number": 1,
        "method": "GET",
        "target": "/v1/escrows/1",
        "status": 200,
        "answer_headers": JSON,
        "answer_body": json.dumps(answer).encode(),
    }
    if "json" in changes:
        fields |= {"headers": JSON, "body": json.dumps(changes.pop("json")).encode()}
    return RecordedExchange(**(fields | changes))


def whole(**changes: Any) -> RecordedExchange:
    """An exchange of which everything was recorded."""
    fields: dict[str, Any] = {
        "id": "escrows-007",
        "name": "create",
        "domain": "escrows",
        "user": "agent_ann",
        "session": "client-2",
        "backend": Backend.LEGACY,
        "at_s": 1.25,
        "duration_s": 0.0125,
        "method": "POST",
        "target": "/v1/escrows/{{login.data.id}}?a=1&a=%20x&empty=",
        "headers": (("Content-Type", "application/json"), ("Cookie", "a=1; b=2"), ("A", "1"), ("a", "2")),
        "body": '{"é": "{{login.data.id}}"}'.encode(),
        "status": 302,
        "answer_headers": (("Location", "/x"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2")),
        "answer_body": b"\xff\x00",
        "query_count": 3,
        "volatile": ("$.data.at",),
    }
    return recorded(**(fields | changes))


def answered(body: Any, status: int = 200, **headers: str) -> Observation:
    """An answer in JSON."""
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Observation(status, (*JSON, *told), json.dumps(body).encode(), 0.01)


def endpoint_of(method: str, target: str) -> Endpoint | None:
    """The endpoint with as many segments; the templates of these tests differ in that alone."""
    path = target.partition("?")[0].split("/")
    return next(
        (
            one
            for one in ENDPOINTS
            if one.method == method
            and one.path.split("/")[:3] == path[:3]
            and len(one.path.split("/")) == len(path)
        ),
        None,
    )


Answers = Callable[[RecordedExchange], Observation]


class FakeSide:
    """A backend that answers by a function, and keeps what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.seen: list[RecordedExchange] = []

    @property
    def targets(self) -> list[str]:
        """Method and target of each request, in order."""
        return [f"{one.method} {one.target}" for one in self.seen]

    async def send(self, exchange: RecordedExchange) -> Observation:
        """What the function says."""
        self.seen.append(exchange)
        return self._answers(exchange)


def answers_of(table: Mapping[str, Any]) -> Answers:
    """By method and target: the JSON of an answer, or an observation; what is not there is a 404."""

    def answer(request: RecordedExchange) -> Observation:
        found = table.get(f"{request.method} {request.target}", answered({"error": "not found"}, 404))
        return found if isinstance(found, Observation) else answered(found)

    return answer


def numbered(lines: Iterable[RecordedExchange]) -> list[RecordedExchange]:
    """With the numbers that they have in a file."""
    return [replace(line, number=number) for number, line in enumerate(lines, 1)]
