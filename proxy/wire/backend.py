"""One connection to a backend: sends a request, takes its answer, and goes back to its pool if nothing is in doubt."""

import asyncio
from typing import Protocol, cast

import structlog

from proxy.refusals import Refusal
from proxy.wire.errors import HeadError, WireError
from proxy.wire.framing import Body, ChunkedBody, Content, OpenBody, SizedBody
from proxy.wire.heads import CHUNKED, AnswerHead, answer_head, end_of_head
from proxy.wire.outgoing import JOINED_BYTES, Outgoing, probe
from proxy.wire.timeouts import NEVER, Timeouts

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

MAX_ANSWER_HEAD_BYTES = 131_072
MAX_INTERIMS = 100
"""So many answers of the 1xx class are taken before the one that counts."""
_VERSION = b"HTTP/1."


class AnswerTaker(Protocol):
    """Who gets an answer. After `answer_ended` or `answer_failed` nothing more comes."""

    def answer_interim(self, head: AnswerHead) -> None:
        """A head that is not the last (RFC 9110 section 15.2)."""
        ...

    def answer_began(self, head: AnswerHead, content: Content) -> None:
        """The head, with what of the body came along."""
        ...

    def answer_piece(self, content: Content) -> None:
        """More of the body, never empty."""
        ...

    def answer_ended(self) -> None:
        """All of it was there."""
        ...

    def answer_failed(self, refusal: Refusal, *, untouched: bool) -> None:
        """There will be no whole answer. `untouched`: a connection that was used before ended without a byte."""
        ...

    def answer_switched(self, head: AnswerHead, rest: bytes) -> None:
        """The backend speaks the other protocol from now on, of which `rest` came along."""
        ...

    def backend_full(self) -> None:
        """No more of the request's body for now."""
        ...

    def backend_drained(self) -> None:
        """More of it again."""
        ...


class Keeper(Protocol):
    """Where connections come from and go back to: a `Pool`."""

    def put_back(self, connection: "BackendConnection") -> None: ...  # noqa: D102  as there
    def lost(self, connection: "BackendConnection") -> None: ...  # noqa: D102  as there


class Tunnelled(Protocol):
    """Who has the connection after an upgrade: a `Tunnel`."""

    def far_data(self, data: bytes) -> None: ...  # noqa: D102  as there
    def far_eof(self) -> None: ...  # noqa: D102  as there
    def far_lost(self) -> None: ...  # noqa: D102  as there
    def far_full(self) -> None: ...  # noqa: D102  as there
    def far_drained(self) -> None: ...  # noqa: D102  as there


def end(transport: asyncio.WriteTransport) -> None:
    """Send no more. If the other end is gone and nobody has heard of it, asyncio's own loop says so here."""
    try:
        transport.write_eof()
    except OSError:
        transport.abort()


