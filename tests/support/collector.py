"""A small OpenTelemetry collector: takes spans over OTLP/HTTP and remembers them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collected:
    """One span as it was sent; `resource` says who sent it."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    duration_s: float
    is_error: bool
    attributes: dict[str, str | int]
    resource: dict[str, str | int]


@dataclass
class FakeCollector:
    """Answers with `status`, after `delay_s`; both may be changed at any moment."""

    url: str = ""
    status: int = 200
    delay_s: float = 0.0
    asked: int = 0
    spans: list[Collected] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """One export."""
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        if self.status == 200:
            self.spans += _decode(await request.read())
        return web.Response(status=self.status)


def _decode(body: bytes) -> list[Collected]:
    return [
        Collected(
            name=span.name,
            kind=span.kind,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            duration_s=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
            is_error=span.status.code == span.status.STATUS_CODE_ERROR,
            attributes=_values(span.attributes),
            resource=_values(resource_spans.resource.attributes),
        )
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


def _values(attributes: Any) -> dict[str, str | int]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@asynccontextmanager
async def collecting() -> AsyncIterator[FakeCollector]:
    """A collector that listens."""
    collector = FakeCollector()
    application = web.Application()
    application.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()
