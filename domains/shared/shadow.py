"""The shadow contract: a request that the proxy marked and signed is a copy and leaves no side effects.

The signature is `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over method, raw target, time and the digest of the
body. Without a secret nothing is a copy; an old or wrong signature counts as none.
"""

import hashlib
import hmac
import re
from enum import StrEnum

MAX_AGE_S = 300
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


class Copy(StrEnum):
    """What kind of copy a request is."""

    READ = "read"
    """A read that was answered already, or will be, by the other backend."""
    REHEARSE = "rehearse"
    """A write that the other backend commits: here it is run and rolled back."""


def copy_of(
    mark: str | None,
    signature: str | None,
    *,
    method: str,
    target: str,
    body: bytes,
    secret: str,
    now_s: float,
) -> Copy | None:
    """The copy that the two header values prove this to be; None is a request of its own."""
    if not secret or mark is None or signature is None:
        return None
    kind = next((copy for copy in Copy if copy == mark), None)
    if kind is None:
        return None
    found = _SIGNATURE.fullmatch(signature)
    if found is None or abs(now_s - int(found[1])) > MAX_AGE_S:
        return None
    signed = f"{method}\n{target}\n{found[1]}\n{hashlib.sha256(body).hexdigest()}"
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return kind if hmac.compare_digest(expected, found[2]) else None
