"""The shadow contract: a request that the proxy marked and signed is a copy and leaves no side effects.

The signature is `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over method, raw target, time and the digest of the
body. Without a secret nothing is a copy; an old or wrong signature counts as none.
"""

import hashlib
import hmac
import re

MAX_AGE_S = 300
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def is_copy(
    mark: str | None,
    signature: str | None,
    *,
    method: str,
    target: str,
    body: bytes,
    secret: str,
    now_s: float,
) -> bool:
    """Whether the two header values prove that this is a copy of a read."""
    if not secret or mark != "read" or signature is None:
        return False
    found = _SIGNATURE.fullmatch(signature)
    if found is None or abs(now_s - int(found[1])) > MAX_AGE_S:
        return False
    signed = f"{method}\n{target}\n{found[1]}\n{hashlib.sha256(body).hexdigest()}"
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, found[2])
