"""Checks of writes in the parity worker: what a write wrote is read through both backends, and the reads are compared.

The write itself is never sent again. Both reads are copies of a read, signed as such, with the credentials of the
write's client; each takes its turn on the bounded way to its backend. The shadow is asked first: what it does not
answer the authoritative backend is spared.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from msgspec import structs

from parity.bodies import value_of
from parity.completing import Shed, exchange_of
from parity.errors import BodyError
from parity.exchange import Backend, Capture, Endpoint, Exchange, Observation
from proxy.captures import Budget
from proxy.fields import name_of
from proxy.read_backs import ReadBacks, Unread
from proxy.settings import WriteCheck

BUSY = "authoritative_busy"
"""Why a check is shed when the shadow has answered and the authoritative backend is not to be asked now."""
UNCOUNTED = "uncounted_writes"
"""Why a write is not read back where nobody counts writes: what differed then might be another write's."""
_ONLY_OF_WRITES = frozenset(
    {
        b"expect",
        b"idempotency-key",
        b"prefer",
        b"range",
        b"transfer-encoding",
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
    }
)
"""What a read must not say: above all that it means another method. Beside them all `Content-` and `If-` fields."""

Ask = Callable[[Backend, Capture], Awaitable[tuple[Observation, str] | Shed]]
"""What a backend did with a copy, and why its body was not kept; whoever asks gives the body back."""


class CountedWrites(Protocol):
    """What is known of the writes of all proxy workers (`proxy.races.SharedRaces`)."""

    def mark(self, domain: str) -> tuple[int, int]:
        """How the writes to a domain stand now."""
        ...

    def overlapped(self, domain: str, mark: tuple[int, int]) -> bool:
        """Whether a write to that domain was in flight at any moment since the mark."""
        ...

    def stamp(self, endpoint: Endpoint, target: str) -> str:
        """What a request has to have seen that begins now."""
        ...


class WriteChecks:
    """Makes exchanges of captured writes; without `writes` none is read back, and says so."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        ask: Ask,
        budget: Budget,
        writes: CountedWrites | None,
    ) -> None:
        self._read_backs = ReadBacks(endpoints)
        self._ask = ask
        self._budget = budget
        self._writes = writes

    async def read_back(self, capture: Capture, client: str, answer: Observation) -> Exchange | Shed:
        """The exchange of both reads; `answer` is what the write's client got."""
        found = self._read_backs.find(
            capture.endpoint,
            capture.target,
            capture.status,
            answer.header("location"),
            lambda: _value(answer),
        )
        if isinstance(found, Unread):
            return exchange_of(capture, client, answer, Observation(), skipped=found.value)
        endpoint, target, is_of_path = found
        if self._writes is None:
            return exchange_of(capture, client, answer, Observation(), skipped=UNCOUNTED)
        # the mark before the stamp: what is finished in between was in flight at the mark
        mark = self._writes.mark(endpoint.domain)
        read = _read_of(capture, endpoint, target, self._writes.stamp(endpoint, target))
        asked = await self._ask_both(read)
        if isinstance(asked, Shed):
            return asked
        authoritative, shadow, skipped = asked
        exchange = exchange_of(
            read,
            client,
            authoritative,
            shadow,
            raced=self._writes.overlapped(endpoint.domain, mark),
            skipped=skipped or _unseen(authoritative, shadow, is_of_path=is_of_path),
        )
        return structs.replace(exchange, check=WriteCheck.READ_BACK.value, write=capture.endpoint)

    async def _ask_both(self, read: Capture) -> tuple[Observation, Observation, str] | Shed:
        """What the authoritative and the shadow backend say, and why that cannot be compared, or an empty text."""
        first = await self._ask(read.authoritative.other, read)
        if isinstance(first, Shed):
            return first
        shadow, skipped = first
        if shadow.error or skipped:
            return Observation(), shadow, skipped
        try:
            second = await self._ask(read.authoritative, read)
        except BaseException:
            self._budget.give_back(len(shadow.body))
            raise
        if isinstance(second, Shed):
            self._budget.give_back(len(shadow.body))
            return Shed(BUSY)
        authoritative, skipped = second
        return authoritative, shadow, skipped


def _read_of(capture: Capture, endpoint: Endpoint, target: str, stamp: str) -> Capture:
    """The read as its client would have sent it behind its write."""
    lines = (line for line in capture.head.split(b"\r\n") if line and not _is_of_writes(line))
    return structs.replace(
        capture,
        endpoint=endpoint.name,
        domain=endpoint.domain,
        method=endpoint.method,
        target=target,
        head=b"\r\n".join([*lines, b""]),
        body=b"",
        writes=stamp,
    )


def _is_of_writes(line: bytes) -> bool:
    name = name_of(line).lower()
    return name in _ONLY_OF_WRITES or name.startswith((b"content-", b"if-"))


def _value(answer: Observation) -> object:
    try:
        return value_of(answer)
    except BodyError:
        return None


def _unseen(authoritative: Observation, shadow: Observation, *, is_of_path: bool) -> str:
    """Empty, unless neither backend shows anything: then their agreeing says nothing of the write.

    That a resource which the path of the write names is gone is what a removal looks like.
    """
    status = shadow.status
    if authoritative.error or shadow.error or authoritative.status != status:
        return ""
    is_shown = 200 <= status < 300 or (is_of_path and status in {404, 410})
    return "" if is_shown else Unread.NOT_SHOWN.value
