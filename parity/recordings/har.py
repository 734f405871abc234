"""HAR 1.2 read as recorded exchanges, whoever wrote it: Chromium, Firefox, Playwright, a proxy.

Contents of a HAR are decoded, so what its answers say of coding and length is left out. Headers that HTTP/2 made of
the request line are left out too.
"""

import base64
import json
import urllib.parse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from parity.errors import RecordingError
from parity.exchange import Backend
from parity.recordings.line import BadLine, Lines, Pairs, RecordedExchange

_OF_THE_CODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_WITHOUT_BODY = frozenset({204, 205, 304})
_WEB = ("http://", "https://")
_SOCKETS = ("ws://", "wss://")


def read_har(content: bytes, name: str, host: str | None = None) -> Lines:
    """The exchanges with one host, in the order in which they began; entries count from 1 as they stand in the file.

    Raises RecordingError when it is no HAR, or when there are several hosts and none was chosen.
    """
    entries = _entries(content, name)
    chosen = _host(entries, name, host)
    found: list[tuple[float, RecordedExchange]] = []
    bad: list[BadLine] = []
    for number, entry in enumerate(entries, 1):
        url = _url(entry)
        if url.startswith(_SOCKETS):
            bad.append(BadLine(number, "a WebSocket cannot be sent again"))
        elif url.startswith(_WEB) and urllib.parse.urlsplit(url).netloc.rpartition("@")[2] == chosen:
            try:
                found.append((_began_at(entry), _exchange(entry, number)))
            except RecordingError as error:
                bad.append(BadLine(number, str(error)))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                bad.append(BadLine(number, f"not an entry of HAR 1.2 ({type(error).__name__}: {error})"))
    found.sort(key=lambda one: one[0])
    yield from bad
    for began_at, exchange in found:
        yield replace(exchange, at_s=began_at - found[0][0])


def _entries(content: bytes, name: str) -> Sequence[Any]:
    try:
        entries = json.loads(content.decode("utf-8-sig"))["log"]["entries"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise RecordingError(f"{name}: expected a HAR with log.entries") from error
    if not isinstance(entries, list):
        raise RecordingError(f"{name}: log.entries: expected a list")
    return entries


def _host(entries: Sequence[Any], name: str, host: str | None) -> str | None:
    urls = [url for url in map(_url, entries) if url.startswith(_WEB)]
    hosts = Counter(urllib.parse.urlsplit(url).netloc.rpartition("@")[2] for url in urls)
    known = ", ".join(f"{one} ({n})" for one, n in hosts.most_common(8))
    if host is not None and host not in hosts:
        raise RecordingError(f"host {host!r}: {name} has {known or 'none'}")
    if host is None and len(hosts) > 1:
        raise RecordingError(
            f"{name} has exchanges with {len(hosts)} hosts, {known}: expected one, by --host"
        )
    return host or next(iter(hosts), None)


def _url(entry: Any) -> str:
    try:
        return str(entry["request"]["url"])
    except (KeyError, TypeError):
        return _WEB[0]


def _began_at(entry: Mapping[str, Any]) -> float:
    moment = datetime.fromisoformat(entry["startedDateTime"])
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _exchange(entry: Mapping[str, Any], number: int) -> RecordedExchange:
    request, response = entry["request"], entry.get("response") or {}
    parts = urllib.parse.urlsplit(request["url"])
    method, status = str(request["method"]).upper(), int(response.get("status") or 0)
    backend = entry.get("_backend")
    return RecordedExchange(
        number=number,
        id=str(entry.get("_id", "")),
        name=str(entry.get("_name", "")),
        domain=str(entry.get("_domain", "")),
        user=str(entry.get("_user", "")),
        session=str(entry.get("_session", "")),
        backend=Backend(backend) if backend else None,
        duration_s=max(0.0, float(entry.get("time") or 0.0)) / 1_000,
        method=method,
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers=_headers(request, "Cookie"),
        body=_posted(request.get("postData")),
        status=status if 100 <= status <= 599 else 0,
        answer_headers=tuple(
            pair for pair in _headers(response, "") if pair[0].lower() not in _OF_THE_CODING
        ),
        answer_body=_content(
            response.get("content") or {}, bodiless=method == "HEAD" or status in _WITHOUT_BODY
        ),
        query_count=entry.get("_query_count"),
        volatile=tuple(entry.get("_volatile", ())),
    )


def _headers(message: Mapping[str, Any], cookie: str) -> Pairs:
    pairs = [
        (str(row["name"]), value)
        for row in message.get("headers") or ()
        if not str(row["name"]).startswith(":")
        for value in str(row["value"]).split("\n")  # several Set-Cookie, as Chromium tells them
    ]
    cookies = message.get("cookies") or ()
    if cookie and cookies and not any(name.lower() == "cookie" for name, _ in pairs):
        pairs.append((cookie, "; ".join(f"{row['name']}={row['value']}" for row in cookies)))
    return tuple(pairs)


def _posted(posted: Mapping[str, Any] | None) -> bytes:
    if not posted:
        return b""
    if text := posted.get("text"):
        if posted.get("encoding") == "base64":
            return base64.b64decode(text)
        return str(text).encode("utf-8", "surrogatepass")
    parameters = posted.get("params") or ()
    if parameters and "multipart" in str(posted.get("mimeType", "")):
        raise RecordingError("the parts of a form are not kept whole in a HAR: expected postData.text")
    return urllib.parse.urlencode([(row["name"], row.get("value", "")) for row in parameters]).encode()


def _content(content: Mapping[str, Any], *, bodiless: bool) -> bytes | None:
    text = content.get("text")
    if text is None:
        return b"" if bodiless or content.get("size") == 0 else None
    if content.get("encoding") == "base64":
        return base64.b64decode(text)
    return str(text).encode("utf-8", "surrogatepass")
