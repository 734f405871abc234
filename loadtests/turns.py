"""One connection to each of several backends, which take turns: every journey on each side, in changing order.

What is kept of a request is its duration, status, query count and what the answer says of the cache.
"""

import contextlib
import http.client
import io
import json
import random
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from loadtests.errors import BackendError, RecordingError
from loadtests.recording import Credentials, Sendable, sendable
from loadtests.timings import server_timing
from loadtests.workload import Journey, Step

_TIMEOUT_S = 30.0
_NO_FIELDS = b"{}"


@dataclass(frozen=True, slots=True)
class Taken:
    """One answered request; `cache` is `hit`, `miss`, or empty where the answer does not say, and `db_ms` then None."""

    side: str
    domain: str
    endpoint: str
    exchange: str
    status: int
    as_recorded: bool
    duration_ms: float
    query_count: int
    cache: str
    db_ms: float | None = None


class Side:
    """A backend by its address."""

    def __init__(self, name: str, url: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        self.name, self._url, self._credentials = name, url, credentials
        self._connection = _Connection(parts.hostname or "", parts.port or 80)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def play(self, journey: Journey, *, reads: int = 1) -> list[Taken]:
        """All steps in their order, a read `reads` times on end, as far as the answers that they need are there.

        Raises BackendError.
        """
        answers: dict[str, Any] = {}
        taken: list[Taken] = []
        for step in journey.steps:
            try:
                request = sendable(step.exchange, self._credentials, answers)
            except RecordingError:
                break
            for _ in range(reads if step.exchange.method == "GET" else 1):
                one, body = self.ask(step, request)
                taken.append(one)
            if one.as_recorded:
                answers[step.exchange.name] = _json(body)
        return taken

    def ask(self, step: Step, request: Sendable) -> tuple[Taken, bytes]:
        """Send the request of a step; the body of its answer, too. Raises BackendError."""
        status, headers, body, duration_s = self._ask(request)
        db_ms, cache = server_timing(headers.get("Server-Timing"))
        taken = Taken(
            self.name,
            step.exchange.domain,
            step.endpoint,
            step.exchange.name,
            status,
            status == step.exchange.status,
            duration_s * 1_000,
            int(headers.get("X-Query-Count", 0)),
            cache,
            db_ms,
        )
        return taken, body

    def _ask(self, request: Sendable) -> tuple[int, Mapping[str, str], bytes, float]:
        try:
            answer, duration_s = self._connection.ask(request)
            return answer.status, dict(answer.headers.items()), answer.read(), duration_s
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._connection.close()
            raise BackendError(f"{self.name} at {self._url} does not answer: {error}") from error


class _Connection:
    """Times the backend and not its client: a request leaves in one piece, an answer is parsed when it is all there."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def close(self) -> None:
        """Close it; the next request opens it anew."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, request: Sendable) -> tuple[http.client.HTTPResponse, float]:
        """The answer, and the seconds from the first byte out to the last byte in; raises OSError."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, _TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fields = {"Host": f"{self._address[0]}:{self._address[1]}", **request.headers}
        if request.body is not None or request.method not in {"GET", "DELETE"}:
            fields["Content-Length"] = str(len(request.body or b""))
        head = [f"{request.method} {request.target} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())]
        sent = "\r\n".join([*head, "", ""]).encode("latin-1") + (request.body or b"")
        received = bytearray()
        started = time.perf_counter()
        self._socket.sendall(sent)
        while not _is_whole(received):
            if not (piece := self._socket.recv(262_144)):
                raise ConnectionResetError("closed in the middle of an answer")
            received += piece
        duration_s = time.perf_counter() - started
        answer = http.client.HTTPResponse(_Received(bytes(received)), method=request.method)  # type: ignore[arg-type] # as much of a socket as it needs
        answer.begin()
        if answer.will_close:
            self.close()
        return answer, duration_s


class _Received:
    """A socket of which all has been read."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, _: str) -> io.BytesIO:
        """What was read."""
        return io.BytesIO(self._received)


def _is_whole(received: bytearray) -> bool:
    """Whether an answer with a length, in chunks or without a body is all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = received[:end].lower()
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    if length:
        return len(received) - end - 4 >= int(length)
    return b"\r\ntransfer-encoding: chunked" not in head or received.endswith(b"\r\n0\r\n\r\n")


@contextlib.contextmanager
def opened(urls: Mapping[str, str], credentials: Credentials) -> Iterator[list[Side]]:
    """The sides, connected for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        sides = [Side(name, url, credentials) for name, url in urls.items()]
        for side in sides:
            stack.callback(side.close)
        yield sides


@dataclass(frozen=True, slots=True)
class Floor:
    """The bare handler, which knows nothing and answers anything.

    `exchanges` are those where it takes the place of a backend: by domain and name, the paths at which it is asked.
    What comes before the last of them is not counted.
    """

    side: Side
    exchanges: dict[tuple[str, str], Sequence[str]]

    def play(self, journey: Journey, *, reads: int = 1) -> list[Taken]:
        """As a side does, but only what is one of its exchanges, each by itself. Raises BackendError."""
        taken: list[Taken] = []
        for step in journey.steps:
            exchange = step.exchange
            body = None if exchange.method == "GET" else _NO_FIELDS
            asked = [
                Sendable(exchange.method, path, {}, body)
                for path in self.exchanges.get((exchange.domain, exchange.name), ())
            ]
            for _ in range(reads if exchange.method == "GET" else 1):
                taken += [self.side.ask(step, request)[0] for request in asked][-1:]
        return taken


def in_turns(
    sides: Sequence[Side],
    journeys: Sequence[Journey],
    *,
    repeats: int,
    rng: random.Random,
    floor: Floor | None = None,
) -> Iterator[Taken]:
    """One round: every journey on every side, and on the floor what that takes; who goes first is drawn anew.

    A read is asked `repeats` times on end, what writes is played as often: a connection has sent its statement before.
    """
    all_of_them: list[Side | Floor] = [*sides, *([floor] if floor is not None else [])]
    for journey in rng.sample(journeys, len(journeys)):
        for side in rng.sample(all_of_them, len(all_of_them)):
            for _ in range(1 if is_reading(journey) else repeats):
                yield from side.play(journey, reads=repeats)


def is_reading(journey: Journey) -> bool:
    """Whether the journey writes nothing."""
    return all(step.exchange.method == "GET" for step in journey.steps)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
