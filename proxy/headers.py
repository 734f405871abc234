"""The rules of the edge: which headers pass, which go, which the proxy sets (wire.md, RFC 9110 section 7.6)."""

import hashlib
import re
from collections.abc import Sequence
from enum import Enum, auto
from functools import lru_cache

import msgspec

from parity.exchange import Backend
from proxy import trace_context
from proxy.settings import ProxySettings

Headers = Sequence[tuple[str, str]]

SERVED_BY = "X-Served-By"
FLAG_VERSION = "X-Flag-Version"

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}").fullmatch
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}").fullmatch


class _Kind(Enum):
    """What happens to a header by its name."""

    PASS = auto()
    HOP = auto()
    INTERNAL = auto()
    CONNECTION = auto()
    HOST = auto()
    VIA = auto()
    REQUEST_ID = auto()
    TRACEPARENT = auto()
    FORWARDED = auto()
    FORWARDED_FOR = auto()
    FORWARDED_HOST = auto()
    FORWARDED_PROTO = auto()
    LENGTH = auto()
    SERVER_TIMING = auto()
    PROOF = auto()


_KINDS = {
    "connection": _Kind.CONNECTION,
    "keep-alive": _Kind.HOP,
    "proxy-authenticate": _Kind.HOP,
    "proxy-authorization": _Kind.HOP,
    "proxy-connection": _Kind.HOP,
    "te": _Kind.HOP,
    "trailer": _Kind.HOP,
    "transfer-encoding": _Kind.HOP,
    "upgrade": _Kind.HOP,
    "host": _Kind.HOST,
    "via": _Kind.VIA,
    "x-request-id": _Kind.REQUEST_ID,
    "traceparent": _Kind.TRACEPARENT,
    "forwarded": _Kind.FORWARDED,
    "x-forwarded-for": _Kind.FORWARDED_FOR,
    "x-forwarded-host": _Kind.FORWARDED_HOST,
    "x-forwarded-proto": _Kind.FORWARDED_PROTO,
    "content-length": _Kind.LENGTH,
    "server-timing": _Kind.SERVER_TIMING,
    "x-served-by": _Kind.PROOF,
    "x-flag-version": _Kind.PROOF,
}
_INTERNAL = frozenset({"x-query-count", "x-write-set"})
_UNTOUCHABLE = frozenset({"host", "content-length"})
"""What `Connection` may name without effect: removing these would change which message it is."""


@lru_cache(maxsize=2_048)
def _kind(name: str) -> _Kind:
    # Some servers take `_` for `-`, so an internal name is one in either spelling.
    lowered = name.lower()
    dashed = lowered.replace("_", "-")
    if dashed in _INTERNAL or dashed.startswith("x-crossfade-"):
        return _Kind.INTERNAL
    return _KINDS.get(lowered, _Kind.PASS)


class Inbound(msgspec.Struct, frozen=True):
    """What the head of a request became: the headers for either backend, and what was read on the way.

    `address` is the client's as far as the hops before us are trusted. `parent` is the client's `traceparent` where
    requests are traced, and empty if there was none that is valid.
    """

    headers: list[tuple[str, str]]
    request_id: str
    address: str
    host: str | None
    looped: bool
    parent: str = ""


class Outbound(msgspec.Struct, frozen=True):
    """What the head of an answer became. `query_count` is None where the backend does not say."""

    headers: list[tuple[str, str]]
    query_count: int | None


class Observed(msgspec.Struct, frozen=True):
    """Headers of an answer as parity gets them: lower case, repeats kept."""

    headers: tuple[tuple[str, str], ...]
    query_count: int | None


