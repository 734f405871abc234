"""Spans on their way to a collector: OpenTelemetry's own spans, over OTLP/HTTP.

The only module that imports OpenTelemetry, which is an extra; it is imported when an endpoint is configured.
"""

import logging
from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from proxy.trace_context import span_id
from proxy.tracing import Span

_PATH = "/v1/traces"
_NS = 1_000_000_000
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class OtlpSender:
    """Sends spans; used on one thread but for `close`. Headers and certificates come from OpenTelemetry's variables."""

    def __init__(
        self, endpoint: str, *, service_name: str, worker_name: str, scheme: str, timeout_s: float = 5.0
    ) -> None:
        self._scheme = scheme
        self._resource = Resource.create(
            {
                "service.name": service_name,
                "service.version": version("crossfade"),
                "service.instance.id": worker_name,
            }
        )
        self._scope = InstrumentationScope("crossfade.proxy", version("crossfade"))
        # A collector that is away is reported once a minute by the spool, not at each attempt by the exporter.
        logging.getLogger(OTLPSpanExporter.__module__).setLevel(logging.CRITICAL)
        self._exporter = OTLPSpanExporter(traces_url(endpoint), timeout=timeout_s)

    def send(self, spans: Sequence[Span]) -> int:
        """How many arrived: all or none."""
        result = self._exporter.export([self._readable(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            raise ConnectionError("the collector did not take the spans")
        return len(spans)

    def close(self) -> None:
        """Give up what is being sent."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # theirs has no annotation

    def _readable(self, span: Span) -> ReadableSpan:
        trace_id = int(span.parent[3:35] if span.parent else span.id, 16)
        parent = None
        if span.parent:
            parent = SpanContext(trace_id, int(span.parent[36:52], 16), is_remote=True, trace_flags=_SAMPLED)
        started = int(span.at * _NS)
        method = span.method if span.method in _METHODS else "HTTP"
        return ReadableSpan(
            f"{method} {span.path}" if span.path else method,
            SpanContext(trace_id, int(span_id(span.id), 16), is_remote=False, trace_flags=_SAMPLED),
            parent=parent,
            resource=self._resource,
            attributes=self._attributes(span),
            kind=SpanKind.SERVER,
            # By the conventions a server's span is only in error when the server is: from status 500 on.
            status=Status(StatusCode.ERROR if span.status >= 500 else StatusCode.UNSET),
            start_time=started,
            end_time=started + int(span.duration_s * _NS),
            instrumentation_scope=self._scope,
        )

    def _attributes(self, span: Span) -> dict[str, str | int]:
        is_known = span.method in _METHODS
        attributes: dict[str, str | int] = {
            "http.request.method": span.method if is_known else "_OTHER",
            "url.path": _text(span.target.partition("?")[0]),
            "url.scheme": self._scheme,
            "crossfade.backend": span.backend,
            "crossfade.stage": span.stage,
            "crossfade.flag_version": span.flag_version,
        }
        if not is_known:
            attributes["http.request.method_original"] = span.method
        if span.path:
            attributes["http.route"] = span.path
        if span.status:
            attributes["http.response.status_code"] = span.status
        if span.error or span.status >= 500:
            attributes["error.type"] = span.error or str(span.status)
        address, port = _server(span.host)
        if address:
            attributes["server.address"] = address
        if port is not None:
            attributes["server.port"] = port
        return attributes


def traces_url(endpoint: str) -> str:
    """A base URL gets the path that collectors listen on; one with a path is taken as it is."""
    return endpoint if urlsplit(endpoint).path not in {"", "/"} else endpoint.rstrip("/") + _PATH


def _server(host: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{_text(host)}")
        port = parts.port
    except ValueError:
        return "", None
    return parts.hostname or "", port


def _text(value: str) -> str:
    # Bytes that are no UTF-8 came as surrogates, which no encoder takes.
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
