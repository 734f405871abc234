"""Everything about a request that is not input or output: admission, plan, headers, counts, captures.

A data plane asks `admit` for each request, does what the admission says, and tells the edge how it ended
by exactly one of `answered`, `fell_back`, `failed`, `abandoned`. All of it runs on the plane's event loop.
"""

import os
import random
import time

import structlog

from parity.exchange import LEGACY, MODERN, SAFE_METHODS, Backend, Capture, Endpoint, Observation
from proxy import captures, spared, writes
from proxy.admission import Admission, Refused, Rehearsed, Way
from proxy.canary import StickyKeys, bucket
from proxy.captures import NO_ROOM, TOO_LARGE, Budget, KeptBody
from proxy.counters import UNLISTED, Counters, requested_key
from proxy.fields import Lines, pairs
from proxy.flags import OUTSIDE, Flag, FlagTable, plan_for
from proxy.headers import EdgeHeaders, Peer
from proxy.outbox import CaptureSink
from proxy.races import Mark, Races
from proxy.refusals import Refusal
from proxy.rehearsals import Rehearser, unfit
from proxy.routing import RoutingTable, origin_form
from proxy.settings import EndpointBounds, ProxySettings
from proxy.shared_counts import EVERYWHERE
from proxy.spared import NEVER, Spared
from proxy.stages import READS, UNLISTED_PLAN, Stage
from proxy.wire.heads import AnswerHead, RequestHead

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_REPORT_INTERVAL_S = 1.0
_IDS = 256


