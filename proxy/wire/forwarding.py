"""One request on its way: to its authoritative backend, and its answer to the client, piece by piece as they come.

No task and no future: connections call in, and whatever happens ends in exactly one of the edge's `answered`,
`fell_back`, `failed`, `abandoned`.
"""

from functools import partial
from time import perf_counter
from typing import Final

from parity.exchange import LEGACY, MODERN, Observation
from proxy.admission import Admission
from proxy.captures import KeptBody
from proxy.edge import Edge
from proxy.metrics import NOBODY
from proxy.refusals import Refusal
from proxy.telemetry import ABANDONED
from proxy.wire.answers import framing, head_bytes, says_not_committed
from proxy.wire.backend import BackendConnection
from proxy.wire.framing import LAST_CHUNK, Content, chunk
from proxy.wire.heads import CHUNKED, OPEN, AnswerHead
from proxy.wire.pool import Pool
from proxy.wire.seams import Client, Plane

_LEGACY: Final = LEGACY.value
_MODERN: Final = MODERN.value


class Forwarding:
    """One request; made when its head is there. Reports to the edge exactly once how it ended."""

    def __init__(
        self,
        plane: Plane,
        edge: Edge,
        client: Client,
        admission: Admission,
        body_length: int,
        *,
        keeps_alive: bool,
    ) -> None:
        self._plane = plane
        self._edge = edge
        self._client = client
        self._admission = admission
        self._body_length = body_length
        self._request_is_whole = body_length == 0
        self._keeps_alive = keeps_alive
        self._served_by = admission.plan.authoritative
        self._pool: Pool
        self._connection: BackendConnection | None = None
        self._answer: AnswerHead | None = None
        self._kept: KeptBody | None = edge.kept_body() if admission.mirrored else None
        keeps = admission.can_fall_back if admission.way.is_write else admission.plan.shadow is not None
        self._kept_request: KeptBody | None = edge.kept_body() if body_length and keeps else None
        self._modern: Observation | None = None
        self._pending: list[Content] = []
        self._chunks_answer = self._client_is_gone = self._is_settled = False
        self._is_waiting = self._was_retried = self._wrote = self._is_client_full = False
        self._sent_bytes = 0
        self._started = 0.0

    @property
    def is_unanswered_read(self) -> bool:
        """Whether nothing is lost if it is broken off now."""
        return not self._wrote and not self._admission.way.is_write

    # The request

    def start(self, content: bytes = b"") -> None:
        """Send the head, as soon as there is a connection; with it all of the body, if that is given."""
        if content:
            if self._kept_request is not None:
                self._kept_request.add(content)
            self._pending.append(content)
            self._request_is_whole = True
        if self._admission.way.is_write:
            self._edge.began(self._admission)
        self._started = perf_counter()
        self._send()

    def body(self, content: Content) -> None:
        """More of the request's body, never empty."""
        if self._kept_request is not None:
            self._kept_request.add(content)
        self._pass_on(chunk(content) if self._body_length == CHUNKED else content)

    def body_ended(self) -> None:
        """All of it came."""
        self._request_is_whole = True
        if self._body_length == CHUNKED:
            self._pass_on(LAST_CHUNK)
        if self._connection is not None:
            self._connection.request_sent()

    def _pass_on(self, data: Content) -> None:
        if self._connection is not None:
            self._connection.send(data)
        elif self._is_waiting:
            self._pending.append(data)

    def body_refused(self, refusal: Refusal) -> None:
        """What came is no body, too large or too slow."""
        self._drop()
        self._fail(refusal)

    def client_gone(self) -> None:
        """Nobody waits for the answer. A write that was sent is read to its end; anything else is broken off."""
        self._client_is_gone = True
        if self._admission.way.is_write and self._request_is_whole and self._connection is not None:
            self._connection.resume_reading()
            return
        self._drop()
        self._settle(status=0, error=ABANDONED)

    def client_full(self) -> None:
        """The client takes nothing for now."""
        self._is_client_full = True
        if self._connection is not None:
            self._connection.pause_reading()

    def client_drained(self) -> None:
        """It takes more again."""
        self._is_client_full = False
        if self._connection is not None:
            self._connection.resume_reading()

    # Connections

    def granted(self, connection: BackendConnection) -> None:
        """A connection to send the request on."""
        self._is_waiting = False
        self._send_on(connection)

    def not_granted(self, refusal: Refusal) -> None:
        """There is none."""
        self._is_waiting = False
        if self._admission.way.is_write and self._may_fall_back:
            # not a byte of it was sent, and what came of it is pending
            self._fall_back(refusal.observed_error)
            self._send()
            return
        self.answer_failed(refusal, untouched=False)

    def backend_full(self) -> None:
        """No more of the body for now."""
        self._client.pause_body()

    def backend_drained(self) -> None:
        """More of it again."""
        self._client.resume_body()

    def _send(self) -> None:
        pool = self._pool = self._plane.pool(self._served_by)
        connection = pool.take()
        if connection is not None:
            self._send_on(connection)
            return
        self._is_waiting = True
        if not self._request_is_whole:
            self._client.pause_body()
        pool.wait(self)

    def _send_on(self, connection: BackendConnection) -> None:
        admission = self._admission
        self._connection = connection
        settings = self._plane.settings
        silence_s = admission.way.bounds.answer_timeout_s or settings.answer_timeout_s
        falls_back = self._may_fall_back and not admission.way.is_write
        pending, self._pending = self._pending, []
        head = admission.head_for(self._served_by)
        if not self._request_is_whole:
            self._client.resume_body()  # before it is sent, which may fill the connection at once
        connection.begin(
            self,
            head + b"".join(pending) if pending else head,
            to_head=admission.method == "HEAD",
            upgrades=bool(admission.upgrade),
            is_whole=self._request_is_whole,
            first_s=min(silence_s, settings.fallback_timeout_s) if falls_back else silence_s,
            silence_s=silence_s,
        )
        if self._is_client_full:
            connection.pause_reading()  # there was no connection that could be told

    # The answer

    def answer_interim(self, head: AnswerHead) -> None:
        """Pass it on to whoever knows such answers (RFC 9110 section 15.2)."""
        if self._client.is_http11 and not self._client_is_gone:
            lines = self._edge.outbound(self._admission, head, self._served_by)
            self._client.write(head_bytes(head, lines))

    def answer_began(self, head: AnswerHead, content: Content) -> None:
        """The head goes out with what came along of the body."""
        admission = self._admission
        if admission.way.is_write:
            if (
                head.status >= 500
                and self._may_fall_back
                and self._is_replayable
                and says_not_committed(head)
            ):
                self._drop()
                self._fall_back("not_committed")
                self._replay()
                return
            self._edge.answering(admission, head.status)
        self._answer = head
        if self._kept is not None and content:
            self._kept.add(content)
        if self._client_is_gone:
            return
        lines = self._edge.outbound(admission, head, self._served_by)
        self._keeps_alive = self._keeps_alive and self._request_is_whole and not self._plane.is_closing
        is_http11 = self._client.is_http11
        self._chunks_answer = is_http11 and head.length in {OPEN, CHUNKED}
        self._keeps_alive = self._keeps_alive and (is_http11 or head.length >= 0)
        own = framing(chunks=self._chunks_answer, keeps_alive=self._keeps_alive, is_http11=is_http11)
        data = head_bytes(head, lines, own)
        self._wrote = True
        self._sent_bytes = len(data) + len(content)
        if not content:
            self._client.write(data)
        elif self._chunks_answer:
            self._client.write(data + chunk(content))
        elif isinstance(content, bytes):
            self._client.write(data + content)
        else:
            self._client.write_both(data, content)

    def answer_piece(self, content: Content) -> None:
        """More of the body."""
        if self._kept is not None:
            self._kept.add(content)
        if not self._client_is_gone:
            self._sent_bytes += len(content)
            self._client.write(chunk(content) if self._chunks_answer else content)

    def answer_ended(self) -> None:
        """All of it is there."""
        self._connection = None
        head = self._answer
        if head is None:
            raise RuntimeError("an answer ended that had not begun")
        duration_s = perf_counter() - self._started
        if self._client_is_gone:
            self._settle(status=head.status, error=ABANDONED)
            return
        self._is_settled = True
        client = self._client
        if self._chunks_answer:
            client.write(LAST_CHUNK)
        self._plane.outgoing.after(partial(self._tell, head, duration_s))
        client.answer_done(keeps_alive=self._keeps_alive)

    def answer_failed(self, refusal: Refusal, *, untouched: bool) -> None:
        """Once more, the other backend, or an answer of the proxy's own."""
        self._connection = None
        admission = self._admission
        if self._client_is_gone:
            self._settle(status=0, error=ABANDONED)
        elif self._wrote and self._answer is not None:
            self._settle(status=self._answer.status, error=refusal.word)
            self._client.break_off()
        elif self._answer is not None:
            self._fail(refusal)
        elif untouched and not admission.way.is_write and not self._was_retried and self._is_replayable:
            # RFC 9110 section 9.2.2: the connection had been closed before the request came
            self._was_retried = True
            self._replay()
        elif not admission.way.is_write and self._may_fall_back and self._is_replayable:
            self._fall_back(refusal.observed_error)
            self._replay()
        else:
            self._fail(refusal)

    def answer_switched(self, head: AnswerHead, rest: bytes) -> None:
        """The backend speaks the other protocol: from now on bytes go through."""
        connection, self._connection = self._connection, None
        if connection is None:
            raise RuntimeError("an upgrade without a connection")
        lines = self._edge.outbound(self._admission, head, self._served_by)
        self._client.write(head_bytes(head, lines, b"Connection: Upgrade\r\n"))
        self._settle(status=head.status, error="")
        self._client.tunnel_to(connection, rest)

    # How it ends

    @property
    def _may_fall_back(self) -> bool:
        """Whether legacy may have it from now on; of a write, if it is known that modern did not commit it."""
        return self._served_by is MODERN and self._admission.can_fall_back and not self._client_is_gone

    def _fall_back(self, error: str) -> None:
        self._modern = Observation(error=error, duration_s=perf_counter() - self._started)
        self._served_by = LEGACY
        self._edge.counters.asked_legacy(self._admission.way.name)
        if self._kept is None:
            self._kept = self._edge.kept_body()

    @property
    def _is_replayable(self) -> bool:
        """Whether all that was read of the request's body is still there."""
        return self._body_length == 0 or (self._kept_request is not None and not self._kept_request.overflow)

    def _replay(self) -> None:
        kept = self._kept_request
        if kept is not None:
            content, is_chunked = kept.content, self._body_length == CHUNKED
            self._pending = [chunk(content) if is_chunked else content] if content else []
            if is_chunked and self._request_is_whole:
                self._pending.append(LAST_CHUNK)
        self._send()

    def _tell(self, head: AnswerHead, duration_s: float) -> None:
        """What came of it, when the client has its answer."""
        self._report(head.status, "", duration_s)
        kept, self._kept = self._kept, None
        sent: bytes | None = b""
        if self._kept_request is not None:
            is_known = self._request_is_whole and not self._kept_request.overflow
            sent = self._kept_request.content if is_known else None
            self._kept_request.release()
        if self._modern is not None and kept is not None:
            self._edge.fell_back(self._admission, self._modern, head, duration_s, kept)
        else:
            self._edge.answered(self._admission, head, duration_s, kept, sent)
        if self._admission.way.is_write:
            self._edge.ended(self._admission)

    def _fail(self, refusal: Refusal) -> None:
        """The client gets an answer of the proxy's own, or a broken one if some of another went out."""
        if self._wrote:
            self._client.break_off()
        else:
            self._sent_bytes = self._client.refuse(
                refusal, self._admission.request_id.decode(), bodiless=self._admission.method == "HEAD"
            )
        self._settle(status=refusal.status, error=refusal.word)

    def _settle(self, *, status: int, error: str) -> None:
        """Tell the edge that there is nothing to compare, and give back what is held."""
        if self._is_settled:
            return
        self._is_settled = True
        if self._kept is not None:
            self._kept.release()
        if self._kept_request is not None:
            self._kept_request.release()
        if error in {"", ABANDONED}:
            self._edge.abandoned(self._admission)
        else:
            self._edge.failed(self._admission)
        self._edge.ended(self._admission)
        self._report(status, error, perf_counter() - self._started)

    def _report(self, status: int, error: str, duration_s: float) -> None:
        served_by = NOBODY
        if self._answer is not None:
            served_by = _MODERN if self._served_by is MODERN else _LEGACY
        self._plane.ended(self._admission, served_by, status, duration_s, self._sent_bytes, error)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
        elif self._is_waiting:
            self._is_waiting = False
            self._pool.forget(self)  # not the plane's: that may be another by now
