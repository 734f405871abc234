"""Browsers that are signed in: a session begins with an access token, gets an id of its own, and ends by itself."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import complete_tables, storing, writing
from proxy.console.settings import ConsoleSettings
from proxy.console.tables import METADATA, SESSIONS
from proxy.console.tokens import Token, Tokens, digest_of

MAX_OF_A_TOKEN = 20
"""Sessions that one token may have; with one more the one that was silent for longest ends."""
_SEEN_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """One that holds. `csrf` is what a change must bring along; it is told by the id, and tells nothing of it."""

    id: str
    token: Token
    began_at: float

    @property
    def csrf(self) -> str:
        """The same for the whole session."""
        return hmac.new(self.id.encode(), b"csrf", hashlib.sha256).hexdigest()


class Sessions:
    """The sessions in the store, so that a console that is started again knows them. Raises StoreError."""

    def __init__(
        self,
        engine: sa.Engine,
        tokens: Tokens,
        settings: ConsoleSettings,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._tokens = tokens
        self._settings = settings
        self._clock = clock
        self._prepared = False

    def begin(self, token: Token) -> Session:
        """A session with an id that nobody has seen; those that are over are struck out."""
        self._prepare()
        now = self._clock()
        session = Session(secrets.token_urlsafe(32), token, now)
        with storing("begin a session"), writing(self._engine) as connection:
            connection.execute(sa.delete(SESSIONS).where(self._is_over(now)))
            ours = sa.select(SESSIONS.c.digest).where(SESSIONS.c.token_id == token.id)
            kept = ours.order_by(SESSIONS.c.seen_at.desc()).limit(MAX_OF_A_TOKEN - 1)
            newest = list(connection.scalars(kept))
            connection.execute(
                sa.delete(SESSIONS).where(
                    SESSIONS.c.token_id == token.id, SESSIONS.c.digest.not_in(newest or [""])
                )
            )
            row = {"digest": digest_of(session.id), "token_id": token.id, "began_at": now, "seen_at": now}
            connection.execute(sa.insert(SESSIONS).values(row))
        return session

    def find(self, session_id: str) -> Session | None:
        """The session, if it holds and its token does; being asked for keeps it from falling idle."""
        self._prepare()
        now = self._clock()
        digest = digest_of(session_id)
        chosen = sa.select(SESSIONS).where(SESSIONS.c.digest == digest, sa.not_(self._is_over(now)))
        with storing("read the sessions"), self._engine.connect() as connection:
            row = connection.execute(chosen).one_or_none()
        token = None if row is None else self._tokens.by_id(row.token_id)
        if row is None or token is None:
            return None
        if now - row.seen_at > min(_SEEN_EVERY_S, self._settings.session_idle_s / 4):
            with storing("keep a session"), writing(self._engine) as connection:
                connection.execute(sa.update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_at=now))
        return Session(session_id, token, row.began_at)

    def end(self, session_id: str) -> None:
        """Sign out."""
        self._prepare()
        with storing("end a session"), writing(self._engine) as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.digest == digest_of(session_id)))

    def _is_over(self, now: float) -> sa.ColumnElement[bool]:
        return sa.or_(
            SESSIONS.c.seen_at <= now - self._settings.session_idle_s,
            SESSIONS.c.began_at <= now - self._settings.session_s,
        )

    def _prepare(self) -> None:
        if not self._prepared:
            with storing("make the tables of the console"):
                complete_tables(self._engine, METADATA)
            self._prepared = True
