"""Everything about a request that is not input or output: admission, plan, headers, counts, copies.

A data plane asks `admit` for each request, does what the admission says, and tells the edge how it ended
by exactly one of `answered`, `fell_back`, `failed`, `abandoned`. All of it runs on the plane's event loop.
"""

import os
import random
import time
from collections.abc import Mapping

import msgspec
import structlog

from parity.exchange import SAFE_METHODS, Backend, Endpoint, Observation
from proxy import writes
from proxy.canary import StickyKeys, bucket, token
from proxy.capture import NO_ROOM, TOO_LARGE, Budget, Capture
from proxy.counters import UNLISTED, Counters
from proxy.flags import Flag, FlagTable, plan_for
from proxy.headers import EdgeHeaders, Headers, Inbound, Outbound, observe
from proxy.mirror import (
    ExchangeSink,
    Mirror,
    Mirrored,
    exchange_of,
    observation,
    size_of_mirrored,
)
from proxy.races import Mark, Races
from proxy.refusals import Refusal
from proxy.routing import RoutingTable, origin_form
from proxy.settings import ProxySettings
from proxy.shared_counts import EVERYWHERE, Counts
from proxy.stages import UNLISTED_PLAN, Plan, Stage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_REPORT_INTERVAL_S = 1.0


class Admission(msgspec.Struct, frozen=True):
    """What is to be done with one request; it holds the flags that the request was admitted with.

    `headers` and `target` are what either backend gets. `mirrored` says that the answer is to be captured.
    `writes` is the stamp of the writes that were finished when the request came.
    """

    id: str
    name: str
    endpoint: Endpoint | None
    flag: Flag
    version: int
    plan: Plan
    method: str
    target: str
    headers: list[tuple[str, str]]
    request_id: str
    key: str
    is_write: bool
    mirrored: bool
    writes: str
    mark: Mark
    at: float

    @property
    def domain(self) -> str:
        """The domain of the endpoint; an unlisted request is everywhere."""
        return EVERYWHERE if self.endpoint is None else self.endpoint.domain

    def headers_for(self, backend: Backend) -> list[tuple[str, str]]:
        """What that backend gets: modern is told which writes its cached answers must have seen."""
        return [*self.headers, (writes.HEADER, self.writes)] if backend is Backend.MODERN else self.headers

    @property
    def can_fall_back(self) -> bool:
        """Whether legacy answers when modern fails: reads only, and not once legacy is out of the game."""
        return self.plan.shadow is Backend.LEGACY


class Refused(msgspec.Struct, frozen=True):
    """The request goes to no backend."""

    refusal: Refusal
    request_id: str


