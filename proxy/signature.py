"""The headers that tell a backend that a request is a copy, and the proofs that either side gives of it."""

import hashlib
import hmac

SHADOW_HEADER = "X-Crossfade-Shadow"
SIGNATURE_HEADER = "X-Crossfade-Signature"
PROOF_HEADER = "X-Crossfade-Rehearses"
"""In modern's answer to the question whether it rehearses."""
WITHIN_HEADER = "X-Crossfade-Within"
"""Beside a rehearsal: in how many seconds it has to be rolled back."""


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


def rehearsal_headers(
    secret: bytes, method: str, target: str, body: bytes, unix_s: int
) -> list[tuple[str, str]]:
    """What a rehearsal carries, and the question whether it may be sent. Raises ValueError without a secret."""
    if not secret:
        raise ValueError("a rehearsal that nobody signed is a write")
    return [(SHADOW_HEADER, "rehearse"), (SIGNATURE_HEADER, sign(secret, method, target, body, unix_s))]


def proof_of(secret: bytes, signature: str) -> str:
    """The value of `X-Crossfade-Rehearses`: only who has the secret can answer a question of that signature so."""
    return hmac.new(secret, f"rehearses\n{signature}".encode(), hashlib.sha256).hexdigest()
