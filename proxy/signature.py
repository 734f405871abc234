"""The two headers that tell a backend that a request is a copy, and prove that Crossfade says so."""

import hashlib
import hmac

SHADOW_HEADER = "X-Crossfade-Shadow"
SIGNATURE_HEADER = "X-Crossfade-Signature"


def sign(secret: bytes, method: str, target: str, body: bytes, unix_s: int) -> str:
    """The value of `X-Crossfade-Signature`: `t=<seconds>,v1=<hex HMAC-SHA256>` over method, raw target, time, body."""
    digest = hashlib.sha256(body).hexdigest()
    text = f"{method}\n{target}\n{unix_s}\n{digest}".encode("utf-8", "surrogateescape")
    return f"t={unix_s},v1={hmac.new(secret, text, hashlib.sha256).hexdigest()}"


def shadow_headers(
    secret: bytes, method: str, target: str, body: bytes, unix_s: int
) -> list[tuple[str, str]]:
    """What a copy of a read carries beside the headers of the request; unsigned if there is no secret."""
    headers = [(SHADOW_HEADER, "read")]
    if secret:
        headers.append((SIGNATURE_HEADER, sign(secret, method, target, body, unix_s)))
    return headers
