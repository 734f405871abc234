"""The rules of the edge: which headers pass, which go, which the proxy sets (wire.md, RFC 9110 section 7.6)."""

import hashlib
import re
from typing import Final
from urllib.parse import urlsplit

from parity.exchange import MODERN, Backend
from proxy import fields, trace_context
from proxy.fields import (
    EXPECT,
    FORWARDED,
    FORWARDED_FOR,
    FORWARDED_HOST,
    FORWARDED_PROTO,
    LENGTH,
    REQUEST_ID,
    TRACEPARENT,
    UPGRADE,
    VIA,
    Lines,
    name_of,
    value_of,
)
from proxy.settings import ProxySettings
from proxy.wire.heads import CHUNKED, AnswerHead, RequestHead

SERVED_BY: Final = "X-Served-By"
FLAG_VERSION: Final = "X-Flag-Version"

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}").fullmatch
_VISIBLE = bytes(range(0x21, 0x7F))
_MAX_REQUEST_ID_BYTES = 128
_OPTIONS = frozenset({b"close", b"keep-alive", b"upgrade"})
_UNTOUCHABLE = frozenset({b"host", b"content-length"})
"""What `Connection` may name without effect: removing these would change which message it is."""
_NOT_TUNNELLED = frozenset({b"h2c"})
"""A tunnel in another version of HTTP would go around every rule of this proxy (RFC 9113 section 3.1)."""


class Peer:
    """Who is at the other end of a client's connection; `trusted` says that its `X-Forwarded-*` are believed."""

    __slots__ = ("_host", "_lines", "address", "scheme", "trusted")

    def __init__(self, address: str, scheme: str, *, trusted: bool) -> None:
        self.address = address
        self.scheme = scheme
        self.trusted = trusted
        self._host: bytes | None = None
        self._lines = b""

    def lines(self, via: bytes, host: bytes | None) -> bytes:
        """What a request carries that this peer sent by itself; made once for all its requests to one host."""
        if not self._lines or host != self._host:
            self._host = host
            self._lines = _forwarding(
                via,
                self.address.encode(),
                forwarded(None, self.address, host, self.scheme),
                self.scheme,
                host,
            )
        return self._lines


class Inbound:
    """What the head of a request became: the lines for either backend, and what was read on the way.

    `address` is the client's as far as the hops before us are trusted. `upgrade` is what is to be tunnelled, or empty.
    `parent` is the client's `traceparent` where requests are traced, and empty if there was none that is valid.
    """

    __slots__ = ("address", "lines", "looped", "parent", "request_id", "upgrade")

    def __init__(
        self,
        lines: Lines,
        request_id: bytes,
        address: str,
        *,
        looped: bool = False,
        upgrade: bytes = b"",
        parent: str = "",
    ) -> None:
        self.lines = lines
        self.request_id = request_id
        self.address = address
        self.looped = looped
        self.upgrade = upgrade
        self.parent = parent


