"""`GET /metrics` on a listener, for Prometheus, in whichever of its texts is asked for."""

from collections.abc import Sequence

from aiohttp import web

from parity.exposition import FamilyCollector, expose


def add_metrics(application: web.Application, collectors: Sequence[FamilyCollector]) -> None:
    """Add the page to an application."""

    async def metrics(request: web.Request) -> web.Response:
        page, content_type = await expose(collectors, ",".join(request.headers.getall("Accept", ())))
        return web.Response(body=page, headers={"Content-Type": content_type})

    application.router.add_get("/metrics", metrics)
