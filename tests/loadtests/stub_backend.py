"""A backend that answers the recorded statuses after a delay, as a process of its own.

`python -m tests.loadtests.stub_backend --delay-ms 5 --queries 4 [--die-after N] [--stall-after N --stall-ms T]`;
prints `{"port": P}` when ready. What the recording does not know gets 200, a creation an id of its own. `GET /served` says how many requests came.
"""

import argparse
import asyncio
import json
import os
import time
import uuid
from pathlib import Path

import jwt
from aiohttp import web

from loadtests.recording import Credentials, Recorded, load_recording, sendable
from loadtests.seeded import Seed
from loadtests.workload import build_workload

CONTRACT = Path(__file__).parent.parent / "contract"
SECRET = "a-secret-for-the-stub-that-is-long-enough"
ENDPOINTS = (
    ("GET", "/v1/escrows"),
    ("POST", "/v1/escrows"),
    ("GET", "/v1/escrows/{id}"),
    ("PUT", "/v1/escrows/{id}"),
    ("DELETE", "/v1/escrows/{id}"),
    ("PUT", "/v1/escrows/{id}/archive"),
    ("PUT", "/v1/escrows/{id}/restore"),
)
Key = tuple[str, str, bytes, str]


def caller(headers: dict[str, str]) -> str:
    """Who sends this, equal for all tokens of one user."""
    if key := headers.get("X-API-Key"):
        return key
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    try:
        return str(jwt.decode(token, SECRET, algorithms=["HS256"])["email"])
    except jwt.InvalidTokenError:
        return f"{scheme} {token}"


def recorded_statuses() -> dict[Key, int]:
    """The first recorded status of every request that needs no earlier answer."""
    credentials = Credentials(CONTRACT, SECRET)
    found: dict[Key, int] = {}
    exchanges = load_recording(CONTRACT, "escrows")
    seeded = Seed(CONTRACT).varied(build_workload(exchanges, ENDPOINTS)).journeys
    for exchange in [*(one.steps[0].exchange for one in seeded), *exchanges]:
        if "{{" not in exchange.path:
            found.setdefault(_key(exchange, credentials), exchange.status)
    return found


def _key(exchange: Recorded, credentials: Credentials) -> Key:
    request = sendable(exchange, credentials, {})
    return exchange.method, request.target, request.body or b"", caller(request.headers)


def create_app(
    *, delay_s: float, queries: int, die_after: int, surprise: int, stall_after: int = 0, stall_s: float = 0.0
) -> web.Application:
    """The stub; `surprise` is a status for GET requests of one escrow instead of the recorded one.

    Nobody is answered while it stalls, once.
    """
    statuses = recorded_statuses()
    served = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal served
        served += 1
        if served == die_after:
            os._exit(1)
        if served == stall_after:
            time.sleep(stall_s)  # noqa: ASYNC251  everybody waits
        await asyncio.sleep(delay_s)
        key = (request.method, request.raw_path, await request.read(), caller(dict(request.headers)))
        status = statuses.get(key, 403 if caller(dict(request.headers)) == "agent_ann@example.test" else 200)
        if surprise and request.method == "GET" and request.path != "/v1/escrows":
            status = surprise
        told = {"X-Query-Count": str(queries), "Server-Timing": "db;dur=1.25, cache;desc=miss"}
        body = {"data": {"id": str(uuid.uuid4())}}
        return web.json_response(body, status=status, headers=told)

    async def count(_: web.Request) -> web.Response:
        return web.json_response(served)

    app = web.Application()
    app.router.add_get("/served", count)
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=5.0)
    parser.add_argument("--queries", type=int, default=4)
    parser.add_argument("--die-after", type=int, default=0)
    parser.add_argument("--surprise", type=int, default=0)
    parser.add_argument("--stall-after", type=int, default=0)
    parser.add_argument("--stall-ms", type=float, default=0.0)
    options = parser.parse_args()
    app = create_app(
        delay_s=options.delay_ms / 1000,
        queries=options.queries,
        die_after=options.die_after,
        surprise=options.surprise,
        stall_after=options.stall_after,
        stall_s=options.stall_ms / 1000,
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)  # noqa: T201  what the starting process waits for
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