class BackendConnection(asyncio.Protocol):
    """Used by one request at a time. `deadline` is that of the next byte from the backend."""

    def __init__(self, keeper: Keeper, timeouts: Timeouts, buffer_bytes: int, outgoing: Outgoing) -> None:
        self._keeper = keeper
        self._outgoing = outgoing
        self._timeouts = timeouts
        self._buffer_bytes = buffer_bytes
        self._transport: asyncio.Transport | None = None
        self._taker: AnswerTaker | None = None
        self._tunnel: Tunnelled | None = None
        self._body: Body | None = None
        self._partial = b""
        self._interims = 0
        self._to_head = self._upgrades = False
        self._keeps_alive = self._request_is_sent = True
        self._was_used = self._is_lost = self._is_paused = False
        self._first_s = self._silence_s = NEVER
        self.deadline = NEVER

    @property
    def is_usable(self) -> bool:
        """Whether a request may be sent on it."""
        return not self._is_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(self._buffer_bytes)
        self._timeouts.watch(self)

    # Requests

    def begin(
        self,
        taker: AnswerTaker,
        head: bytes,
        *,
        to_head: bool,
        upgrades: bool,
        is_whole: bool,
        first_s: float,
        silence_s: float,
    ) -> None:
        """Send a head; `is_whole`: there is no body. The answer has to begin within `first_s`."""
        self._taker = taker
        self._interims = 0
        self._to_head = to_head
        self._upgrades = upgrades
        self._request_is_sent = is_whole
        self._silence_s = silence_s
        self._first_s = first_s
        # while the client is still sending, only a backend that takes nothing is to blame
        self.deadline = self._timeouts.now + first_s if is_whole else NEVER
        if self._transport is not None:
            self._outgoing.put(self._transport, head)

    def send(self, data: Content) -> None:
        """More of the request's body, framed."""
        if self._transport is not None and not self._is_lost:
            self._outgoing.put(self._transport, data)

    def request_sent(self) -> None:
        """All of the request was handed over."""
        self._request_is_sent = True
        if not self._is_paused:
            self.deadline = self._timeouts.now + (self._first_s if self._body is None else self._silence_s)

    def abort(self) -> None:
        """Break off whatever is under way; the taker hears nothing more."""
        self._taker = self._tunnel = None
        self._leave()

    # Reading

    def pause_reading(self) -> None:
        """The client takes nothing for now: the backend is not to blame for its silence."""
        if self._transport is not None and not self._is_lost and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
            self.deadline = NEVER

    def resume_reading(self) -> None:
        """It does again."""
        if self._transport is not None and not self._is_lost and self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
            self.deadline = NEVER if self._tunnel is not None else self._timeouts.now + self._silence_s

    def data_received(self, data: bytes) -> None:
        """Bytes of the backend."""
        taker = self._taker
        if taker is None:
            if self._tunnel is not None:
                self._tunnel.far_data(data)
            else:
                self._leave()  # nobody asked
            return
        if self._request_is_sent:
            self.deadline = self._timeouts.now + self._silence_s
        try:
            if self._body is None:
                self._take_head(taker, data)
            else:
                self._take_body(taker, self._body, data)
        except WireError:
            self._fail(Refusal.MALFORMED, touched=True)
        except Exception:
            log.exception("answer_failed")
            if self._taker is taker:
                self._fail(Refusal.INTERNAL, touched=True)

    def eof_received(self) -> bool | None:
        """The backend sends no more."""
        if self._tunnel is not None:
            self._tunnel.far_eof()
            return True
        taker = self._taker
        if taker is None:
            self._leave()  # at once: a request sent now would be lost
        elif self._body is not None and self._body.eof():
            self._keeps_alive = False
            self._finish(taker, b"")
        return None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """The connection is gone."""
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.far_lost()
        self._fail(Refusal.BROKEN)

    def expired(self) -> None:
        """Silence for too long; an idle connection ends without a word."""
        self.deadline = NEVER
        if self._taker is None:
            self._leave()
        else:
            self._fail(Refusal.SILENT)

    def pause_writing(self) -> None:
        """The backend takes nothing for now."""
        if self._taker is not None:
            if not self._request_is_sent:
                self.deadline = self._timeouts.now + self._silence_s
            self._taker.backend_full()
        elif self._tunnel is not None:
            self._tunnel.far_full()

    def resume_writing(self) -> None:
        """It takes more again."""
        if self._taker is not None:
            if not self._request_is_sent:
                self.deadline = NEVER
            self._taker.backend_drained()
        elif self._tunnel is not None:
            self._tunnel.far_drained()

    # As a tunnel

    def tunnel_to(self, far: Tunnelled) -> None:
        """From now on bytes go through."""
        self._taker = None
        self._tunnel = far
        self.deadline = NEVER
        if self._transport is not None:
            probe(self._transport)

    def send_through(self, data: bytes) -> None:
        """Bytes of a tunnel."""
        if self._transport is not None and not self._is_lost:
            self._outgoing.put(self._transport, data)

    def write_eof(self) -> None:
        """No more bytes will be sent."""
        if self._transport is not None and not self._is_lost and self._transport.can_write_eof():
            self._outgoing.flush()
            end(self._transport)

    def close(self) -> None:
        """Send what is waiting, then close."""
        self._taker = self._tunnel = None
        self._depart()
        if self._transport is not None:
            self._outgoing.flush()
            self._transport.close()

    # Inside

    def _take_head(self, taker: AnswerTaker, data: bytes) -> None:
        if self._partial:
            data = self._partial + data
            self._partial = b""
        while True:
            length = end_of_head(data)
            if length < 0:
                if (
                    not _VERSION.startswith(data[:7])
                    or len(data) > MAX_ANSWER_HEAD_BYTES
                    or data.count(b"\n") != data.count(b"\r\n")
                ):
                    raise HeadError(Refusal.MALFORMED)
                self._partial = data
                return
            if length > MAX_ANSWER_HEAD_BYTES:
                raise HeadError(Refusal.MALFORMED)
            head = answer_head(data[:length], to_head=self._to_head)
            if not head.is_interim:
                # what is large is passed on as it lies there: to copy it costs more than all the rest
                is_large = len(data) - length > JOINED_BYTES and head.length >= 0
                self._begin_answer(taker, head, memoryview(data)[length:] if is_large else data[length:])
                return
            data = data[length:]
            self._interims += 1
            if self._interims > MAX_INTERIMS:
                raise HeadError(Refusal.MALFORMED)
            taker.answer_interim(head)
            if self._taker is not taker:
                return

    def _take_body(self, taker: AnswerTaker, body: Body, data: bytes) -> None:
        content = body.feed(data)
        if content:
            taker.answer_piece(content)
        if body.done and self._taker is taker:
            self._finish(taker, body.rest)

    def _begin_answer(self, taker: AnswerTaker, head: AnswerHead, data: Content) -> None:
        if head.status == 101:
            if not self._upgrades:
                raise HeadError(Refusal.MALFORMED)
            taker.answer_switched(head, bytes(data))
            return
        self._keeps_alive = head.keeps_alive
        length = head.length
        if length == len(data):
            taker.answer_began(head, data)
            if self._taker is taker:
                self._finish(taker, b"")
            return
        body: Body
        body = SizedBody(length) if length >= 0 else ChunkedBody() if length == CHUNKED else OpenBody()
        self._body = body
        taker.answer_began(head, body.feed(data) if data else b"")
        if body.done and self._taker is taker:
            self._finish(taker, body.rest)

    def _finish(self, taker: AnswerTaker, rest: Content) -> None:
        self._taker = self._body = None
        self._was_used = True
        if self._is_paused:
            self.resume_reading()
        if self._keeps_alive and self._request_is_sent and not rest and self.is_usable:
            self._keeper.put_back(self)
        else:
            self._leave()
        taker.answer_ended()

    def _fail(self, refusal: Refusal, *, touched: bool = False) -> None:
        taker, self._taker = self._taker, None
        untouched = (
            self._was_used and not touched and not self._interims and self._body is None and not self._partial
        )
        self._body = None
        self._leave()
        if taker is not None:
            taker.answer_failed(refusal, untouched=untouched and refusal is Refusal.BROKEN)

    def _leave(self) -> None:
        self._depart()
        if self._transport is not None:
            self._transport.abort()

    def _depart(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._timeouts.drop(self)
            self._keeper.lost(self)
