"""The words that proxy and parity share: a backend, an endpoint, one request and what both backends did with it.

These are also the frames on the Unix socket between a proxy worker and a parity worker (`parity/wire.py`),
so they are msgspec structs: the fastest of the typed encoders, and the receiver validates.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

NO_READ_BACK: Final = "none"
"""What a write says as its `read_back` that no read shows."""
REHEARSE: Final = "rehearse"
"""The check of a write that modern rehearsed: both answers to the write itself, and the rows."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Backend(StrEnum):
    """One of the two implementations behind the proxy; the name never changes with the stage."""

    LEGACY = "legacy"
    MODERN = "modern"

    @property
    def other(self) -> "Backend":
        """The backend that this one is not."""
        return Backend.MODERN if self is Backend.LEGACY else Backend.LEGACY


LEGACY: Final = Backend.LEGACY
MODERN: Final = Backend.MODERN
"""For code that runs at every request: Python 3.11 looks a member up in its class by eight hundred instructions."""


class Endpoint(msgspec.Struct, frozen=True, order=True):
    """Method and path template, the key of everything; `domain` is the group it is flipped with.

    An endpoint that is not `mirrorable` never gets a copy, whatever the stage: signing in, refreshing, signing out.
    Of a write, `read_back` is the path of the read that shows what it wrote, and `read_back_id` where its answer names
    the id that the path wants; empty: found by default (`proxy/read_backs.py`). One that is not `required` is one whose
    success no verdict asks for, because legacy never gives one.
    """

    domain: str
    method: str
    path: str
    mirrorable: bool = True
    read_back: str = ""
    read_back_id: str = ""
    required: bool = True

    @property
    def name(self) -> str:
        """For example `GET /v1/escrows/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def is_read(self) -> bool:
        """Whether the method is safe (RFC 9110 section 9.2.1)."""
        return self.method in SAFE_METHODS


class Observation(msgspec.Struct, frozen=True):
    """What one backend did with one request.

    `status` is 0 when there was no whole answer; `error` then says why, in one word of `timeout`, `refused`,
    `broken`. Header names are lower case, repeats kept. `body` is what was on the wire, compressed if it was.
    """

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    duration_s: float = 0.0
    query_count: int | None = None
    error: str = ""

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class RowPair(msgspec.Struct, frozen=True):
    """A row of one table as legacy left it and as modern would have; None where there is none.

    Of one that `is_again` both are modern's: the second was made as the first had been already.
    """

    table: str
    legacy: Any = None
    modern: Any = None
    is_again: bool = False


class Exchange(msgspec.Struct, frozen=True):
    """One request and what both backends did with it.

    `endpoint` is an `Endpoint.name`. `target` is the raw path and query. `client` is the sticky key as a token,
    never a credential. `at` is Unix time in seconds. `raced` says that a write to the same domain was in
    flight between the two answers, so that a difference would prove nothing. `skipped` is the reason why the
    answers could not be captured whole (`body_too_large`), else empty. Of a write check (`check`) `write` is the endpoint
    of the write. With `read_back` everything else is of the read by which both backends were asked; with `rehearse` of
    the write: `modern` is the answer of the rehearsal, `rows` are those that were written, `row_counts` says what became
    of each, and `rows_bytes` what they hold.
    """

    id: str
    endpoint: str
    domain: str
    method: str
    target: str
    client: str
    stage: str
    authoritative: Backend
    legacy: Observation
    modern: Observation
    at: float
    raced: bool = False
    skipped: str = ""
    check: str = ""
    write: str = ""
    rows: tuple[RowPair, ...] = ()
    row_counts: dict[str, int] = {}
    rows_bytes: int = 0

    def observation(self, backend: Backend) -> Observation:
        """What that backend did."""
        return self.legacy if backend is Backend.LEGACY else self.modern

    @property
    def is_answered(self) -> bool:
        """Whether both backends gave a whole answer, and both were captured whole."""
        return not (self.skipped or self.legacy.error or self.modern.error)

    @property
    def shadow(self) -> Observation:
        """The answer that nobody waited for."""
        return self.observation(self.authoritative.other)


class Rehearsal(msgspec.Struct, frozen=True, array_like=True):
    """What modern did with a write that it rehearsed before legacy got it.

    `head` is the header block of its answer as in `Capture.answer_head`, `X-Write-Set` in it. `error` is a word of
    `Observation.error` when it gave no whole answer within the deadline, or the reason why its answer could not be
    kept (`body_too_large`); `shed` is the reason why it was not asked.
    """

    status: int = 0
    head: bytes = b""
    body: bytes = b""
    duration_s: float = 0.0
    error: str = ""
    shed: str = ""


class Capture(msgspec.Struct, frozen=True, array_like=True):
    """One mirrored request and what its client got: what a parity worker makes an exchange of, by asking the shadow.

    `head` is the header block as a backend gets it (`name: value` lines, each with its CR LF, without `writes`), in
    the bytes that were on the wire; `answer_head` that of the answer as its backend sent it. `address` is the
    client's. `writes` is the stamp that modern
    gets. `mark` says how the writes stood when the request began (in flight, begun). `shadow` is there when the other
    backend was asked already: it failed, and the client was answered by this one. `skipped` is the reason why there is
    nothing to compare (`body_too_large`); the shadow is then spared the copy. `rehearsal` is there when a write was to be
    rehearsed. The answer's body is the last, so that a large one can be sent as it lies there.
    """

    id: str
    endpoint: str
    domain: str
    method: str
    target: str
    head: bytes
    body: bytes
    address: str
    stage: str
    authoritative: Backend
    status: int
    answer_head: bytes
    duration_s: float
    at: float
    mark: tuple[int, int]
    writes: str = ""
    shadow: Observation | None = None
    skipped: str = ""
    rehearsal: Rehearsal | None = None
    answer_body: bytes = b""


FALLBACK_BEGUN = "fallback_begun"
PRESENT = "present"
ENDED = "ended"


class Count(msgspec.Struct, frozen=True):
    """How often something happened at one endpoint since the last batch.

    `name` is one of `requests`, `mirrored`, `not_mirrored`, `fallback`, `fallback_begun`, `failed`, `shed`, or of no
    endpoint: `present`, the worker is there and counts who is asked, and `ended`, it is not any more and has said all.
    `reason` says why where the name alone does not (`requests`: the authoritative backend; `not_mirrored`: `stage`, `write`, `no_read`, `refused_write`, `sampled_out`,
    `unlisted`, `unanswered`, `never`; `shed`: `parity_queue`, all that a proxy worker sheds; what a parity worker sheds is an
    outcome of the capture, `parity/completing.py`).
    """

    endpoint: str
    name: str
    reason: str
    n: int


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What a proxy worker hands over at once; sent again, unchanged, until its receipt has come.

    `proxy` names one run of one proxy worker, `seq` counts its batches from 1. `in_flight` is how many
    mirrored requests are in no batch yet, so that the books balance at every moment. The captures are the last, so
    that they can be encoded one by one before the rest is known.
    """

    proxy: str
    seq: int
    counts: tuple[Count, ...]
    in_flight: int
    captures: tuple[Capture, ...] = ()


LEFT_ALONE = "shadow_left_alone_seconds"
"""The level, by shadow backend, for how long nothing is sent there because it only fails; 0: it is not down."""


class Receipt(msgspec.Struct, frozen=True):
    """The parity worker has committed the batch `seq` to the store (or had already).

    `levels` say how it stands, such as `shadow_in_flight/modern`: a proxy worker shows them beside its own.
    """

    seq: int
    levels: dict[str, float] = {}
