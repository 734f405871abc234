"""Which clients modern serves at stage `canary`: a sticky key, hashed to a number in [0, 1)."""

import base64
import hashlib
from collections.abc import Sequence

import msgspec

from proxy.settings import StickyKind, StickySettings

_MAX_TOKEN_CHARS = 8_192


class _Claims(msgspec.Struct):
    sub: str | int | None = None
    id: str | int | None = None


_decode_claims = msgspec.json.Decoder(_Claims).decode


def bucket(key: str, domain: str) -> float:
    """Where the client stands in [0, 1); it is on modern while that is below the canary share.

    The domain is the salt, so that not always the same clients go first; a client stays where it is
    when the share grows, because its number does not change.
    """
    digest = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8, person=_salt(domain))
    return int.from_bytes(digest.digest()) / 2**64


def token(key: str, token_key: bytes) -> str:
    """The sticky key as a keyed token: equal clients stay equal, and nobody learns the credential."""
    text = key.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=12, key=token_key[:64], person=b"client").hexdigest()


class StickyKeys:
    """Finds the sticky key of a request: the first kind, in the configured order, that it carries.

    A JWT is not verified here: its subject chooses a bucket and nothing else.
    """

    __slots__ = ("_cookie", "_header", "_order")

    def __init__(self, settings: StickySettings) -> None:
        self._order = settings.order
        self._header = settings.header.lower()
        self._cookie = settings.cookie

    def key(self, headers: Sequence[tuple[str, str]], address: str) -> str:
        """For example `jwt:42` or `address:192.0.2.1`."""
        values: dict[str, str] = {}
        for name, value in headers:
            values.setdefault(name.lower(), value)
        for kind in self._order:
            found = self._find(kind, values, address)
            if found:
                return f"{kind}:{found}"
        return f"{StickyKind.ADDRESS}:{address}"

    def _find(self, kind: StickyKind, values: dict[str, str], address: str) -> str | None:
        match kind:
            case StickyKind.JWT:
                return subject(values.get("authorization", ""))
            case StickyKind.HEADER:
                return values.get(self._header)
            case StickyKind.COOKIE:
                return _cookie(values.get("cookie", ""), self._cookie)
            case StickyKind.ADDRESS:
                return address


def subject(authorization: str) -> str | None:
    """The subject of a bearer token: the claim `sub`, else `id`; None if there is none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "bearer" or len(credentials) > _MAX_TOKEN_CHARS:
        return None
    parts = credentials.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        claims = _decode_claims(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None
    found = claims.sub if claims.sub not in {None, ""} else claims.id
    return None if found is None else str(found)


def _cookie(header: str, name: str) -> str | None:
    for pair in header.split(";"):
        key, separator, value = pair.strip().partition("=")
        if separator and key == name:
            return value
    return None


def _salt(domain: str) -> bytes:
    # BLAKE2b takes 16 bytes of personalization; a longer name is hashed into them.
    encoded = domain.encode()
    return encoded if len(encoded) <= 16 else hashlib.blake2b(encoded, digest_size=16).digest()
