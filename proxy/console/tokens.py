"""Access tokens: who may ask the console for what.

A token is `cf_ID_SECRET`: the id names it in lists and in the ledger, the secret is 256 random bits. Only the SHA-256
of the whole is kept: of so many random bits nobody finds the token by trying, so a slow hash would protect nothing.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from parity.database import complete_tables, storing
from proxy.console.tables import METADATA, TOKENS
from proxy.errors import TokenError
from proxy.flag_store import FlagStore

_FORM = re.compile(r"cf_([0-9a-f]{8})_[A-Za-z0-9_-]{43}\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,99}\Z", re.ASCII)


class Role(StrEnum):
    """What a caller may do; each may what those before it may."""

    VIEWER = "viewer"
    """Look at everything but the settings and at who looked."""
    OPERATOR = "operator"
    """Change flags that are ready, roll back, accept differences."""
    ADMIN = "admin"
    """Advance what is not ready, see who looked at samples, see the settings."""

    def may(self, wanted: "Role") -> bool:
        """Whether this role may do what wants that one."""
        return _ORDER.index(self) >= _ORDER.index(wanted)


_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token without its secret; `name` is the person or program that the ledger names. Times are Unix seconds."""

    id: str
    name: str
    role: Role
    created_at: float
    created_by: str
    expires_at: float
    revoked_at: float | None = None

    def holds(self, now: float) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and now < self.expires_at


class Tokens:
    """The access tokens in the store; what changes them goes through the ledger. Raises StoreError, FlagStoreError."""

    def __init__(
        self, engine: sa.Engine, flags: FlagStore, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine = engine
        self._flags = flags
        self._clock = clock
        self._prepared = False

    def create(self, name: str, role: Role, *, days: float, actor: str) -> tuple[str, Token]:
        """A new token, shown this once, and what is kept of it. Raises TokenError for a name that is none."""
        if not _NAME.match(name):
            raise TokenError(
                f"name {name[:60]!r}: expected up to 100 letters, digits, spaces and . _ @ + - (the ledger names it)"
            )
        self._prepare()
        now = self._clock()
        text = f"cf_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
        token = Token(text.split("_")[1], name, role, now, actor, now + days * 86_400)
        row = {
            "id": token.id,
            "name": name,
            "role": role.value,
            "digest": digest_of(text),
            "created_at": now,
            "created_by": actor,
            "expires_at": token.expires_at,
            "revoked_at": None,
        }
        self._flags.note(
            "token",
            f"{token.id} of {name}",
            actor=actor,
            reason=f"made for {name}, {role}, {days:g} days",
            apply=lambda connection: _insert(connection, row),
        )
        return text, token

    def revoke(self, token_id: str, *, actor: str) -> Token:
        """Let nobody in by it any more, nor by a session that began with it. Raises TokenError."""
        self._prepare()
        found = next((one for one in self.all() if one.id == token_id), None)
        if found is None:
            raise TokenError(
                f"token {token_id[:60]!r}: expected the id of one, the 8 characters after cf_ (crossfade token list)"
            )
        if found.revoked_at is not None:
            raise TokenError(f"token {token_id} of {found.name} was revoked already")
        now = self._clock()
        self._flags.note(
            "token",
            f"{token_id} of {found.name}",
            actor=actor,
            reason="revoked",
            apply=lambda connection: _revoke(connection, token_id, now),
        )
        return found

    def all(self) -> list[Token]:
        """Every token that ever was, oldest first."""
        return [
            _token(row) for row in self._rows(sa.select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.id))
        ]

    def find(self, text: str) -> Token | None:
        """The token, if it is one and holds; takes as long for a wrong secret as for the right one."""
        form = _FORM.match(text)
        if form is None:
            return None
        rows = self._rows(sa.select(TOKENS).where(TOKENS.c.id == form[1]))
        kept = rows[0]["digest"] if rows else digest_of("")
        if not hmac.compare_digest(kept, digest_of(text)) or not rows:
            return None
        token = _token(rows[0])
        return token if token.holds(self._clock()) else None

    def by_id(self, token_id: str) -> Token | None:
        """The token of that id, if it holds."""
        rows = self._rows(sa.select(TOKENS).where(TOKENS.c.id == token_id))
        token = _token(rows[0]) if rows else None
        return token if token is not None and token.holds(self._clock()) else None

    def _rows(self, chosen: sa.Select[Any]) -> list[dict[str, Any]]:
        self._prepare()
        with storing("read the tokens"), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(chosen).mappings()]

    def _prepare(self) -> None:
        if not self._prepared:
            with storing("make the tables of the console"):
                complete_tables(self._engine, METADATA)
            self._prepared = True


def digest_of(secret: str) -> str:
    """What is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _insert(connection: sa.Connection, row: dict[str, Any]) -> None:
    connection.execute(sa.insert(TOKENS).values(row))


def _revoke(connection: sa.Connection, token_id: str, now: float) -> None:
    connection.execute(sa.update(TOKENS).where(TOKENS.c.id == token_id).values(revoked_at=now))


def _token(row: dict[str, Any]) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
