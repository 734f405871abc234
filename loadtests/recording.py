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
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt

from loadtests.errors import RecordingError

_PLACEHOLDER = re.compile(r"\{\{(\w+)\.([\w.\[\]-]+)\}\}")
_TOKEN_LIFE_S = 900


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


@dataclass(frozen=True, slots=True)
class Sendable:
    """A request ready for the wire: `target` is the raw path and query."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


def load_recording(contract: Path, domain: str) -> list[Recorded]:
    """The exchanges of one domain in the order they were made.

    Raises RecordingError when `contract` has no recording of that domain.
    """
    file = contract / "exchanges" / f"{domain}.jsonl"
    try:
        lines = file.read_text().splitlines()
        volatile = json.loads((contract / "volatile_paths.json").read_text())
    except OSError as error:
        raise RecordingError(f"no recording of {domain} in {contract}: {error.strerror} ({error.filename})") from error
    return [_recorded(json.loads(line), volatile) for line in lines]


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
    )


class Credentials:
    """Authentication headers of the recording's users, from the seed's `users.json` and the JWT secret."""

    def __init__(self, contract: Path, jwt_secret: str) -> None:
        try:
            rows = json.loads((contract / "seed" / "users.json").read_text())
        except OSError as error:
            raise RecordingError(f"no seed users in {contract}: {error.strerror} ({error.filename})") from error
        self._users = {row["username"]: row for row in rows}
        self._secret = jwt_secret

    def headers(self, user: str | None) -> dict[str, str]:
        """The headers that make a request come from `user`, in the notation of the recording."""
        kind, _, name = (user or "").partition(":")
        match kind:
            case "":
                return {}
            case "badtoken":
                return {"Authorization": "Bearer not-a-token"}
            case "apikey":
                return {"X-API-Key": hashlib.sha256(f"synthetic-api-key:{name}".encode()).hexdigest()}
            case "expired":
                return self._bearer(self._users[name], issued_at=time.time() - 2 * _TOKEN_LIFE_S)
            case "ghost":
                ghost = {"id": "deadbeef-0000-4000-8000-000000000000", "email": "ghost@example.test", "role": "agent"}
                return self._bearer(ghost, issued_at=time.time())
            case _:
                return self._bearer(self._users[kind], issued_at=time.time())

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
        body = _resolve(json.dumps(exchange.body), answers).encode()
    return Sendable(exchange.method, f"{path}?{query}" if query else path, headers, body)


def _query_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resolve(text: str, answers: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found: Any = answers.get(match[1])
        for key in re.findall(r"[\w-]+", match[2]):
            found = _step(found, key)
        if found is None:
            raise RecordingError(f"no value for {match[0]}: the answer of {match[1]} has not been seen or lacks it")
        return str(found)

    return _PLACEHOLDER.sub(value, text)


def _step(found: Any, key: str) -> Any:
    if isinstance(found, list) and key.isdigit() and int(key) < len(found):
        return found[int(key)]
    return found.get(key) if isinstance(found, dict) else None


def depends_on(exchange: Recorded) -> set[str]:
    """The names of the earlier exchanges whose answers this one needs."""
    return {match[1] for match in _PLACEHOLDER.finditer(exchange.path + json.dumps(exchange.body))}


def of_endpoints(exchanges: Iterable[Recorded], templates: Iterable[tuple[str, str]]) -> list[Recorded]:
    """Only the exchanges of the given (method, path template) pairs; one segment for each `{…}`."""
    patterns = [(method, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))) for method, path in templates]
    return [
        exchange
        for exchange in exchanges
        if any(exchange.method == method and pattern.fullmatch(exchange.path) for method, pattern in patterns)
    ]