class EdgeHeaders:
    """Applies the rules; made once per worker."""

    def __init__(self, settings: ProxySettings) -> None:
        name = hashlib.blake2b(settings.token_key[:64], digest_size=4, person=b"via").hexdigest()
        self.pseudonym = f"crossfade-{name}"
        self._own = self.pseudonym.encode()
        self._via = b"Via: 1.1 " + self._own
        self._trusted = settings.trusted_hops
        self._host = b"Host: " + (urlsplit(settings.legacy_url).netloc or "localhost").encode()
        self._keeps_timing = settings.keep_server_timing
        self._exposes = settings.expose_served_by
        self._is_traced = settings.telemetry.otlp_endpoint is not None
        self._trace_rate = settings.telemetry.trace_rate
        self._legacy_proof = self._modern_proof = (-1, b"")

    def peer(self, address: str, scheme: str) -> Peer:
        """The peer of a connection; `scheme` is http or https."""
        return Peer(address, scheme, trusted=address in self._trusted)

    def inbound(self, head: RequestHead, peer: Peer, fresh_id: bytes) -> Inbound:
        """The lines that a backend gets. `fresh_id` (32 hex digits) names a request that has no name."""
        if not head.is_plain or self._is_traced:
            return self._inbound(head, peer, fresh_id)
        request_id = head.request_id
        if request_id is None or not _is_request_id(request_id):
            request_id = fresh_id
        lines = head.kept
        lines.append(
            b"%b\r\nX-Request-Id: %b\r\ntraceparent: 00-%b-%b-01"
            % (peer.lines(self._via, head.host), request_id, fresh_id, fresh_id[:16])
        )
        return Inbound(lines, request_id, peer.address)

    def _inbound(self, head: RequestHead, peer: Peer, fresh_id: bytes) -> Inbound:  # noqa: C901, PLR0912  one pass, one arm a kind
        """As `inbound`, for a head that has more to say."""
        request_id = head.request_id
        traceparent = None
        looped = is_forwarded = False
        upgrade = head.upgrade
        for kind, line in head.found:
            if kind == REQUEST_ID:
                request_id = value_of(line)
            elif kind == TRACEPARENT:
                traceparent = value_of(line)
            elif kind == VIA:
                looped = looped or self._own in line
            elif FORWARDED <= kind <= FORWARDED_PROTO:
                is_forwarded = True
        lines = head.kept
        if head.host is None:
            lines.insert(0, self._host)  # RFC 9112 section 3.2: HTTP/1.0 may leave it out, HTTP/1.1 may not
        if head.named is not None:
            lines = _without(lines, head.named)
        if head.expects_continue and not head.is_http11:
            lines = [line for line in lines if fields.REQUESTS[name_of(line)] != EXPECT]
        if upgrade:
            upgrade = b"" if head.length or _NOT_TUNNELLED & fields.tokens(upgrade) else upgrade
        if request_id is None or not _is_request_id(request_id):
            request_id = fresh_id
        parent = ""
        if self._is_traced:
            parent, traceparent = self._traced(traceparent, fresh_id)
        elif traceparent is None or not _TRACEPARENT(traceparent):
            traceparent = b"00-%b-%b-01" % (fresh_id, fresh_id[:16])
        address = peer.address
        if is_forwarded and peer.trusted:
            own, address = self._passed_on(head, peer)
        else:
            own = peer.lines(self._via, head.host)
        lines.append(b"%b\r\nX-Request-Id: %b\r\ntraceparent: %b" % (own, request_id, traceparent))
        if head.length == CHUNKED:
            lines.append(b"Transfer-Encoding: chunked")
        if upgrade:
            lines += (b"Connection: Upgrade", b"Upgrade: " + upgrade)
        return Inbound(lines, request_id, address, looped=looped, upgrade=upgrade, parent=parent)

    def outbound(self, head: AnswerHead, served_by: Backend, version: int) -> Lines:
        """The lines that the client gets of those that the backend sent; of an upgrade, `Upgrade` too."""
        lines = head.kept
        if head.is_plain:
            if self._exposes:
                lines.append(self._proof_of(served_by, version))
            return lines
        drops: set[int] = set()
        for kind, line in head.found:
            if (kind == fields.SERVER_TIMING and not self._keeps_timing) or (
                kind == fields.PROOF and self._exposes
            ):
                drops.add(kind)
            elif kind == LENGTH and (head.status < 200 or head.status == 204):
                drops.add(kind)  # RFC 9110 section 8.6
            elif kind == UPGRADE and head.status == 101:
                lines = [*lines, line]
        if drops:
            lines = [line for line in lines if fields.ANSWERS[name_of(line)] not in drops]
        if head.named is not None:
            lines = _without(lines, head.named)
        if self._exposes and not head.is_interim:
            lines.append(self._proof_of(served_by, version))
        return lines

    def observed(self, block: bytes) -> tuple[tuple[tuple[str, str], ...], int | None]:
        """What parity compares of an answer's fields (lines, each with CR LF), and its query count.

        Names in lower case, repeats kept, without what ends here and what the proxy would set itself. Values are as
        they read in UTF-8, else in Latin-1, which is HTTP's own reading.
        """
        lines, found = fields.sort_out(*fields.lines_of(block, fields.ANSWER_SHAPES))
        query_count = None
        named: frozenset[bytes] = frozenset()
        for kind, line in found:
            if kind == fields.INTERNAL:
                query_count = _query_count(line, query_count)
            elif kind == fields.CONNECTION:
                named |= fields.tokens(value_of(line))
        gone = {fields.PROOF} if self._keeps_timing else {fields.PROOF, fields.SERVER_TIMING}
        kept = [line for line in _without(lines, named) if fields.ANSWERS[name_of(line)] not in gone]
        return tuple(
            (name_of(line).decode().lower(), _readable(value_of(line))) for line in kept
        ), query_count

    def _traced(self, traceparent: bytes | None, fresh_id: bytes) -> tuple[str, bytes]:
        """The client's span, if there is one, and the proxy's, which is what backends get as their parent."""
        given = "" if traceparent is None else fields.text(traceparent)
        parent = given if trace_context.is_parent(given) else ""
        return parent, trace_context.child_of(parent, fresh_id.decode(), self._trace_rate).encode()

    def _passed_on(self, head: RequestHead, peer: Peer) -> tuple[bytes, str]:
        """The lines that continue what a trusted hop said, and the client's address by it."""
        addresses: list[bytes] = []
        element = outer_host = outer_scheme = None
        for kind, line in head.found:
            if kind == FORWARDED_FOR:
                addresses.append(value_of(line))
            elif kind == FORWARDED_HOST:
                outer_host = value_of(line)
            elif kind == FORWARDED_PROTO:
                outer_scheme = value_of(line)
            elif kind == FORWARDED:
                element = value_of(line) if element is None else b"%b, %b" % (element, value_of(line))
        way = b", ".join([*addresses, peer.address.encode()])
        own = _forwarding(
            self._via,
            way,
            forwarded(element, peer.address, head.host, peer.scheme),
            (outer_scheme or peer.scheme.encode()).decode("latin-1"),
            outer_host or head.host,
        )
        hops = [fields.text(hop.strip()) for value in addresses for hop in value.split(b",")]
        return own, next((hop for hop in reversed(hops) if hop and hop not in self._trusted), peer.address)

    def _proof_of(self, served_by: Backend, version: int) -> bytes:
        proof = self._modern_proof if served_by is MODERN else self._legacy_proof
        if proof[0] != version:
            proof = (version, f"{SERVED_BY}: {served_by.value}\r\n{FLAG_VERSION}: {version}".encode())
            if served_by is MODERN:
                self._modern_proof = proof
            else:
                self._legacy_proof = proof
        return proof[1]