class Edge:
    """What one proxy worker decides by; a reload makes another. `table` is replaced as a whole; requests keep theirs."""

    def __init__(
        self,
        settings: ProxySettings,
        *,
        counters: Counters,
        budget: Budget,
        races: Races,
        headers: EdgeHeaders,
        mirrors: Mapping[Backend, Mirror],
        sink: ExchangeSink,
        counts: Counts | None = None,
        source: random.Random | None = None,
    ) -> None:
        self.table = FlagTable()
        self.counters = counters
        self._settings = settings
        self._routing = RoutingTable(settings.endpoints)
        self._headers = headers
        self._sticky = StickyKeys(settings.sticky)
        self._budget = budget
        self._races = races
        self._writes = writes.Writes(settings.endpoints, counts)
        self._mirrors = mirrors
        self._sink = sink
        # Its own, seeded by the system: processes that are forked must not give the same names.
        self._random = source or random.Random(os.urandom(16))
        self._fallbacks = 0
        self._reported_at = 0.0

    def admit(
        self, method: str, target: str, headers: Headers, peer: str, scheme: str
    ) -> Admission | Refused:
        """Decide about a request from its head; what a client may not say is removed before anything reads it."""
        fresh_id = f"{self._random.getrandbits(128):032x}"
        inbound = self._headers.inbound(headers, peer=peer, scheme=scheme, fresh_id=fresh_id)
        if method == "CONNECT":
            return Refused(Refusal.CONNECT, inbound.request_id)
        path = origin_form(target, inbound.host)
        if path is None:
            return Refused(Refusal.BAD_TARGET, inbound.request_id)
        if inbound.looped:
            return Refused(Refusal.LOOP, inbound.request_id)
        endpoint = self._routing.match(method, path)
        if endpoint is None:
            return self._admit_unlisted(method, path, inbound, fresh_id)
        table = self.table
        flag = table.flag_for(endpoint)
        key = ""
        place = 0.0
        if flag.stage is Stage.CANARY:
            key = self._sticky.key(inbound.headers, inbound.address)
            place = bucket(key, endpoint.domain)
        plan = plan_for(flag, endpoint, place)
        mirrored = endpoint.mirrorable and plan.shadow is not None and self._is_sampled(flag)
        if plan.shadow is not None and not key:
            key = self._sticky.key(inbound.headers, inbound.address)
        self.counters.requested(endpoint.name)
        return Admission(
            id=fresh_id,
            name=endpoint.name,
            endpoint=endpoint,
            flag=flag,
            version=table.version,
            plan=plan,
            method=method,
            target=path,
            headers=inbound.headers,
            request_id=inbound.request_id,
            key=key,
            is_write=not endpoint.is_read,
            writes=self._writes.stamp(endpoint, path),
            mirrored=mirrored,
            mark=self._races.mark(endpoint.domain),
            at=time.time(),
        )

    def capture(self) -> Capture:
        """Room for one body."""
        return Capture(self._budget, self._settings.mirror.capture_bytes)

    def began(self, admission: Admission) -> None:
        """The request is about to be sent to its authoritative backend."""
        if admission.is_write:
            self._races.began(admission.domain)

    def ended(self, admission: Admission) -> None:
        """It was answered, or never will be."""
        if admission.is_write:
            self._races.ended(admission.domain)

    def answering(self, admission: Admission, status: int) -> None:
        """The backend has decided on a status, which the client is about to be told.

        A write that was refused (4xx) has written nothing that anybody reads.
        """
        if admission.is_write and not 400 <= status < 500:
            self._writes.finished(admission.endpoint, admission.target)

    def outbound(self, admission: Admission, headers: Headers, served_by: Backend) -> Outbound:
        """The headers that the client gets."""
        return self._headers.outbound(headers, served_by, admission.version)

    def answered(
        self,
        admission: Admission,
        outbound: Outbound,
        status: int,
        duration_s: float,
        body: Capture | None,
        sent: bytes | None = b"",
    ) -> None:
        """The client has the whole answer; now a copy may go to the shadow backend.

        `body` is the captured answer of a mirrored request; it is released here. `sent` is the body of the
        request, None if it was too large to keep.
        """
        if not admission.mirrored or body is None:
            self.counters.not_mirrored(admission.name, _reason(admission))
            return
        self.counters.mirrored(admission.name)
        overflow = TOO_LARGE if sent is None else body.overflow
        answer = observation(observe(outbound), status, duration_s, b"" if overflow else body.body)
        body.release()
        if overflow == NO_ROOM:
            self.counters.shed(admission.name, "shadow_queue")
            return
        size = size_of_mirrored(admission.headers, sent or b"", answer)
        mirrored = self._mirrored(admission, admission.plan.authoritative, answer, sent or b"", size)
        if overflow:
            # There is nothing to compare with, so the shadow is spared the copy.
            self._sink.put(exchange_of(mirrored, Observation(), raced=False, skipped=overflow))
        elif not self._budget.take(size):
            self.counters.shed(admission.name, "shadow_queue")
        else:
            self._mirrors[admission.plan.authoritative.other].offer(mirrored)

    def fell_back(
        self,
        admission: Admission,
        modern: Observation,
        outbound: Outbound,
        status: int,
        duration_s: float,
        body: Capture,
    ) -> None:
        """Modern failed before its answer began, the client has legacy's: handed over whatever the sample rate.

        `body` is the captured answer; it is released here.
        """
        self.counters.fell_back(admission.name)
        self._report_fallback(admission, modern)
        if admission.endpoint is not None and not admission.endpoint.mirrorable:
            body.release()
            self.counters.not_mirrored(admission.name, _reason(admission))
            return
        self.counters.mirrored(admission.name)
        overflow = body.overflow
        answer = observation(observe(outbound), status, duration_s, b"" if overflow else body.body)
        body.release()
        if overflow == NO_ROOM:
            self.counters.shed(admission.name, "shadow_queue")
            return
        mirrored = self._mirrored(admission, Backend.LEGACY, answer, b"", 0)
        raced = self._races.overlapped(admission.domain, admission.mark)
        self._sink.put(exchange_of(mirrored, modern, raced=raced, skipped=overflow))

    def failed(self, admission: Admission) -> None:
        """The client got an error of the proxy's own, or a broken answer."""
        self._lost(admission)
        self.counters.failed(admission.name)
        self.counters.not_mirrored(admission.name, _reason(admission))

    def abandoned(self, admission: Admission) -> None:
        """The client went away before it had its answer."""
        self._lost(admission)
        self.counters.not_mirrored(admission.name, _reason(admission))

    def _lost(self, admission: Admission) -> None:
        """Nobody knows whether a write that got no whole answer was committed; perhaps it will be later."""
        if admission.is_write:
            self._writes.finished(admission.endpoint, admission.target)

    def _admit_unlisted(self, method: str, path: str, inbound: Inbound, fresh_id: str) -> Admission:
        self.counters.requested(UNLISTED)
        return Admission(
            id=fresh_id,
            name=UNLISTED,
            endpoint=None,
            flag=_UNLISTED_FLAG,
            version=self.table.version,
            plan=UNLISTED_PLAN,
            method=method,
            target=path,
            headers=inbound.headers,
            request_id=inbound.request_id,
            key="",
            is_write=method not in SAFE_METHODS,
            writes="",
            mirrored=False,
            mark=_NO_MARK,
            at=time.time(),
        )

    def _mirrored(
        self, admission: Admission, authoritative: Backend, answer: Observation, sent: bytes, size: int
    ) -> Mirrored:
        return Mirrored(
            id=admission.id,
            endpoint=admission.name,
            domain=admission.domain,
            method=admission.method,
            target=admission.target,
            headers=admission.headers_for(authoritative.other),
            body=sent,
            client=token(admission.key, self._settings.token_key),
            stage=admission.flag.stage.value,
            authoritative=authoritative,
            answer=answer,
            at=admission.at,
            mark=admission.mark,
            size=size,
        )

    def _is_sampled(self, flag: Flag) -> bool:
        return flag.sample_rate >= 1 or self._random.random() < flag.sample_rate

    def _report_fallback(self, admission: Admission, modern: Observation) -> None:
        # A backend that is down fails every request: one line a second says so with their number.
        self._fallbacks += 1
        now = time.monotonic()
        if now - self._reported_at >= _REPORT_INTERVAL_S:
            log.warning("fallback", endpoint=admission.name, error=modern.error, requests=self._fallbacks)
            self._fallbacks = 0
            self._reported_at = now


_UNLISTED_FLAG = Flag()
_NO_MARK = Mark(0, 0)


def _reason(admission: Admission) -> str:
    if admission.endpoint is None:
        return "unlisted"
    if admission.is_write:
        return "write"
    if not admission.endpoint.mirrorable:
        return "never"
    if admission.plan.shadow is None:
        return "stage"
    return "unanswered" if admission.mirrored else "sampled_out"
