"""The floor of `make bench-backends`: what an aiohttp handler takes that has no logic.

`python -m loadtests.bare_backend postgresql://…` prints `{"port": P}` when it is ready. At COMMITTING one row of a
table of its own is updated and committed before the answer, as with the same driver the backends do at sign-out; at
HASHING a password is hashed before, as they do at sign-in: whoever has just done that is slower for a moment.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import bcrypt
import psycopg
import uvloop
from aiohttp import web

COMMITTING = "/commit"
HASHING = "/hash"
_BODY = json.dumps({"success": True, "message": "x" * 68}).encode()
_TABLE = "CREATE TABLE bench_floor (token text PRIMARY KEY, revoked_at timestamptz)"
_UPDATE = "UPDATE bench_floor SET revoked_at = NOW() WHERE token = %s"
_TOKEN = "x" * 64
_SALT = bcrypt.gensalt(10)


def create_app(database_url: str) -> web.Application:
    """Reads the body of any request and answers 100 bytes."""
    connection = web.AppKey("connection", psycopg.AsyncConnection[tuple[object, ...]])

    async def connected(app: web.Application) -> AsyncIterator[None]:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as opened:
            opened.prepare_threshold = 0
            await opened.execute("DROP TABLE IF EXISTS bench_floor")
            await opened.execute(_TABLE)
            await opened.execute("INSERT INTO bench_floor VALUES (%s)", (_TOKEN,))
            app[connection] = opened
            yield
            await opened.execute("DROP TABLE bench_floor")

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=_BODY, content_type="application/json")

    async def commit(request: web.Request) -> web.Response:
        await request.app[connection].execute(_UPDATE, (_TOKEN,))
        return await answer(request)

    async def hash_one(request: web.Request) -> web.Response:
        await asyncio.to_thread(bcrypt.hashpw, _TOKEN.encode(), _SALT)
        return await answer(request)

    app = web.Application()
    app.cleanup_ctx.append(connected)
    app.router.add_route("*", COMMITTING, commit)
    app.router.add_route("*", HASHING, hash_one)
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def serve(database_url: str) -> None:
    """Serve on a free port until ended."""
    runner = web.AppRunner(create_app(database_url), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(json.dumps({"port": runner.addresses[0][1]}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