def forwarded(before: bytes | None, address: str, host: bytes | None, scheme: str) -> bytes:
    """The value of `Forwarded` (RFC 7239): one more element behind those that were there."""
    element = f'for="[{address}]"' if ":" in address else f"for={address or 'unknown'}"
    own = element.encode()
    if host and b'"' not in host and b"\\" not in host:
        own += b';host="%b"' % host
    own += b";proto=" + scheme.encode()
    return b"%b, %b" % (before, own) if before else own


def _forwarding(via: bytes, way: bytes, element: bytes, scheme: str, host: bytes | None) -> bytes:
    lines = [
        via,
        b"X-Forwarded-For: " + way,
        b"X-Forwarded-Proto: " + scheme.encode("latin-1"),
        b"Forwarded: " + element,
    ]
    if host:
        lines.append(b"X-Forwarded-Host: " + host)
    return b"\r\n".join(lines)


def _is_request_id(value: bytes) -> bool:
    return 0 < len(value) <= _MAX_REQUEST_ID_BYTES and not value.translate(None, _VISIBLE)


def _without(lines: Lines, named: frozenset[bytes]) -> Lines:
    """The lines that `Connection` does not name."""
    names = named - _OPTIONS - _UNTOUCHABLE
    if not names:
        return lines
    return [line for line in lines if name_of(line).lower() not in names]


def _query_count(line: bytes, found: int | None) -> int | None:
    value = value_of(line)
    if name_of(line).lower() == b"x-query-count" and value.isdigit() and len(value) < 10:
        return int(value)
    return found


def _readable(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
