"""The shadow contract: a request that the proxy marks and signs is a copy and must leave no side effects."""

import hashlib
import hmac
import re
from collections.abc import Mapping

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_MAX_AGE_S = 300


def is_copy(
    headers: Mapping[str, str], method: str, target: str, body: bytes, *, secret: str, now_s: float
) -> bool:
    """Whether the headers prove a shadow read; without a secret none does.

    `target` is the raw path and query. An old or wrong signature counts as none.
    """
    if not secret or headers.get("X-Crossfade-Shadow") != "read":
        return False
    found = _SIGNATURE.fullmatch(headers.get("X-Crossfade-Signature", ""))
    if found is None or abs(now_s - int(found[1])) > _MAX_AGE_S:
        return False
    signed = f"{method}\n{target}\n{found[1]}\n{hashlib.sha256(body).hexdigest()}"
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, found[2])
