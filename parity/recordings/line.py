"""One recorded exchange, and the line of a recording that holds it.

A line is a JSON object. What we write is exact: `query` is raw, `headers` are pairs, a body is `body_text` or
`body_base64`. What others wrote by hand is read too: `query` and `headers` as objects, `body` as a JSON value, or
`@raw:` and the text to send as it stands.
"""

import base64
import http
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parity.errors import RecordingError
from parity.exchange import SAFE_METHODS, Backend, Observation

Pairs = tuple[tuple[str, str], ...]
_RAW = "@raw:"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """One request as it was sent, with the answer that it got.

    `number` is its line in the file, from 1. `target` is the raw path and query; there, in a header and in the body may
    stand `{{name.path}}`, a value of the answer that the exchange of that name gets. `user` is one whose credentials are
    made anew, `session` tells clients apart whose exchanges keep their order. `at_s` counts from the beginning of the
    recording. `status` is 0 where no answer was recorded; `answer_body` is None where an answer was recorded without it.
    `volatile` are paths that differ between two runs of one backend.
    """

    number: int
    method: str
    target: str
    id: str = ""
    name: str = ""
    domain: str = ""
    user: str = ""
    session: str = ""
    backend: Backend | None = None
    at_s: float = 0.0
    duration_s: float = 0.0
    headers: Pairs = ()
    body: bytes = b""
    status: int = 0
    answer_headers: Pairs = ()
    answer_body: bytes | None = b""
    query_count: int | None = None
    volatile: tuple[str, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether the method is safe."""
        return self.method in SAFE_METHODS

    @property
    def label(self) -> str:
        """The id, or the place in the file."""
        return self.id or f"line-{self.number}"

    @property
    def answer(self) -> Observation | None:
        """The recorded answer; None where there is none, or not the whole of it."""
        if not self.status or self.answer_body is None:
            return None
        headers = tuple((name.lower(), value) for name, value in self.answer_headers)
        return Observation(self.status, headers, self.answer_body, self.duration_s, self.query_count)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line, or an entry, that is no exchange which could be sent again; `number` counts from 1."""

    number: int
    problem: str


Lines = Iterator[RecordedExchange | BadLine]
"""What every reader of recordings hands over."""


def decoded_line(text: str | bytes, number: int) -> RecordedExchange:
    """The exchange of a line; raises RecordingError that names the field, the value and what was expected."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordingError("not JSON") from error
    if not isinstance(row, dict):
        raise RecordingError(f"{_shown(row)}: expected an object")
    fields = _Fields(row, "")
    request = fields.inner("request")
    response = fields.inner("response")
    status = response.number("status", default=0)
    if status and not 100 <= status <= 599:
        raise RecordingError(f"response.status: {status:g}: expected 100 to 599")
    return RecordedExchange(
        number=number,
        id=fields.text("id"),
        name=fields.text("name"),
        domain=fields.text("domain"),
        user=fields.text("user"),
        session=fields.text("session"),
        backend=_backend(fields.text("backend")),
        at_s=fields.number("at_s"),
        duration_s=fields.number("ms") / 1_000,
        method=_method(request.text("method")),
        target=_target(request.text("path"), request.query()),
        headers=request.pairs("headers"),
        body=request.body() or b"",
        status=int(status),
        answer_headers=response.pairs("headers"),
        answer_body=response.body(),
        query_count=int(fields.number("sql_count")) if row.get("sql_count") is not None else None,
        volatile=tuple(str(path) for path in fields.items("volatile")),
    )


def encoded_line(exchange: RecordedExchange) -> str:
    """The line of an exchange, without what it does not say."""
    path, _, query = exchange.target.partition("?")
    request: dict[str, Any] = {"method": exchange.method, "path": path}
    if query:
        request["query"] = query
    request |= {"headers": exchange.headers} | _body_fields(exchange.body)
    row: dict[str, Any] = {
        "id": exchange.id,
        "name": exchange.name,
        "domain": exchange.domain,
        "user": exchange.user,
        "session": exchange.session,
        "backend": exchange.backend,
        "at_s": round(exchange.at_s, 6),
        "request": request,
    }
    if exchange.status:
        answered = (
            _body_fields(exchange.answer_body) if exchange.answer_body is not None else {"body_missing": True}
        )
        row["response"] = {"status": exchange.status, "headers": exchange.answer_headers} | answered
    row["ms"] = round(exchange.duration_s * 1_000, 3)
    row["sql_count"] = exchange.query_count
    row["volatile"] = exchange.volatile
    return json.dumps(
        {key: value for key, value in row.items() if value not in ("", None, ())}, ensure_ascii=False
    )


def _body_fields(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    try:
        return {"body_text": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


class _Fields:
    """One object of a line; what is wrong in it is told with its whole name."""

    def __init__(self, row: Mapping[str, Any], where: str) -> None:
        self._row = row
        self._where = where

    def inner(self, key: str) -> "_Fields":
        return _Fields(self._of(key, dict, "an object") or {}, f"{self._where}{key}.")

    def text(self, key: str) -> str:
        return str(self._of(key, str, "a text") or "")

    def number(self, key: str, default: float = 0.0) -> float:
        value = self._of(key, (int, float), "a number")
        return default if value is None else value

    def items(self, key: str) -> list[Any]:
        return self._of(key, list, "a list") or []

    def pairs(self, key: str) -> Pairs:
        value = self._of(key, (dict, list), "an object or a list of pairs") or {}
        pairs = list(value.items()) if isinstance(value, dict) else value
        for pair in pairs:
            if (
                not isinstance(pair, list | tuple)
                or len(pair) != 2
                or not all(isinstance(one, str) for one in pair)
            ):
                raise RecordingError(
                    f"{self._where}{key}: {_shown(pair)}: expected a name and a value, both texts"
                )
            if any(mark in one for one in pair for mark in "\r\n\0"):
                raise RecordingError(
                    f"{self._where}{key}: {_shown(pair)}: expected no line breaks in a header"
                )
        return tuple((str(name), str(value)) for name, value in pairs)

    def query(self) -> str:
        value = self._of("query", (dict, str), "a text or an object")
        if not isinstance(value, dict):
            return value or ""
        plain = {key: str(one).lower() if isinstance(one, bool) else one for key, one in value.items()}
        return urllib.parse.urlencode(plain, doseq=True, safe="{}")

    def body(self) -> bytes | None:
        """None where an answer was recorded without it."""
        if self._row.get("body_missing"):
            return None
        if encoded := self.text("body_base64"):
            try:
                return base64.b64decode(encoded, validate=True)
            except ValueError as error:
                raise RecordingError(
                    f"{self._where}body_base64: {_shown(encoded)}: expected base64"
                ) from error
        return (self.text("body_text") or self._told()).encode("utf-8", "surrogatepass")

    def _told(self) -> str:
        """A body that was written by hand."""
        value = self._row.get("body")
        if value is None:
            return ""
        if isinstance(value, str) and (value.startswith(_RAW) or not self._is_json()):
            return value.removeprefix(_RAW)
        return json.dumps(value)

    def _is_json(self) -> bool:
        kinds = [value for name, value in self.pairs("headers") if name.lower() == "content-type"]
        return any("json" in kind.lower() for kind in kinds)

    def _of(self, key: str, kind: type | tuple[type, ...], expected: str) -> Any:
        value = self._row.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise RecordingError(f"{self._where}{key}: {_shown(value)}: expected {expected}")
        return value


def reason_phrase(status: int) -> str:
    """What HTTP/1.1 says beside a status; nothing for one that it does not know."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _method(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").isalpha() and len(text) <= 20):
        raise RecordingError(f"request.method: {_shown(text)}: expected a method like GET")
    return text.upper()


def _target(path: str, query: str) -> str:
    # a name, and what would end the request's first line, cannot stand in a path
    if not path.startswith("/") or any(mark in path + query for mark in " \r\n\t\0#"):
        raise RecordingError(f"request.path: {_shown(path)}: expected a path from / on, as it is on the wire")
    return f"{path}?{query}" if query else path


def _backend(text: str) -> Backend | None:
    if not text:
        return None
    try:
        return Backend(text)
    except ValueError as error:
        raise RecordingError(f"backend: {_shown(text)}: expected legacy or modern") from error


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"
