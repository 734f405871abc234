"""The second parser: h11 reads the same bytes, and must see the same messages as whoever framed them."""

from dataclasses import dataclass

import h11


@dataclass(frozen=True, slots=True)
class Read:
    """One request as h11 reads it."""

    method: bytes
    target: bytes
    body: bytes
    version: bytes = b"1.1"


@dataclass(frozen=True, slots=True)
class Reading:
    """What h11 makes of a stream; `is_clean`: it found no fault, though the last message may be cut off."""

    requests: tuple[Read, ...]
    is_clean: bool


def read_requests(raw: bytes) -> Reading:
    """All whole requests in these bytes, up to what h11 finds a fault in."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(raw)
    found: list[Read] = []
    head: h11.Request | None = None
    parts: list[bytes] = []
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return Reading(tuple(found), is_clean=False)
        match event:
            case h11.Request():
                head, parts = event, []
            case h11.Data():
                parts.append(bytes(event.data))
            case h11.EndOfMessage():
                assert head is not None
                found.append(Read(head.method, head.target, b"".join(parts), head.http_version))
                if connection.their_state in {h11.MUST_CLOSE, h11.CLOSED, h11.ERROR}:
                    return Reading(tuple(found), is_clean=True)
                connection.send(h11.Response(status_code=400, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return Reading(tuple(found), is_clean=True)
                connection.start_next_cycle()
            case _:
                return Reading(tuple(found), is_clean=True)


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """The first final answer as h11 reads it; `is_whole` as far as its framing can say."""

    status: int
    body: bytes
    is_whole: bool


def read_answer(raw: bytes, *, has_closed: bool = True) -> ReadAnswer | None:
    """The answer to a GET in these bytes; None: h11 finds a fault in its head, or it is not all there."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    if has_closed:
        connection.receive_data(b"")
    status = 0
    parts: list[bytes] = []
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return ReadAnswer(status, b"".join(parts), is_whole=False) if status else None
        match event:
            case h11.InformationalResponse():
                if event.status_code == 101:
                    return None
            case h11.Response():
                status = event.status_code
            case h11.Data():
                parts.append(bytes(event.data))
            case h11.EndOfMessage():
                return ReadAnswer(status, b"".join(parts), is_whole=True)
            case _:
                return ReadAnswer(status, b"".join(parts), is_whole=False) if status else None