class EdgeHeaders:
    """Applies the rules; made once per worker."""

    def __init__(self, settings: ProxySettings) -> None:
        name = hashlib.blake2b(settings.token_key[:64], digest_size=4, person=b"via").hexdigest()
        self.pseudonym = f"crossfade-{name}"
        self._via = ("Via", f"1.1 {self.pseudonym}")
        self._trusted = settings.trusted_hops
        self._keeps_timing = settings.keep_server_timing
        self._exposes = settings.expose_served_by
        self._is_traced = settings.telemetry.otlp_endpoint is not None
        self._trace_rate = settings.telemetry.trace_rate

    def inbound(self, headers: Headers, *, peer: str, scheme: str, fresh_id: str) -> Inbound:  # noqa: C901, PLR0912 -- one pass over the headers, one arm a kind
        """The headers that a backend gets. `fresh_id` (32 hex digits) names a request that has no name."""
        trusted = peer in self._trusted
        kept: list[tuple[str, str]] = []
        named: set[str] | None = None
        host = request_id = traceparent = forwarded = None
        addresses: list[str] = []
        outer_host = outer_scheme = ""
        looped = False
        for header in headers:
            name, value = header
            match _kind(name):
                case _Kind.PASS | _Kind.LENGTH | _Kind.SERVER_TIMING | _Kind.PROOF:
                    kept.append(header)
                case _Kind.HOST:
                    host = value
                    kept.append(header)
                case _Kind.CONNECTION:
                    named = _named(value, named)
                case _Kind.VIA:
                    looped = looped or self.pseudonym in value
                    kept.append(header)
                case _Kind.REQUEST_ID:
                    request_id = value
                case _Kind.TRACEPARENT:
                    traceparent = value
                case _Kind.FORWARDED_FOR if trusted:
                    addresses.append(value)
                case _Kind.FORWARDED_HOST if trusted:
                    outer_host = value
                case _Kind.FORWARDED_PROTO if trusted:
                    outer_scheme = value
                case _Kind.FORWARDED if trusted:
                    forwarded = value if forwarded is None else f"{forwarded}, {value}"
                case _:
                    pass
        if named:
            kept = [header for header in kept if header[0].lower() not in named]
        if request_id is None or not _REQUEST_ID(request_id):
            request_id = fresh_id
        parent = ""
        if self._is_traced:
            if traceparent is not None and trace_context.is_parent(traceparent):
                parent = traceparent
            traceparent = trace_context.child_of(parent, fresh_id, self._trace_rate)
        elif traceparent is None or not _TRACEPARENT(traceparent):
            traceparent = f"00-{fresh_id}-{fresh_id[:16]}-01"
        kept += (
            self._via,
            ("X-Forwarded-For", ", ".join([*addresses, peer]) if addresses else peer),
            ("X-Forwarded-Proto", outer_scheme or scheme),
            ("Forwarded", _forwarded(forwarded, peer, host, scheme)),
            ("X-Request-Id", request_id),
            ("traceparent", traceparent),
        )
        if outer_host or host:
            kept.append(("X-Forwarded-Host", outer_host or host or ""))
        address = self._client_address(addresses, peer) if addresses else peer
        return Inbound(kept, request_id, address, host, looped, parent)

    def outbound(self, headers: Headers, served_by: Backend, version: int) -> Outbound:
        """The headers that the client gets of those that the backend sent."""
        kept: list[tuple[str, str]] = []
        named: set[str] | None = None
        query_count = None
        for header in headers:
            match _kind(header[0]):
                case _Kind.HOP:
                    pass
                case _Kind.INTERNAL:
                    query_count = _query_count(header, query_count)
                case _Kind.CONNECTION:
                    named = _named(header[1], named)
                case _Kind.PROOF if self._exposes:
                    pass
                case _Kind.SERVER_TIMING if not self._keeps_timing:
                    pass
                case _:
                    kept.append(header)
        if named:
            kept = [header for header in kept if header[0].lower() not in named]
        if self._exposes:
            kept.append((SERVED_BY, served_by.value))
            kept.append((FLAG_VERSION, str(version)))
        return Outbound(kept, query_count)

    def _client_address(self, addresses: list[str], peer: str) -> str:
        hops = [hop.strip() for value in addresses for hop in value.split(",")]
        return next((hop for hop in reversed(hops) if hop and hop not in self._trusted), peer)


def observe(outbound: Outbound) -> Observed:
    """What the client got of an answer's headers, without the proxy's own: what parity compares."""
    lowered = ((name.lower(), _text(value)) for name, value in outbound.headers)
    kept = tuple(header for header in lowered if _KINDS.get(header[0]) is not _Kind.PROOF)
    return Observed(kept, outbound.query_count)


def _text(value: str) -> str:
    # Bytes that are no UTF-8 came as surrogates, which no encoder takes; HTTP's own reading is Latin-1.
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value


def _named(value: str, named: set[str] | None) -> set[str]:
    tokens = {token.strip().lower() for token in value.split(",")} - _UNTOUCHABLE
    return tokens if named is None else named | tokens


def _query_count(header: tuple[str, str], found: int | None) -> int | None:
    name, value = header
    if name.lower() == "x-query-count" and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return found


def _forwarded(before: str | None, peer: str, host: str | None, scheme: str) -> str:
    element = f'for="[{peer}]"' if ":" in peer else f"for={peer}"
    if host and '"' not in host and "\\" not in host:
        element += f';host="{host}"'
    element += f";proto={scheme}"
    return f"{before}, {element}" if before else element
