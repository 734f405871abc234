"""One span for each request that is traced: left to a thread, which makes the spans and sends them."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from proxy.spool import Spool
from proxy.trace_context import is_sampled

_SPAN_BYTES = 700


class Span(msgspec.Struct, frozen=True, gc=False):
    """What the proxy did with one request. `id` names the request, `parent` is the client's `traceparent` or empty.

    `path` is the template, empty for an unlisted request; `target` has its query, `host` is the `Host` header.
    """

    id: str
    parent: str
    at: float
    duration_s: float
    method: str
    path: str
    target: str
    host: str
    status: int
    backend: str
    stage: str
    flag_version: int
    error: str


class SpanSender(Protocol):
    """Where spans go."""

    def send(self, spans: Sequence[Span]) -> int:
        """How many arrived; may raise. Called by the thread, which it may keep waiting."""
        ...

    def close(self) -> None:
        """Give up what is being sent."""
        ...


class Tracer:
    """Takes spans on the loop, and leaves them to the sender in a thread."""

    def __init__(
        self,
        sender: SpanSender,
        *,
        rate: float = 1.0,
        max_items: int = 8_192,
        max_bytes: int = 16_777_216,
        interval_s: float = 1.0,
    ) -> None:
        self._rate = rate
        self._sender = sender
        self.spool: Spool[Span] = Spool(
            "spans", sender.send, max_items=max_items, max_bytes=max_bytes, interval_s=interval_s
        )

    def wants(self, parent: str, fresh_id: str) -> bool:
        """Whether this request is sampled: the same that `traceparent` told the backend."""
        return is_sampled(parent, fresh_id, self._rate)

    def put(self, span: Span) -> None:
        """Take one request; never waits, never raises."""
        self.spool.put(span, _SPAN_BYTES + len(span.target) + len(span.host))

    def end(self, timeout_s: float) -> None:
        """Send what waits, within that time."""
        self.spool.end(timeout_s)
        self._sender.close()
