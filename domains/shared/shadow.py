"""The shadow contract: a request that the proxy marked and signed is a copy and leaves no side effects.

The signature is `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over method, raw target, time and the digest of the
body. Without a secret nothing is a copy; an old or wrong signature counts as none. What says that it is a rehearsal and
does not prove it is refused.
"""

import hashlib
import hmac
import re
from enum import StrEnum

PROOF_HEADER = "X-Crossfade-Rehearses"
WITHIN_HEADER = "X-Crossfade-Within"
MAX_AGE_S = 300
MAX_WITHIN_S = 5.0
"""How long a rehearsal may take that does not say so: it holds locks that the real write waits for."""
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


def proof_of(signature: str, secret: str) -> str:
    """What answers the question whether rehearsals are rolled back here: the proof that the secret is known here, too."""
    return hmac.new(secret.encode(), f"rehearses\n{signature}".encode(), hashlib.sha256).hexdigest()


def within_s(text: str | None) -> float:
    """In how many seconds a rehearsal has to be rolled back, as its header says."""
    try:
        return min(MAX_WITHIN_S, max(0.0, float(text or MAX_WITHIN_S)))
    except ValueError:
        return MAX_WITHIN_S