class Edge:
    """What one proxy worker decides by; a reload makes another. `table` is replaced as a whole; requests keep theirs."""

    def __init__(
        self,
        settings: ProxySettings,
        *,
        counters: Counters,
        budget: Budget,
        races: Races,
        finished_writes: writes.Writes,
        headers: EdgeHeaders,
        sink: CaptureSink,
        source: random.Random | None = None,
        rehearser: Rehearser | None = None,
    ) -> None:
        self._ways: dict[int, Way] = {}
        self._unlisted: dict[bool, Way] = {}
        self.table = FlagTable()
        self.counters = counters
        self.rehearser = rehearser
        """Who may run a write before legacy gets it."""
        self._settings = settings
        self._routing = RoutingTable(settings.endpoints)
        self._spared = Spared(settings)
        self._headers = headers
        self._sticky = StickyKeys(settings.sticky)
        self._budget = budget
        self._races = races
        self._writes = finished_writes
        self._sink = sink
        # Its own, seeded by the system: processes that are forked must not give the same names.
        self._random = source or random.Random(os.urandom(16))
        self._ids: list[bytes] = []
        self._fallbacks = 0
        self._reported_at = 0.0

    @property
    def table(self) -> FlagTable:
        """The flags in force."""
        return self._table

    @table.setter
    def table(self, table: FlagTable) -> None:
        self._table = table
        self._ways = {}
        self._unlisted = {is_safe: _unlisted(table.version, is_safe=is_safe) for is_safe in (False, True)}

    def admit(self, head: RequestHead, peer: Peer) -> Admission | Refused:
        """Decide about a request from its head; what a client may not say is removed before anything reads it."""
        fresh_id = self.fresh_id()
        inbound = self._headers.inbound(head, peer, fresh_id)
        method = head.method
        target = head.target
        start = head.line
        if method == "CONNECT":
            return Refused(Refusal.CONNECT, inbound.request_id)
        if not target.startswith("/") or "#" in target:
            path = origin_form(target, head.host)
            if path is None:
                return Refused(Refusal.BAD_TARGET, inbound.request_id)
            start = f"{method} {path} HTTP/1.1".encode()
            target = path
        if inbound.looped:
            return Refused(Refusal.LOOP, inbound.request_id)
        endpoint = self._routing.match(method, target)
        if endpoint is None:
            way = self._unlisted[method in SAFE_METHODS]
        else:
            way = self._ways.get(id(endpoint)) or self._way_of(endpoint)
        plan, requested = way.plan, way.requested
        if way.is_canary and endpoint is not None:
            place = bucket(self._sticky.key(pairs(inbound.lines), inbound.address), way.domain)
            plan = plan_for(way.flag, endpoint, place)
            requested = requested_key(way.name, plan.authoritative)
        self.counters.add(requested)
        mirrored = (
            not way.spared and not inbound.upgrade and (way.rate >= 1 or self._random.random() < way.rate)
        )
        rehearsed: Rehearsed | None = None
        if way.rehearses and mirrored and plan.authoritative is LEGACY:
            rehearsed = self._drawn(way, head, inbound.lines)
        sees_modern = plan.shadow is not None or plan.authoritative is MODERN or rehearsed is not None
        return Admission(
            fresh_id,
            way,
            plan,
            method,
            target,
            start,
            inbound.lines,
            inbound.request_id,
            inbound.address,
            mirrored,
            self._writes.stamp(endpoint, target) if sees_modern else "",
            self._races.mark(way.domain) if sees_modern else _NO_MARK,
            time.time(),
            inbound.upgrade,
            inbound.parent,
            head.host,
            rehearsed,
        )

    def kept_body(self) -> KeptBody:
        """Room for one body."""
        return KeptBody(self._budget, self._settings.mirror.capture_bytes)

    def began(self, admission: Admission) -> None:
        """The request is about to be sent to its authoritative backend."""
        if admission.way.is_write:
            self._races.began(admission.way.domain)

    def ended(self, admission: Admission) -> None:
        """It was answered, or never will be."""
        if admission.way.is_write:
            self._races.ended(admission.way.domain)
            if admission.rehearsed is not None:
                admission.rehearsed.release()

    def answering(self, admission: Admission, status: int) -> None:
        """The backend has decided on a status, which the client is about to be told.

        A write that was refused (4xx) has written nothing that anybody reads.
        """
        if admission.way.is_write and not 400 <= status < 500:
            self._writes.finished(admission.way.endpoint, admission.target)

    def outbound(self, admission: Admission, head: AnswerHead, served_by: Backend) -> Lines:
        """The lines that the client gets."""
        return self._headers.outbound(head, served_by, admission.way.version)

    def answered(
        self,
        admission: Admission,
        head: AnswerHead,
        duration_s: float,
        body: KeptBody | None,
        sent: bytes | None = b"",
    ) -> None:
        """The client has the whole answer; now the other backend may be asked.

        `body` is the kept answer of a mirrored request; it is released here. `sent` is the body of the request, None
        if it was too large to keep. A write that was refused wrote nothing that could be read back, only what a rehearsal
        said of it can be compared; of one that failed nobody knows.
        """
        if body is None:
            self.counters.not_mirrored(admission.way.name, admission.way.spared or _reason(admission))
            return
        if admission.way.is_write:
            self._written(admission, admission.plan.authoritative, head, duration_s, body)
            return
        self.counters.mirrored(admission.way.name)
        authoritative = admission.plan.authoritative
        if not self._sink.wants(authoritative.other):
            body.release()
            self.counters.shed(admission.way.name, captures.SHADOW_DOWN)
            return
        self._put(admission, authoritative, head, duration_s, body, sent)

    def fell_back(
        self,
        admission: Admission,
        modern: Observation,
        head: AnswerHead,
        duration_s: float,
        body: KeptBody,
    ) -> None:
        """Modern failed before its answer began, the client has legacy's: a read is captured whatever the sample rate.

        `body` is the kept answer; it is released here.
        """
        self.counters.fell_back(admission.way.name)
        self._report_fallback(admission, modern)
        is_write = admission.way.is_write
        if not (admission.mirrored if is_write else admission.way.spared != NEVER):
            body.release()
            self.counters.not_mirrored(admission.way.name, _reason(admission))
        elif is_write:
            self._written(admission, LEGACY, head, duration_s, body)
        else:
            self.counters.mirrored(admission.way.name)
            self._put(admission, LEGACY, head, duration_s, body, b"", modern)

    def failed(self, admission: Admission) -> None:
        """The client got an error of the proxy's own, or a broken answer."""
        self._lost(admission)
        self.counters.failed(admission.way.name)
        self.counters.not_mirrored(admission.way.name, _reason(admission))

    def abandoned(self, admission: Admission) -> None:
        """The client went away before it had its answer, or has a tunnel."""
        self._lost(admission)
        self.counters.not_mirrored(admission.way.name, _reason(admission))

    def _written(
        self,
        admission: Admission,
        committed_by: Backend,
        head: AnswerHead,
        duration_s: float,
        body: KeptBody,
    ) -> None:
        """A write that is to be checked was answered by that backend."""
        if reason := _unchecked(admission, head.status):
            body.release()
            self.counters.not_mirrored(admission.way.name, reason)
            return
        self.counters.mirrored(admission.way.name)
        self._put(admission, committed_by, head, duration_s, body, b"", skipped=spared.unchecked(head.status))

    def _put(
        self,
        admission: Admission,
        authoritative: Backend,
        head: AnswerHead,
        duration_s: float,
        body: KeptBody,
        sent: bytes | None,
        shadow: Observation | None = None,
        *,
        skipped: str = "",
    ) -> None:
        overflow = skipped or (TOO_LARGE if sent is None else body.overflow)
        content = b"" if overflow else body.content
        body.release()
        if overflow == NO_ROOM:
            self.counters.shed(admission.way.name, captures.SHED_REASON)
            return
        if self._sink.put(
            Capture(
                admission.id.decode(),
                admission.way.name,
                admission.way.domain,
                admission.method,
                admission.target,
                b"\r\n".join([*admission.lines, b""]),
                sent or b"",
                admission.address,
                admission.way.stage,
                authoritative,
                head.status,
                head.fields,
                duration_s,
                admission.at,
                admission.mark,
                admission.stamp,
                shadow,
                overflow,
                None if admission.rehearsed is None else admission.rehearsed.rehearsal,
                content,
            )
        ):
            self.counters.captured(admission.way.name)
            if overflow:
                self.counters.skipped(admission.way.name, overflow)

    def _lost(self, admission: Admission) -> None:
        """Nobody knows whether a write that got no whole answer was committed; perhaps it will be later."""
        if admission.way.is_write:
            self._writes.finished(admission.way.endpoint, admission.target)

    def fresh_id(self) -> bytes:
        """A name for a request, 32 hex digits."""
        ids = self._ids
        if not ids:
            drawn = f"{self._random.getrandbits(128 * _IDS):0{32 * _IDS}x}".encode()
            self._ids = ids = [drawn[at : at + 32] for at in range(0, len(drawn), 32)]
        return ids.pop()

    def _drawn(self, way: Way, head: RequestHead, lines: Lines) -> Rehearsed | None:
        """A share of the writes, of those that modern gets as legacy does although they are held back."""
        rehearser = self.rehearser
        if rehearser is None or self._random.random() >= self._settings.write_checks.rehearse_share:
            return None
        if reason := unfit(head, lines, self._settings.mirror.capture_bytes):
            rehearser.results.ended(way.name, reason)
            return None
        return Rehearsed()

    def _way_of(self, endpoint: Endpoint) -> Way:
        flag = self._table.flag_for(endpoint)
        plan = plan_for(flag, endpoint, OUTSIDE)
        way = Way(
            endpoint.name,
            endpoint,
            endpoint.domain,
            flag,
            self._table.version,
            plan,
            self._bounds_of(endpoint),
            not endpoint.is_read,
            flag.stage is Stage.CANARY,
            self._spared.reason(endpoint, flag),
            requested_key(endpoint.name, plan.authoritative),
            flag.stage.value,
            self._spared.rate(endpoint, flag),
            self._falls_back(endpoint, flag),
            self.rehearser is not None and self._spared.may_rehearse(endpoint, flag),
            self._spared.is_unread(endpoint),
        )
        self._ways[id(endpoint)] = way
        return way

    def _bounds_of(self, endpoint: Endpoint) -> EndpointBounds:
        bounds = self._settings.bounds
        return bounds.get(endpoint.name) or bounds.get(endpoint.domain) or _NO_BOUNDS

    def _falls_back(self, endpoint: Endpoint, flag: Flag) -> bool:
        """Not once legacy is out of the game, and not where somebody said so."""
        said = self._bounds_of(endpoint).fallback
        is_on = self._settings.forward.fallback if said is None else said
        return is_on and READS[flag.stage].within.shadow is LEGACY

    def _report_fallback(self, admission: Admission, modern: Observation) -> None:
        # A backend that is down fails every request: one line a second says so with their number.
        self._fallbacks += 1
        now = time.monotonic()
        if now - self._reported_at >= _REPORT_INTERVAL_S:
            log.warning("fallback", endpoint=admission.way.name, error=modern.error, requests=self._fallbacks)
            self._fallbacks = 0
            self._reported_at = now


_UNLISTED_FLAG = Flag()
_NO_BOUNDS = EndpointBounds()
_NO_MARK = Mark(0, 0)


def _unlisted(version: int, *, is_safe: bool) -> Way:
    return Way(
        UNLISTED,
        None,
        EVERYWHERE,
        _UNLISTED_FLAG,
        version,
        UNLISTED_PLAN,
        _NO_BOUNDS,
        not is_safe,
        False,
        "unlisted",
        requested_key(UNLISTED, UNLISTED_PLAN.authoritative),
        _UNLISTED_FLAG.stage.value,
    )


def _unchecked(admission: Admission, status: int) -> str:
    """Why an answered write is not looked at; what was rehearsed is, also when it was refused."""
    rehearsal = None if admission.rehearsed is None else admission.rehearsed.rehearsal
    if spared.is_refused(status) and (rehearsal is None or rehearsal.shed):
        return spared.REFUSED_WRITE
    return spared.NO_READ if rehearsal is None and admission.way.is_unread else ""


def _reason(admission: Admission) -> str:
    """Why there is no copy."""
    if admission.way.spared:
        return admission.way.spared
    if admission.upgrade:
        return "upgrade"
    return "unanswered" if admission.mirrored else "sampled_out"
