"""A small strict reading of HTTP/1.1, of the tests' own: where messages end, and one canonical spelling of each.

Canonical is: chunks joined into one (extensions and trailers are an error here), one space before each value, the
headers that the proxy itself adds left out, chunking and `Connection` last. So expected bytes can be written down.
"""

import re
from dataclasses import dataclass, field

OWN = frozenset(
    {b"via", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"}
    | {b"x-request-id", b"traceparent", b"x-crossfade-writes"}
)
_LAST = {b"transfer-encoding": 1, b"connection": 2}
_BODILESS = re.compile(rb"HTTP/1\.[01] (1\d\d|204|304) ").match
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]?[^\x00-\x08\x0a-\x1f\x7f]*").fullmatch
_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}").fullmatch


class UnreadableError(ValueError):
    """These bytes are no message that a strict reader takes."""


@dataclass
class Message:
    """One message; `is_whole` is False where the bytes end before it does. `end` is the offset behind it."""

    line: bytes
    fields: list[bytes]
    framing: str
    body: bytes = b""
    is_whole: bool = False
    end: int = 0
    values: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Of an answer."""
        return int(self.line.split(b" ")[1])

    def canonical(self, own: frozenset[bytes] = OWN) -> bytes:
        """The one spelling; what is cut off stays cut off."""
        kept = [_spelled(one) for one in self.fields if _name(one) not in own]
        kept.sort(key=lambda one: _LAST.get(_name(one), 0))
        head = b"\r\n".join([self.line, *kept, b"", b""])
        if self.framing != "chunked":
            return head + self.body
        chunk = b"%x\r\n%s\r\n" % (len(self.body), self.body) if self.body else b""
        return head + chunk + (b"0\r\n\r\n" if self.is_whole else b"")


def _name(field_line: bytes) -> bytes:
    return field_line.partition(b":")[0].lower()


def _spelled(field_line: bytes) -> bytes:
    name, _, value = field_line.partition(b":")
    return name + b": " + value.strip(b" \t")


def requests_in(raw: bytes) -> list[Message]:
    """All requests, the last perhaps not whole. Raises `UnreadableError`."""
    found: list[Message] = []
    at = 0
    while (message := _head(raw, at)) is not None:
        message.framing = _framing(message) or "none"
        _read_body(message, raw)
        found.append(message)
        if not message.is_whole:
            return found
        at = message.end
    return found


def answers_in(raw: bytes, methods: list[bytes], *, has_ended: bool) -> list[Message]:
    """All answers to requests with these methods, interim ones among them; the last perhaps not whole."""
    found: list[Message] = []
    at = final = 0
    while (message := _head(raw, at)) is not None:
        method = methods[final] if final < len(methods) else b"GET"
        bodiless = _BODILESS(message.line)
        if message.line.startswith(b"HTTP/1.1 101 "):
            message.framing, message.body, message.end = "tunnel", raw[message.end :], len(raw)
            message.is_whole = True
        elif bodiless or method == b"HEAD":
            message.framing, message.is_whole = "none", True
        else:
            message.framing = _framing(message) or "close"
            _read_body(message, raw)
            if message.framing == "close":
                message.is_whole = has_ended
        found.append(message)
        if not message.is_whole:
            return found
        final += not message.line.split(b" ")[1].startswith(b"1")
        at = message.end
    return found


def _head(raw: bytes, at: int) -> Message | None:
    end = raw.find(b"\r\n\r\n", at)
    if end < 0:
        return None
    head = raw[at:end]
    line, *fields = head.split(b"\r\n")
    if any(byte in head.replace(b"\r\n", b"") for byte in b"\r\n\x00"):
        raise UnreadableError(f"a stray line end or NUL in {head!r}")
    for one in fields:
        if not _FIELD(one):
            raise UnreadableError(f"no header: {one!r}")
    values: dict[bytes, bytes] = {}
    for one in fields:
        name, _, value = one.partition(b":")
        if name.lower() in values and name.lower() in {b"content-length", b"transfer-encoding", b"host"}:
            raise UnreadableError(f"repeated: {name!r}")
        values[name.lower()] = value.strip(b" \t")
    return Message(line, fields, "none", end=end + 4, values=values)


def _framing(message: Message) -> str | None:
    encoding, length = message.values.get(b"transfer-encoding"), message.values.get(b"content-length")
    if encoding is not None:
        if encoding.lower() != b"chunked" or length is not None:
            raise UnreadableError(f"doubtful framing in {message.fields!r}")
        return "chunked"
    if length is not None:
        if not re.fullmatch(rb"\d{1,18}", length):
            raise UnreadableError(f"no length: {length!r}")
        return "length"
    return None


def _read_body(message: Message, raw: bytes) -> None:
    at = message.end
    match message.framing:
        case "none":
            message.is_whole = True
        case "close":
            message.body, message.end = raw[at:], len(raw)
        case "length":
            length = int(message.values[b"content-length"])
            message.body = raw[at : at + length]
            message.is_whole = len(message.body) == length
            message.end = at + len(message.body)
        case _:
            message.is_whole, message.body, message.end = dechunked(raw, at)


def dechunked(raw: bytes, at: int) -> tuple[bool, bytes, int]:
    """Whether the chunked body is whole, what there is of it, and where it ends. Raises `UnreadableError`."""
    parts: list[bytes] = []
    while (end := raw.find(b"\r\n", at)) >= 0:
        if not _SIZE(raw[at:end]):
            raise UnreadableError(f"no chunk size: {raw[at:end][:80]!r}")
        size = int(raw[at:end], 16)
        start = end + 2
        if size == 0:
            if len(raw) < start + 2:
                break
            if raw[start : start + 2] != b"\r\n":
                raise UnreadableError("trailers, which are to be dropped")
            return True, b"".join(parts), start + 2
        parts.append(raw[start : start + size])
        at = start + size + 2
        if len(raw) < at:
            break
        if raw[at - 2 : at] != b"\r\n":
            raise UnreadableError("a chunk that does not end where it says")
    return False, b"".join(parts), len(raw)
