"""GoReplay's files: a line with kind, id and time, the raw HTTP/1.1 message, and three monkeys between two of them.

The line is `1 ID TIME LATENCY` for a request, `2 …` for the answer that it got and `3 …` for that of an earlier replay;
times are nanoseconds, and the last may be missing. Sources: https://github.com/buger/goreplay/wiki/Saving-and-Replaying-from-file
and the middleware's protocol there.
"""

from collections.abc import Iterable, Mapping
from typing import BinaryIO
from urllib.parse import urlsplit

from parity.errors import RecordingError
from parity.recordings.line import BadLine, Lines, Pairs, RecordedExchange, reason_phrase

SEPARATOR = "\n🐵🙈🙉\n".encode()
_REQUEST, _ANSWER = b"1", b"2"
_NS = 1_000_000_000
_CREDENTIALS = frozenset({"authorization", "cookie", "x-api-key"})


def read_goreplay(content: bytes) -> Lines:
    """The requests in the order in which they came, each with its answer; payloads count from 1.

    GoReplay does not tell clients apart: a session is made of requests with the same credentials.
    """
    payloads = [part for part in content.split(SEPARATOR) if part.strip()]
    answers = {id_: (head, message) for head, id_, message in map(_parts, payloads) if head[:1] == [_ANSWER]}
    sessions: dict[tuple[str, ...], str] = {}
    first_ns: int | None = None
    for number, payload in enumerate(payloads, 1):
        head, id_, message = _parts(payload)
        if head[:1] in ([_ANSWER], [b"3"]):
            continue
        try:
            at_ns = _began_ns(head)
            first_ns = at_ns if first_ns is None else first_ns
            start, headers, body = _message(message)
            method, target = _request_line(start)
        except RecordingError as error:
            yield BadLine(number, str(error))
            continue
        key = tuple(value for name, value in headers if name.lower() in _CREDENTIALS)
        answer_head, answer = answers.get(id_, ([], b""))
        status, answer_headers, answer_body = _answer(answer, bodiless=method == "HEAD")
        yield RecordedExchange(
            number=number,
            id=id_.decode("ascii", "replace"),
            session=sessions.setdefault(key, f"client-{len(sessions) + 1}"),
            at_s=max(0, at_ns - first_ns) / _NS,
            duration_s=_took_s(answer_head, at_ns),
            method=method,
            target=target,
            headers=headers,
            body=body,
            status=status,
            answer_headers=answer_headers,
            answer_body=answer_body,
        )


def _parts(payload: bytes) -> tuple[list[bytes], bytes, bytes]:
    line, _, message = payload.lstrip(b"\r\n").partition(b"\n")
    head = line.split()
    return head or [b""], head[1] if len(head) > 1 else b"", message


def _began_ns(head: list[bytes]) -> int:
    if head[0] != _REQUEST or len(head) not in (3, 4) or not head[2].isdigit():
        line = b" ".join(head)[:40].decode("ascii", "replace")
        raise RecordingError(f"{line!r}: expected a line like `1 ID NANOSECONDS` before the message")
    return int(head[2])


def _took_s(head: list[bytes], asked_ns: int) -> float:
    """Newer files tell when the answer came and what it took, older ones only the latter."""
    if len(head) < 3 or not all(part.lstrip(b"-").isdigit() for part in head[2:]):
        return 0.0
    if len(head) > 3 and int(head[3]) > 0:
        return int(head[3]) / _NS
    told_ns = int(head[2])
    return max(0, told_ns - asked_ns if told_ns >= asked_ns else told_ns) / _NS


