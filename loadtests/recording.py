"""The recorded exchanges of the reference API as requests that can be sent again.

The format is that of `tests/contract/README.md`: one JSON object a line, users by name, and `{{name.path}}`
for a value from the earlier answer of the exchange of that name.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt

import parity.errors
from loadtests.errors import RecordingError
from parity.recordings.variables import PLACEHOLDER, filled, value_at

_TOKEN_LIFE_S = 900
_TOKEN_REUSE_S = 300


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange; `body` is None, a JSON value, or `@raw:` and the text to send as it stands."""

    id: str
    name: str
    domain: str
    user: str | None
    method: str
    path: str
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    status: int
    answer_headers: Mapping[str, str]
    answer: Any
    sql_count: int
    volatile: tuple[str, ...]
    ws_events: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Sendable:
    """A request ready for the wire: `target` is the raw path and query."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


def load_recording(contract: Path, domain: str) -> list[Recorded]:
    """The exchanges of one domain in the order they were made.

    Raises RecordingError when `contract` has no recording of that domain, or one that is not in the format.
    """
    file = contract / "exchanges" / f"{domain}.jsonl"
    try:
        text = file.read_text()
        volatile = json.loads((contract / "volatile_paths.json").read_text())
    except OSError as error:
        raise RecordingError(
            f"no recording of {domain} in {contract}: {error.strerror} ({error.filename})"
        ) from error
    except ValueError as error:
        raise RecordingError(f"volatile_paths.json in {contract} is not JSON: {error}") from error
    return _exchanges(file, text.splitlines(), volatile)


def read_recording(file: Path) -> list[Recorded]:
    """The exchanges of one file; raises RecordingError with every line that is not in the format."""
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise RecordingError(f"no recording in {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"{file} is not a recording: it is not UTF-8") from error
    return _exchanges(file, lines, {})


def _exchanges(file: Path, lines: Iterable[str], volatile: Mapping[str, list[str]]) -> list[Recorded]:
    exchanges, problems = [], []
    for number, line in enumerate(lines, 1):
        try:
            exchanges.append(_recorded(json.loads(line), volatile))
        except KeyError as error:
            problems.append(f"line {number} lacks {error}")
        except (ValueError, TypeError, AttributeError) as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise RecordingError(f"{file} is not a recording: {'; '.join(problems)}")
    return exchanges


def _recorded(row: dict[str, Any], volatile: Mapping[str, list[str]]) -> Recorded:
    request, response = row["request"], row["response"]
    return Recorded(
        id=row["id"],
        name=row["name"],
        domain=row["domain"],
        user=row["user"],
        method=request["method"],
        path=request["path"],
        query=request["query"] or {},
        headers=request["headers"] or {},
        body=request["body"],
        status=response["status"],
        answer_headers=response["headers"],
        answer=response["body"],
        sql_count=row["sql_count"],
        volatile=tuple(volatile.get(f"{row['id']} {row['name']}", ())),
        ws_events=tuple(row.get("ws_events", ())),
    )


class Credentials:
    """Authentication headers of the recording's users, from the seed's `users.json` and the JWT secret."""

    def __init__(self, contract: Path, jwt_secret: str) -> None:
        file = contract / "seed" / "users.json"
        try:
            self._users: dict[str, dict[str, Any]] = {
                row["username"]: row for row in json.loads(file.read_text())
            }
        except OSError as error:
            raise RecordingError(
                f"no seed users in {contract}: {error.strerror} ({error.filename})"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"{file} is not a list of users: {error}") from error
        self._secret = jwt_secret
        self._issued: dict[str, tuple[float, dict[str, str]]] = {}

    def headers(self, user: str | None) -> dict[str, str]:
        """The headers that make a request come from `user`, in the notation of the recording.

        A token is used again for a third of its life, so that a load test does not measure the signing.
        Raises RecordingError for a user that the seed does not have.
        """
        now_s = time.time()
        issued_at, headers = self._issued.get(user or "", (0.0, {}))
        if now_s - issued_at > _TOKEN_REUSE_S:
            headers = self._issue(user or "", now_s)
            self._issued[user or ""] = (now_s, headers)
        return dict(headers)

    def _issue(self, user: str, now_s: float) -> dict[str, str]:
        kind, _, name = user.partition(":")
        match kind:
            case "":
                return {}
            case "badtoken":
                return {"Authorization": "Bearer not-a-token"}
            case "apikey":
                return {"X-API-Key": hashlib.sha256(f"synthetic-api-key:{name}".encode()).hexdigest()}
            case "expired":
                return self._bearer(self._row(name), issued_at=now_s - 2 * _TOKEN_LIFE_S)
            case "ghost":
                ghost = {
                    "id": "deadbeef-0000-4000-8000-000000000000",
                    "email": "ghost@example.test",
                    "role": "agent",
                }
                return self._bearer(ghost, issued_at=now_s)
            case _:
                return self._bearer(self._row(kind), issued_at=now_s)

    def _row(self, name: str) -> Mapping[str, Any]:
        try:
            return self._users[name]
        except KeyError:
            raise RecordingError(
                f"the seed has no user {name!r}, only {', '.join(sorted(self._users))}"
            ) from None

    def _bearer(self, row: Mapping[str, Any], *, issued_at: float) -> dict[str, str]:
        claims = {key: row[key] for key in ("id", "email", "role")}
        claims |= {"iat": int(issued_at), "exp": int(issued_at) + _TOKEN_LIFE_S}
        return {"Authorization": f"Bearer {jwt.encode(claims, self._secret, algorithm='HS256')}"}


def sendable(exchange: Recorded, credentials: Credentials, answers: Mapping[str, Any]) -> Sendable:
    """Resolve one recorded exchange; `answers` are the JSON answers so far, by exchange name.

    Raises RecordingError when a placeholder names an answer that is not there.
    """
    path = _resolve(exchange.path, answers)
    query = urlencode({key: _query_text(value) for key, value in exchange.query.items()})
    headers = credentials.headers(exchange.user) | dict(exchange.headers)
    body: bytes | None = None
    if isinstance(exchange.body, str) and exchange.body.startswith("@raw:"):
        body = exchange.body.removeprefix("@raw:").encode()
    elif exchange.body is not None:
        body = json.dumps(_resolve_body(exchange.body, answers)).encode()
    return Sendable(exchange.method, f"{path}?{query}" if query else path, headers, body)


def _query_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resolve_body(value: Any, answers: Mapping[str, Any]) -> Any:
    match value:
        case str():
            return _resolve(value, answers)
        case list():
            return [_resolve_body(item, answers) for item in value]
        case dict():
            return {key: _resolve_body(item, answers) for key, item in value.items()}
        case _:
            return value


def _resolve(text: str, answers: Mapping[str, Any]) -> str:
    try:
        return filled(text, lambda reference: value_at(answers.get(reference[0]), reference[1]))
    except parity.errors.RecordingError as error:
        raise RecordingError(str(error)) from error


def depends_on(exchange: Recorded) -> set[str]:
    """The names of the earlier exchanges whose answers this one needs."""
    return {match[1] for match in PLACEHOLDER.finditer(exchange.path + json.dumps(exchange.body))}


def of_endpoints(exchanges: Iterable[Recorded], templates: Iterable[tuple[str, str]]) -> list[Recorded]:
    """Only the exchanges of the given (method, path template) pairs; one segment for each `{…}`."""
    listed = list(templates)
    return [exchange for exchange in exchanges if endpoint_of(exchange, listed) is not None]


def endpoint_of(exchange: Recorded, templates: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The (method, path template) that an exchange belongs to; of several the one with the fewest `{…}`."""
    found = [
        (method, path)
        for method, path in templates
        if exchange.method == method and _pattern(path).fullmatch(exchange.path)
    ]
    return min(found, key=lambda template: template[1].count("{"), default=None)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))
