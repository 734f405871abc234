"""What is told of each request that has ended: metrics always, access log and spans where they are configured."""

import time
from collections.abc import Iterable
from typing import Final

import structlog

from parity.database import open_database
from parity.exchange import MODERN
from parity.exposition import FamilyCollector, Kind, Reading, Readings
from proxy.access_log import AccessLog, Entry
from proxy.admission import Admission
from proxy.counters import UNLISTED
from proxy.errors import TelemetryError
from proxy.flag_rows import LastAnswer
from proxy.metrics import NOBODY, PREFIX, Metrics
from proxy.settings import ProxySettings
from proxy.tracing import Span, Tracer
from proxy.unlisted import UnlistedPaths

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

ABANDONED = "abandoned"
"""The error of a request whose client went away before it had its answer."""

_REPORT_INTERVAL_S = 60.0
_MODERN: Final = MODERN.value


class Telemetry:
    """The data plane calls `served` or `refused` exactly once for each request, when it has ended. Neither raises."""

    __slots__ = ("_access_log", "_by_modern", "_metrics", "_reported_at", "_tracer", "_unlisted")

    def __init__(
        self,
        metrics: Metrics,
        access_log: AccessLog | None = None,
        tracer: Tracer | None = None,
        unlisted: UnlistedPaths | None = None,
    ) -> None:
        self._metrics = metrics
        self._access_log = access_log
        self._tracer = tracer
        self._by_modern: dict[str, tuple[str, float]] = {}
        self._unlisted = unlisted
        self._reported_at = -_REPORT_INTERVAL_S

    def by_modern(self) -> dict[str, LastAnswer]:
        """The last answer of modern in each domain. May be asked from another thread."""
        return {domain: LastAnswer(*last) for domain, last in self._by_modern.copy().items()}

    def served(
        self,
        admission: Admission,
        served_by: str,
        status: int,
        duration_s: float,
        sent_bytes: int,
        error: str = "",
    ) -> None:
        """A request that was admitted has ended.

        `served_by` is `legacy`, `modern` or `none`; `status` is what the client was told, 0 if nothing;
        `duration_s` is from the head of the request to the end of the answer; `sent_bytes` are those of the answer,
        its head included; `error` is one word, empty if all went well.
        """
        way = admission.way
        try:
            self._metrics.served(way.name, served_by, way.stage, status, duration_s)
            if served_by == _MODERN:
                self._by_modern[way.domain] = (way.name, admission.at + duration_s)
            authoritative = admission.plan.authoritative
            if served_by != authoritative:
                # a fallback, or nobody's answer; who went away (0) or sent what cannot be read (4xx) says nothing of it
                if served_by != NOBODY or status >= 500:
                    self._metrics.broke(way.name, authoritative, began=False)
            elif error and status:
                self._metrics.broke(way.name, authoritative, began=True)
            if way.endpoint is None and self._unlisted is not None:
                self._unlisted.put(admission.method, admission.target, status, admission.at)
            access_log, tracer = self._access_log, self._tracer
            if access_log is not None and access_log.wants(status):
                access_log.put(
                    Entry(
                        admission.at,
                        admission.request_id.decode(),
                        way.name,
                        admission.method,
                        admission.target,
                        status,
                        served_by,
                        way.stage,
                        way.version,
                        duration_s,
                        sent_bytes,
                        f"address:{admission.address}",
                        admission.mirrored,
                        error,
                        0.0 if admission.rehearsed is None else admission.rehearsed.delay_s,
                    )
                )
            if tracer is not None and tracer.wants(admission.parent, admission.id.decode()):
                endpoint = way.endpoint
                tracer.put(
                    Span(
                        admission.id.decode(),
                        admission.parent,
                        admission.at,
                        duration_s,
                        admission.method,
                        "" if endpoint is None else endpoint.path,
                        admission.target,
                        (admission.host or b"").decode(),
                        status,
                        served_by,
                        way.stage,
                        way.version,
                        error,
                    )
                )
        except Exception as failure:  # noqa: BLE001 -- the request was served; nothing here may touch it
            self._report(failure)

    def refused(self, request_id: str, status: int, duration_s: float, sent_bytes: int, error: str) -> None:
        """A request that was not admitted got an answer of the proxy's own. It has no stage and no span."""
        try:
            self._metrics.served(UNLISTED, NOBODY, NOBODY, status, duration_s)
            access_log = self._access_log
            if access_log is not None and access_log.wants(status):
                at = time.time() - duration_s
                access_log.put(
                    Entry(
                        at=at,
                        request_id=request_id,
                        endpoint=UNLISTED,
                        status=status,
                        duration_s=duration_s,
                        sent_bytes=sent_bytes,
                        error=error,
                    )
                )
        except Exception as failure:  # noqa: BLE001 -- as above
            self._report(failure)

    def collectors(self) -> tuple[FamilyCollector, ...]:
        """What `/metrics` shows."""
        readings = [
            *_written_and_not("access_log_lines", "Lines of the access log", self._access_log),
            *_written_and_not("spans", "Spans", self._tracer),
        ]
        return self._metrics, Readings(readings)

    def start(self) -> None:
        """Begin to write and to send."""
        for part in (self._access_log, self._tracer, self._unlisted):
            if part is not None:
                part.spool.start()

    def end(self, timeout_s: float) -> None:
        """Write and send what waits, each within that time. Blocks."""
        for part in (self._access_log, self._tracer, self._unlisted):
            if part is not None:
                part.end(timeout_s)

    def _report(self, failure: Exception) -> None:
        now = time.monotonic()
        if now - self._reported_at >= _REPORT_INTERVAL_S:
            self._reported_at = now
            log.error("telemetry_failed", error=repr(failure))


def open_telemetry(settings: ProxySettings, metrics: Metrics) -> Telemetry:
    """As configured. Raises `TelemetryError`."""
    telemetry = settings.telemetry
    access_log: AccessLog | None = None
    if telemetry.access_log is not None and telemetry.access_log_rate > 0:
        access_log = AccessLog(
            telemetry.access_log,
            telemetry.access_log_rate,
            token_key=settings.token_key,
            queries=telemetry.access_log_queries,
        )
    tracer = None if telemetry.otlp_endpoint is None else _tracer(settings, telemetry.otlp_endpoint)
    unlisted = UnlistedPaths(lambda: open_database(settings.store_url)) if telemetry.unlisted_paths else None
    return Telemetry(metrics, access_log, tracer, unlisted)


def _tracer(settings: ProxySettings, endpoint: str) -> Tracer:
    try:
        from proxy.otlp import OtlpSender
    except ImportError as error:
        raise TelemetryError(
            f"spans are to be sent to {endpoint}, but {error.name} is not installed: pip install 'crossfade[otel]'"
        ) from error
    sender = OtlpSender(
        endpoint,
        service_name=settings.telemetry.service_name,
        worker_name=settings.worker_name,
        scheme="http" if settings.tls is None else "https",
    )
    return Tracer(sender, rate=settings.telemetry.trace_rate)


def _written_and_not(name: str, words: str, part: AccessLog | Tracer | None) -> Iterable[Reading]:
    if part is None:
        return ()
    spool = part.spool
    return (
        Reading(f"{PREFIX}_{name}_written", f"{words} that arrived.", lambda: spool.written, Kind.COUNTER),
        *(
            Reading(
                f"{PREFIX}_{name}_unwritten",
                f"{words} that were given up, by reason.",
                read,
                Kind.COUNTER,
                {"reason": why},
            )
            for why, read in (("no_room", lambda: spool.no_room), ("failed", lambda: spool.failed))
        ),
    )