def _message(raw: bytes) -> tuple[str, Pairs, bytes]:
    """First line, headers and body; raises RecordingError where the body is not whole."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    if not gap:
        head, gap, body = raw.partition(b"\n\n")
    start, headers = _fields(head)
    lower = {name.lower(): value for name, value in headers}
    if "chunked" in lower.get("transfer-encoding", "").lower():
        kept = tuple(pair for pair in headers if pair[0].lower() != "transfer-encoding")
        return start, kept, _dechunked(body)
    length = lower.get("content-length", "")
    if length.isdigit() and len(body) < int(length):
        raise RecordingError(f"the body has {len(body)} of {length} bytes")
    return start, headers, body[: int(length)] if length.isdigit() else body


def _fields(head: bytes) -> tuple[str, Pairs]:
    start, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    split = (line.partition(":") for line in lines if line)
    return start, tuple((name.strip(), value.strip()) for name, _, value in split)


def _dechunked(body: bytes) -> bytes:
    pieces: list[bytes] = []
    rest = body
    while True:
        size, gap, rest = rest.partition(b"\r\n")
        try:
            length = int(size.partition(b";")[0], 16) if gap else -1
        except ValueError:
            length = -1
        if length < 0 or len(rest) < length:
            raise RecordingError("the body ends inside a chunk")
        if not length:
            return b"".join(pieces)
        pieces.append(rest[:length])
        rest = rest[length + 2 :]


def _request_line(start: str) -> tuple[str, str]:
    method, _, rest = start.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not method.isalpha() or not version.startswith("HTTP/"):
        raise RecordingError(f"{start[:40]!r}: expected a request line like GET /path HTTP/1.1")
    if not target.startswith("/"):  # as a proxy is asked
        parts = urlsplit(target)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return method.upper(), target


def _answer(raw: bytes, *, bodiless: bool) -> tuple[int, Pairs, bytes | None]:
    """Status 0 where there is none, and no body where it is not whole."""
    if not raw:
        return 0, (), b""
    status = raw[:64].split(b" ")[1:2]
    code = int(status[0][:3]) if status and status[0][:3].isdigit() else 0
    if bodiless or code in (204, 304):
        raw = raw.partition(b"\r\n\r\n")[0]
        return code, _fields(raw)[1], b""
    try:
        _, headers, body = _message(raw)
    except RecordingError:
        return code, (), None
    return code, headers, body


class GoReplayWriter:
    """Writes one file, payload by payload. Names, users and domains have no place there and are left out."""

    def __init__(self, stream: BinaryIO, base_url: str, began_at: float) -> None:
        self._stream = stream
        self._host = urlsplit(base_url).netloc or "backend.invalid"
        self._began_ns = int(began_at * _NS)

    def write(self, exchanges: Iterable[RecordedExchange]) -> int:
        """How many requests it has."""
        written = 0
        for exchange in exchanges:
            written += 1
            at_ns, took_ns = self._began_ns + round(exchange.at_s * _NS), round(exchange.duration_s * _NS)
            id_ = f"{exchange.number:024x}"
            start = f"{exchange.method} {exchange.target} HTTP/1.1"
            host = {} if any(name.lower() == "host" for name, _ in exchange.headers) else {"Host": self._host}
            self._put(f"1 {id_} {at_ns} 0", start, exchange.headers, exchange.body, host)
            if exchange.status and exchange.answer_body is not None:
                start = f"HTTP/1.1 {exchange.status} {reason_phrase(exchange.status)}"
                head = f"2 {id_} {at_ns + took_ns} {took_ns}"
                self._put(head, start, exchange.answer_headers, exchange.answer_body, {})
        return written

    def _put(self, head: str, start: str, headers: Pairs, body: bytes, more: Mapping[str, str]) -> None:
        if SEPARATOR in body:
            raise RecordingError("a body holds GoReplay's separator: it cannot be written in that form")
        kept = [pair for pair in headers if pair[0].lower() not in ("content-length", "transfer-encoding")]
        length = (
            [("Content-Length", str(len(body)))]
            if body or start.startswith(("POST", "PUT", "PATCH", "HTTP"))
            else []
        )
        lines = [start, *(f"{name}: {value}" for name, value in (*more.items(), *kept, *length)), "", ""]
        self._stream.write(
            f"{head}\n".encode() + "\r\n".join(lines).encode("latin-1", "replace") + body + SEPARATOR
        )
