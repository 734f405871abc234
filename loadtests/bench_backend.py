"""The small backend of `make bench`: 1 KB of JSON after some waiting, as after a database; also never, or much later.

`python -m loadtests.bench_backend --work-ms 3`, `--work-ms 5000` or `--hang`. It prints `{"port": P}` when it is ready
and says at `/__served` how many requests it has had. With `--bare` it is the floor of `make bench-backends`: what an
aiohttp handler takes that reads the body and answers 100 bytes, without any logic.
"""

import argparse
import asyncio
import json
import sys

import uvloop
from aiohttp import web

_BARE_BODY = json.dumps({"success": True, "message": "x" * 68}).encode()
_BODY = json.dumps({"success": True, "data": {"id": "e5c00000", "notes": "x" * 960}}).encode()


def create_app(*, work_s: float, hang: bool) -> web.Application:
    """Answers every path alike after `work_s`, or with `hang` accepts requests and never answers."""
    served = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal served
        if request.path == "/__served":
            return web.json_response({"served": served})
        served += 1
        await (asyncio.Event().wait() if hang else asyncio.sleep(work_s))
        return web.Response(body=_BODY, content_type="application/json", headers={"X-Query-Count": "2"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def create_bare_app() -> web.Application:
    """Reads the body of any request and answers 100 bytes."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=_BARE_BODY, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def serve(app: web.Application) -> None:
    """Serve on a free port until ended."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(json.dumps({"port": runner.addresses[0][1]}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work-ms", type=float, default=3.0)
    parser.add_argument("--hang", action="store_true")
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args()
    app = create_bare_app() if options.bare else create_app(work_s=options.work_ms / 1_000, hang=options.hang)
    uvloop.run(serve(app))


if __name__ == "__main__":
    main()
