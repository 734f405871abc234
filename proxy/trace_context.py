"""W3C Trace Context: whose child the proxy's span is, and whose parent (www.w3.org/TR/trace-context)."""

import re

_SAMPLED = 1
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}").fullmatch


def is_parent(traceparent: str) -> bool:
    """Whether that header names a span that can be the parent of ours."""
    return _PARENT(traceparent) is not None


def span_id(fresh_id: str) -> str:
    """The proxy's span of the request of that name, 16 hex digits."""
    return fresh_id[:16]


def child_of(parent: str, fresh_id: str, rate: float) -> str:
    """The `traceparent` that backends get: the proxy's span in the trace of `parent`, or in a new one if that is empty."""
    sampled = "01" if is_sampled(parent, fresh_id, rate) else "00"
    trace_id = parent[3:35] if parent else fresh_id
    return f"00-{trace_id}-{span_id(fresh_id)}-{sampled}"


def is_sampled(parent: str, fresh_id: str, rate: float) -> bool:
    """Whether there is a span to send: the parent has decided, or by the trace's name that share of new traces."""
    if parent:
        return bool(int(parent[53:55], 16) & _SAMPLED)
    return rate >= 1 or int(fresh_id[16:], 16) < rate * 2**64
