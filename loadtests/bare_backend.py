"""The floor of `make bench-backends`: what an aiohttp handler takes that has no logic.

`python -m loadtests.bare_backend` prints `{"port": P}` when it is ready.
"""

import asyncio
import json
import sys

import uvloop
from aiohttp import web

_BODY = json.dumps({"success": True, "message": "x" * 68}).encode()


def create_app() -> web.Application:
    """Reads the body of any request and answers 100 bytes."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=_BODY, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def serve() -> None:
    """Serve on a free port until ended."""
    runner = web.AppRunner(create_app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(json.dumps({"port": runner.addresses[0][1]}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
