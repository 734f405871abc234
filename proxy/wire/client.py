"""One connection of a client: takes its requests one after another, and gives the answers in that order."""

import asyncio
from typing import cast

import structlog

from proxy.admission import Admission, Refused
from proxy.headers import Peer
from proxy.held import HeldForwarding
from proxy.refusals import Refusal
from proxy.wire.backend import BackendConnection, end
from proxy.wire.errors import FramingError, HeadError
from proxy.wire.forwarding import Forwarding
from proxy.wire.framing import Body, ChunkedBody, Content, SizedBody
from proxy.wire.heads import CHUNKED, RequestHead, end_of_head, refusal_of_part, request_head
from proxy.wire.outgoing import JOINED_BYTES, reset
from proxy.wire.seams import ClientPlane
from proxy.wire.timeouts import NEVER
from proxy.wire.tunnel import Tunnel

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_LINGER_S = 2.0
_NOBODY = Peer("", "http", trusted=False)


class ClientConnection(asyncio.Protocol):
    """`deadline` is that of what is waited for: the next request, its head, its body, or room for its answer."""

    def __init__(self, plane: ClientPlane) -> None:
        self._plane = plane
        self._settings = plane.client_settings
        self._timeouts = plane.timeouts
        self._transport: asyncio.Transport | None = None
        self._peer = _NOBODY
        self._forwarding: Forwarding | None = None
        self._body: Body | None = None
        self._body_bytes = 0
        self._max_body_bytes: int | None = None
        self._tunnel: Tunnel | None = None
        self._buffer = b""
        self._is_body_paused = self._is_full = self._is_half_closed = False
        self._is_lingering = self._is_paused = self._is_head_begun = False
        self.is_http11 = True
        self.deadline = NEVER

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way, nor has begun to come."""
        return self._forwarding is None and self._tunnel is None and not self._buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = found = cast("asyncio.Transport", transport)
        if not self._plane.opened(self):
            found.abort()
            return
        self._peer = self._plane.peer(found)
        found.set_write_buffer_limits(self._settings.buffer_bytes)
        self.deadline = self._timeouts.now + self._settings.idle_s
        self._timeouts.watch(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """The client is gone."""
        self._timeouts.drop(self)
        self._plane.closed(self)
        self._transport = None
        forwarding, self._forwarding = self._forwarding, None
        if forwarding is not None:
            forwarding.client_gone()
        if self._tunnel is not None:
            self._tunnel.near_lost()

    def eof_received(self) -> bool:
        """The client sends no more; it still gets the answer to what it has sent."""
        if self._tunnel is not None:
            self._tunnel.near_eof()
            return True
        self._is_half_closed = True
        if self._body is not None and self._forwarding is not None:
            # the rest of the body will never come
            self._forwarding.client_gone()
            self._forwarding = None
        if self._forwarding is None:
            return False
        if self._forwarding.is_unanswered_read:
            # closed for good or for sending only: nobody can tell, until bytes are sent
            self.deadline = self._timeouts.now + self._settings.half_closed_s
        return True

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._tunnel is not None:
            self._tunnel.near_data(data)
        elif self._body is not None:
            self._take_body(self._body, data)
        elif not self._is_lingering:
            self._buffer = self._buffer + data if self._buffer else data
            if self._forwarding is None and not self._is_full:
                self._take_heads()
            elif len(self._buffer) > self._settings.buffer_bytes:
                self._pause()  # pipelined requests wait for their turn, within bounds

    # Requests

    def _take_heads(self) -> None:
        """Begin with the next request, and with those behind it for as long as none is under way."""
        while (
            self._buffer
            and self._forwarding is None
            and not (self._body or self._is_lingering or self._is_full)
            and self._take_head()
        ):
            pass

    def _take_head(self) -> bool:
        """Begin with the next request, if its head is there."""
        data = self._buffer
        if data.startswith(b"\r\n"):
            data = data[2:]  # RFC 9112 section 2.2: some clients end a body with one line too many
            if not data:
                self._buffer = b""
                return False
        settings = self._settings
        end = end_of_head(data)
        if end < 0 or end > settings.max_head_bytes:
            if refusal := refusal_of_part(data, settings):
                self._turn_away(refusal)
            elif not self._is_head_begun:
                self._is_head_begun = True
                self.deadline = self._timeouts.now + settings.head_timeout_s
            return False
        self._is_head_begun = False
        block = data[:end]
        self._buffer = data[end:]
        if end > settings.max_line_bytes and block.find(b"\r\n") > settings.max_line_bytes:
            self._turn_away(Refusal.LONG_LINE)
            return False
        try:
            head = request_head(block)
        except HeadError as error:
            self._turn_away(error.refusal)
            return False
        try:
            self._begin(head)
        except Exception:
            log.exception("request_failed")
            if self._forwarding is None:
                self._turn_away(Refusal.INTERNAL)
            else:
                self._forwarding.body_refused(Refusal.INTERNAL)
        return True

    def _begin(self, head: RequestHead) -> None:
        plane = self._plane
        self.is_http11 = head.is_http11
        admission = plane.edge.admit(head, self._peer)
        if isinstance(admission, Refused):
            self._turn_away(admission.refusal, admission.request_id.decode(), bodiless=head.method == "HEAD")
            return
        own = admission.way.bounds.max_body_bytes
        self._max_body_bytes = self._settings.max_body_bytes if own is None else own
        is_large = self._max_body_bytes is not None and head.length > self._max_body_bytes
        if is_large or not plane.admits(admission):
            self._reject(admission, Refusal.LARGE_BODY if is_large else Refusal.BUSY)
            return
        forwarding = self._forwarding = (
            Forwarding(plane, plane.edge, self, admission, head.length, keeps_alive=head.keeps_alive)
            if admission.rehearsed is None
            else HeldForwarding(plane, plane.edge, self, admission, head.length, keeps_alive=head.keeps_alive)
        )
        if 0 <= head.length <= min(len(self._buffer), JOINED_BYTES):
            content, self._buffer = self._buffer[: head.length], self._buffer[head.length :]
            self.deadline = NEVER
            forwarding.start(content)
            return
        self._body = body = ChunkedBody() if head.length == CHUNKED else SizedBody(head.length)
        self._body_bytes = 0
        self.deadline = self._timeouts.now + self._settings.body_timeout_s
        forwarding.start()
        if self._buffer and self._forwarding is forwarding:
            data, self._buffer = self._buffer, b""
            self._take_body(body, data)

    def _take_body(self, body: Body, data: bytes) -> None:
        forwarding = self._forwarding
        if forwarding is None:
            return
        try:
            content = body.feed(data)
        except FramingError:
            self._body = None
            forwarding.body_refused(Refusal.BAD_BODY)
            return
        if content:
            self._body_bytes += len(content)
            if self._max_body_bytes is not None and self._body_bytes > self._max_body_bytes:
                self._body = None
                forwarding.body_refused(Refusal.LARGE_BODY)
                return
            forwarding.body(content)
        if body.done:
            self._body = None
            self._buffer = body.rest
            self.deadline = NEVER
            self.resume_body()
            forwarding.body_ended()
        elif not self._is_body_paused:
            self.deadline = self._timeouts.now + self._settings.body_timeout_s

    def pause_body(self) -> None:
        """The backend takes nothing for now: the client is not to blame for its silence."""
        if self._body is not None:
            self._is_body_paused = True
            self.deadline = NEVER
            self._pause()

    def resume_body(self) -> None:
        """It takes more again."""
        if self._is_body_paused:
            self._is_body_paused = False
            if self._body is not None:
                self.deadline = self._timeouts.now + self._settings.body_timeout_s
            self._resume()

    def _pause(self) -> None:
        if not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    # Answers

    def write(self, data: Content) -> None:
        """Send bytes of the answer."""
        if self._transport is not None:
            self._plane.outgoing.put(self._transport, data)

    def write_both(self, head: bytes, content: Content) -> None:
        """Send both at once, without a copy."""
        if self._transport is not None:
            self._plane.outgoing.flush()
            self._transport.writelines((head, content))

    def answer_done(self, *, keeps_alive: bool) -> None:
        """The answer is out; the next request may come, or has come already."""
        self._forwarding = None
        if not keeps_alive or self._transport is None:
            self._finish()
            return
        if self._buffer:
            self._go_on()
        elif self._is_half_closed:
            self._finish()
        else:
            self.deadline = self._timeouts.now + self._settings.idle_s

    def _go_on(self) -> None:
        """With requests that have come already; not while the client does not read their answers."""
        if not self._is_full:
            self._resume()
            self._take_heads()

    def refuse(self, refusal: Refusal, request_id: str, *, bodiless: bool = False) -> int:
        """Give an answer of the proxy's own, and close; returns its bytes."""
        self._forwarding = None
        answer = refusal.answer(request_id, bodiless=bodiless)
        self.write(answer)
        self._finish()
        return len(answer)

    def _turn_away(self, refusal: Refusal, request_id: str = "", *, bodiless: bool = False) -> None:
        """Refuse what was not admitted."""
        named = request_id or self._plane.edge.fresh_id().decode()
        self._plane.refused(named, refusal, self.refuse(refusal, named, bodiless=bodiless))

    def _reject(self, admission: Admission, refusal: Refusal) -> None:
        """Refuse what was admitted, before anything of it was sent."""
        self._plane.edge.failed(admission)
        named = admission.request_id.decode()
        sent_bytes = self.refuse(refusal, named, bodiless=admission.method == "HEAD")
        self._plane.rejected(admission, refusal, sent_bytes)

    def break_off(self) -> None:
        """Reset the connection, so that nobody takes what came for the whole answer."""
        forwarding, self._forwarding = self._forwarding, None
        if forwarding is not None:
            forwarding.client_gone()
        if self._transport is not None:
            self._plane.outgoing.flush()
            reset(self._transport)

    def close_idle(self) -> None:
        """Close it if no request is under way, nor about to be."""
        if self.is_idle and self._transport is not None:
            self._plane.outgoing.flush()
            self._transport.close()

    def _finish(self) -> None:
        """Close. What the client still sends is read for a while: a reset could overtake the answer on its way."""
        self._body, self._buffer = None, b""
        transport = self._transport
        if transport is None:
            return
        self._plane.outgoing.flush()
        if self._is_half_closed or not transport.can_write_eof():
            transport.close()
            return
        self._is_lingering = True
        # what is not sent yet has the time that any answer has
        is_sent = not transport.get_write_buffer_size()
        self.deadline = self._timeouts.now + (_LINGER_S if is_sent else self._settings.send_timeout_s)
        end(transport)
        self._is_body_paused = False
        self._resume()

    def pause_writing(self) -> None:
        """The client reads more slowly than the backend sends."""
        self._is_full = True
        self.deadline = self._timeouts.now + self._settings.send_timeout_s
        if self._forwarding is not None:
            self._forwarding.client_full()
        elif self._tunnel is not None:
            self._tunnel.near_full()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._is_full = False
        if self._forwarding is not None:
            self.deadline = NEVER
            self._forwarding.client_drained()
        elif self._tunnel is not None:
            self.deadline = NEVER
            self._tunnel.near_drained()
        elif not self._is_lingering:
            self.deadline = self._timeouts.now + self._settings.idle_s
            self._is_head_begun = False
            self._go_on()

    def expired(self) -> None:
        """What was waited for did not come in time."""
        self.deadline = NEVER
        forwarding = self._forwarding
        if self._transport is None:
            return
        if self._is_full or self._is_lingering:
            self._transport.abort()
        elif forwarding is not None and self._is_half_closed:
            if forwarding.is_unanswered_read:
                self._transport.abort()
        elif forwarding is not None:
            self._body = None
            forwarding.body_refused(Refusal.SLOW)
        elif self._buffer:
            self._turn_away(Refusal.SLOW)
        else:
            self._plane.outgoing.flush()
            self._transport.close()

    # Tunnels

    def tunnel_to(self, connection: BackendConnection, rest: bytes) -> None:
        """From now on bytes go both ways."""
        self._forwarding = None
        self.deadline = NEVER
        if self._transport is None:
            connection.close()
            return
        waiting, self._buffer = self._buffer, b""
        self._resume()
        self._plane.outgoing.flush()
        self._tunnel = Tunnel(self._transport, connection)
        self._tunnel.open(rest, waiting)
