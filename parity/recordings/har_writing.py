"""Recorded exchanges written as HAR 1.2, which browsers' developer tools open.

What HAR has no field for stands in fields of our own, with the underscore that HAR asks for, and is read back.
"""

import base64
import json
import urllib.parse
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO

from parity.recordings.line import Pairs, RecordedExchange, reason_phrase

_NOWHERE = "http://backend.invalid"


class HarWriter:
    """Writes one file, entry by entry."""

    def __init__(self, stream: BinaryIO, base_url: str, began_at: float) -> None:
        self._stream = stream
        self._base_url = (base_url or _NOWHERE).rstrip("/")
        self._began_at = began_at

    def write(self, exchanges: Iterable[RecordedExchange]) -> int:
        """How many entries it has."""
        creator = json.dumps({"name": "crossfade", "version": "1"})
        self._stream.write(f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['.encode())
        written = 0
        for exchange in exchanges:
            entry = json.dumps(self._entry(exchange), ensure_ascii=True)
            self._stream.write(f"{',' if written else ''}\n{entry}".encode())
            written += 1
        self._stream.write(b"\n]}}\n")
        return written

    def _entry(self, exchange: RecordedExchange) -> dict[str, Any]:
        ms = round(exchange.duration_s * 1_000, 3)
        own = {
            "_id": exchange.id,
            "_name": exchange.name,
            "_domain": exchange.domain,
            "_user": exchange.user,
            "_session": exchange.session,
            "_backend": exchange.backend,
            "_query_count": exchange.query_count,
            "_volatile": list(exchange.volatile),
        }
        return {
            "startedDateTime": datetime.fromtimestamp(self._began_at + exchange.at_s, UTC).isoformat(),
            "time": ms,
            "request": self._request(exchange),
            "response": _response(exchange),
            "cache": {},
            "timings": {"send": 0, "wait": ms, "receive": 0},
        } | {key: value for key, value in own.items() if value not in ("", None, [])}

    def _request(self, exchange: RecordedExchange) -> dict[str, Any]:
        query = exchange.target.partition("?")[2]
        request: dict[str, Any] = {
            "method": exchange.method,
            "url": self._base_url + exchange.target,
            "httpVersion": "HTTP/1.1",
            "cookies": _named(_value(exchange.headers, "cookie").split("; ")),
            "headers": _rows(exchange.headers),
            "queryString": [
                {"name": name, "value": value}
                for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True)
            ],
            "headersSize": -1,
            "bodySize": len(exchange.body),
        }
        if exchange.body:
            request["postData"] = {"mimeType": _value(exchange.headers, "content-type")} | _text(
                exchange.body
            )
        return request


def _response(exchange: RecordedExchange) -> dict[str, Any]:
    body, headers = exchange.answer_body, exchange.answer_headers
    size = -1 if body is None else len(body)
    content: dict[str, Any] = {"size": size, "mimeType": _value(headers, "content-type")}
    cookies = [value.partition(";")[0] for name, value in headers if name.lower() == "set-cookie"]
    return {
        "status": exchange.status,
        "statusText": reason_phrase(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": _named(cookies),
        "headers": _rows(headers),
        "content": content | (_text(body) if body is not None else {}),
        "redirectURL": _value(headers, "location"),
        "headersSize": -1,
        "bodySize": size,
    }


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _rows(pairs: Pairs) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _named(texts: Iterable[str]) -> list[dict[str, str]]:
    return [
        {"name": name, "value": value} for name, _, value in (text.partition("=") for text in texts) if name
    ]


def _value(pairs: Pairs, name: str) -> str:
    return next((value for key, value in pairs if key.lower() == name), "")
