"""What is to be done with one request, as the edge has decided; fixed for as long as the request lives.

Plain classes: compiled, they are made and read several times as quickly as what a library generates.
"""

from dataclasses import dataclass
from typing import Final

from parity.exchange import MODERN, Backend, Endpoint, Rehearsal
from proxy import writes
from proxy.captures import KeptBody
from proxy.counters import Key
from proxy.fields import Lines
from proxy.flags import Flag
from proxy.races import Mark
from proxy.refusals import Refusal
from proxy.settings import EndpointBounds
from proxy.stages import Plan

_STAMP: Final = writes.HEADER.encode()


@dataclass
class Way:
    """What the flags in force say of one endpoint: made once a flag version, not once a request.

    `plan` is that of every client, but at stage `canary` (`is_canary`), where it is that of those outside of the share:
    there `proxy.flags.plan_for` says whose it is. `spared` is why
    there is no copy of a request with this way, or empty; `rate` is the share of the others that have one. `requested`
    is what `Counters` count its requests under (at stage `canary` those of clients outside of the share). `falls_back` says that legacy is still there to answer for modern,
    `rehearses` that writes which legacy commits may be rehearsed, `is_unread` that no read shows what they write.
    """

    name: str
    endpoint: Endpoint | None
    domain: str
    flag: Flag
    version: int
    plan: Plan
    bounds: EndpointBounds
    is_write: bool
    is_canary: bool
    spared: str
    requested: Key
    stage: str
    rate: float = 1.0
    falls_back: bool = False
    rehearses: bool = False
    is_unread: bool = False


class Rehearsed:
    """A write that was drawn for a rehearsal: what came of it, and for how many seconds it was held back for it.

    `rehearsal` is None for as long as nothing did. `body` keeps the answer's; it is released when the request is over.
    """

    __slots__ = ("body", "delay_s", "rehearsal")

    def __init__(self) -> None:
        self.rehearsal: Rehearsal | None = None
        self.body: KeptBody | None = None
        self.delay_s = 0.0

    def release(self) -> None:
        """Give back the room that the answer takes."""
        body, self.body = self.body, None
        if body is not None:
            body.release()


class Admission:
    """It holds the flags that the request was admitted with.

    `start` is the request line, `lines` the field lines that either backend gets. `mirrored` says that the answer is
    to be captured. `stamp` says which writes were finished when the request came. `address` is the client's, as far
    as hops are trusted. `upgrade` is the protocol to tunnel, or empty. `parent` is as in `Inbound`, `host` the `Host`
    header. `at` is in seconds since 1970. `rehearsed` is there when the write was drawn for a rehearsal.
    """

    __slots__ = (
        "address",
        "at",
        "host",
        "id",
        "lines",
        "mark",
        "method",
        "mirrored",
        "parent",
        "plan",
        "rehearsed",
        "request_id",
        "stamp",
        "start",
        "target",
        "upgrade",
        "way",
    )

    def __init__(
        self,
        id: bytes,  # noqa: A002 -- a request's id is called so everywhere
        way: Way,
        plan: Plan,
        method: str,
        target: str,
        start: bytes,
        lines: Lines,
        request_id: bytes,
        address: str,
        mirrored: bool,  # noqa: FBT001 -- by position, which is quicker once a request
        stamp: str,
        mark: Mark,
        at: float,
        upgrade: bytes = b"",
        parent: str = "",
        host: bytes | None = None,
        rehearsed: Rehearsed | None = None,
    ) -> None:
        self.id = id
        self.way = way
        self.plan = plan
        self.method = method
        self.target = target
        self.start = start
        self.lines = lines
        self.request_id = request_id
        self.address = address
        self.mirrored = mirrored
        self.stamp = stamp
        self.mark = mark
        self.at = at
        self.upgrade = upgrade
        self.parent = parent
        self.host = host
        self.rehearsed = rehearsed

    @property
    def can_fall_back(self) -> bool:
        """Whether legacy may answer when modern fails; of a write only if modern certainly did not commit it."""
        return self.way.falls_back and self.plan.authoritative is MODERN and not self.upgrade

    def head_for(self, backend: Backend) -> bytes:
        """The head on the wire: modern is told which writes its cached answers must have seen."""
        if self.stamp and backend is MODERN:
            return b"%b\r\n%b\r\n%b: %b\r\n\r\n" % (
                self.start,
                b"\r\n".join(self.lines),
                _STAMP,
                self.stamp.encode(),
            )
        return b"%b\r\n%b\r\n\r\n" % (self.start, b"\r\n".join(self.lines))


@dataclass
class Refused:
    """The request goes to no backend."""

    refusal: Refusal
    request_id: bytes
