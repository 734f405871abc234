"""How often one client may ask: so many requests on /v1, so many failed ones on /v1/auth, per window.

A client is the address that the last trusted proxy saw; what a client says of itself does not count (Q-17).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

_MAX_CLIENTS = 100_000
_MAX_ADDRESS = 45
"""The width of the columns that keep an address."""
_AUTH = "/v1/auth"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in `window_s`."""

    requests: int
    window_s: int = 900


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Every request on /v1 counts to `general`; on /v1/auth the failed ones also count to `failed_auth`.

    `trusted_hops` is how many proxies stand in front, each of which adds an address to X-Forwarded-For.
    """

    general: RateLimit = RateLimit(500)
    failed_auth: RateLimit = RateLimit(30)
    trusted_hops: int = 0


@dataclass(slots=True)
class _Hits:
    count: int
    resets_at_s: float


class Admission(NamedTuple):
    """Whether a request may go on, and the headers that its answer carries."""

    admitted: bool
    headers: Mapping[str, str] = MappingProxyType({})


class _Counter:
    """The hits of every client in its window; of too many clients the oldest are forgotten."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float]) -> None:
        self.limit = limit
        self._told = {
            "RateLimit-Policy": f"{limit.requests};w={limit.window_s}",
            "RateLimit-Limit": str(limit.requests),
        }
        self._clock = clock
        self._hits: OrderedDict[str, _Hits] = OrderedDict()

    def add(self, client: str, count: int) -> _Hits:
        """Add to a client's hits, or take from them."""
        now_s = self._clock()
        hits = self._hits.get(client)
        if hits is None or hits.resets_at_s <= now_s:
            hits = _Hits(0, now_s + self.limit.window_s)
            self._hits[client] = hits
            self._hits.move_to_end(client)
            while len(self._hits) > _MAX_CLIENTS:
                self._hits.popitem(last=False)
        hits.count = max(hits.count + count, 0)
        return hits

    def headers(self, hits: _Hits, *, refused: bool) -> dict[str, str]:
        """What the answer says of the limit."""
        seconds = str(max(math.ceil(hits.resets_at_s - self._clock()), 0))
        told = {
            **self._told,
            "RateLimit-Remaining": str(max(self.limit.requests - hits.count, 0)),
            "RateLimit-Reset": seconds,
        }
        return told | {"Retry-After": seconds} if refused else told


class RateLimiter:
    """Counts requests; a copy, which the proxy sent and not the client, is let through and never counted."""

    def __init__(self, limits: RateLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._general = _Counter(limits.general, clock)
        self._failed_auth = _Counter(limits.failed_auth, clock)
        self.trusted_hops = limits.trusted_hops

    def admit(self, client: str, path: str, *, is_copy: bool) -> Admission:
        """Count one request. Every request on /v1/auth counts as failed until `succeeded` says otherwise."""
        if not _is_under(path, "/v1"):
            return Admission(admitted=True)
        counter, added = self._general, 0 if is_copy else 1
        hits = counter.add(client, added)
        refused = not is_copy and hits.count > counter.limit.requests
        if not refused and _is_under(path, _AUTH):
            counter = self._failed_auth  # the headers are those of the narrower limit
            hits = counter.add(client, added)
            refused = not is_copy and hits.count > counter.limit.requests
        return Admission(admitted=not refused, headers=counter.headers(hits, refused=refused))

    def succeeded(self, client: str, path: str, *, is_copy: bool) -> None:
        """Take back the failure that was counted when the request came."""
        if _is_under(path, _AUTH) and not is_copy:
            self._failed_auth.add(client, -1)


def client_of(remote: str | None, forwarded_for: Sequence[str], trusted_hops: int) -> str:
    """The address of the client: where that many proxies stand in front, what the outermost of them saw."""
    if not trusted_hops:
        return (remote or "")[:_MAX_ADDRESS]
    seen = [address.strip() for value in forwarded_for for address in value.split(",")]
    seen.append(remote or "")
    return seen[-min(trusted_hops + 1, len(seen))][:_MAX_ADDRESS]


def _is_under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
