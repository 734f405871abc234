"""Rehearsals on the wire: modern is asked whether it rehearses, and gets the copy on the connection on which it said so."""

from pathlib import Path
from time import perf_counter

from proxy.captures import KeptBody
from proxy.mirror import Reply
from proxy.rehearsals import UNPROVEN, Attempt, bounds_of
from proxy.settings import ProxySettings
from proxy.shadow_client import Asking, ShadowClient
from proxy.wire.backend import BackendConnection
from proxy.wire.framing import Content
from proxy.wire.heads import AnswerHead
from proxy.wire.pool import Pool

Proven = set[tuple[BackendConnection, str]]
"""On which connections modern proved at which endpoints that it rehearses: another connection may end elsewhere."""


class RehearsalClient:
    """Implements `proxy.rehearsals.RehearsalSender`; made on a running loop."""

    def __init__(self, url: str, settings: ProxySettings, ca: Path | None = None) -> None:
        self._client = ShadowClient(url, bounds_of(settings), settings.forward.idle_s, ca)
        self._proven: Proven = set()

    async def rehearse(self, attempt: Attempt, kept: KeptBody) -> Reply:
        """Ask where that was not proven, then send the copy once."""
        self._proven -= {one for one in self._proven if not one[0].is_usable}
        asking = _Rehearsing(attempt, kept, self._client.pool, self._proven)
        reply = await self._client.reply(asking)
        return Reply(error=UNPROVEN, duration_s=reply.duration_s) if asking.is_unproven else reply

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


class _Rehearsing(Asking):
    """First the question, where it is open, then the copy; the time is taken from the copy on."""

    def __init__(self, attempt: Attempt, kept: KeptBody, pool: Pool, proven: Proven) -> None:
        super().__init__(attempt.question, kept)
        self.is_unproven = False
        self._attempt = attempt
        self._pool = pool
        self._proven = proven
        self._is_asking = False

    def granted(self, connection: BackendConnection) -> None:
        """The copy goes on it if that is safe, else the question."""
        self._is_asking = (connection, self._attempt.place) not in self._proven
        if self._attempt.is_stopped:
            self.is_unproven = True
            self._pool.put_back(connection)
            self._end(None)
        elif self._is_asking:
            super().granted(connection)
        else:
            self.started = perf_counter()
            self._send(connection, self._attempt.copy())

    def answer_began(self, head: AnswerHead, content: Content) -> None:
        """A head is judged as soon as it is there, whatever becomes of the rest."""
        if not self._is_asking:
            self._attempt.answering(head.status, head.fields)
            super().answer_began(head, content)
        elif self._connection is not None and head.keeps_alive and self._attempt.proves(head.fields):
            self._proven.add((self._connection, self._attempt.place))
        else:
            self.is_unproven = True
            self.drop()
            self._end(None)

    def answer_piece(self, content: Content) -> None:
        """Of the question's answer the head says all."""
        if not self._is_asking:
            super().answer_piece(content)

    def answer_ended(self) -> None:
        """The connection is back in its pool, from where it is taken again unless somebody waited for it."""
        if self._is_asking:
            self._connection = None
            self.ask_on(self._pool)
        else:
            super().answer_ended()
