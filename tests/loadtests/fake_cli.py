"""Stands in for the command line in the benchmark's tests: the three hidden commands with a tiny proxy behind them.

`python -m tests.loadtests.fake_cli --config FILE flip|parity-worker|proxy-worker …`
"""

import asyncio
import json
import sys
import tomllib
from pathlib import Path

import aiohttp
from aiohttp import web

MIRRORING = "mirroring"


def announce(values: dict[str, object]) -> None:
    """The line that says that a process is ready."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


async def proxy(config: dict[str, object], *, mirroring: bool) -> None:
    """Forward GET requests to legacy; copies go to modern and nobody waits for them."""
    backends = config["backends"]
    assert isinstance(backends, dict)
    copies: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:

        async def copy(path: str) -> None:
            try:
                async with session.get(f"{backends['modern']}{path}") as answer:
                    await answer.read()
            except (aiohttp.ClientError, TimeoutError):
                return

        async def forward(request: web.Request) -> web.Response:
            if mirroring and len(copies) < 8:
                task = asyncio.create_task(copy(request.raw_path))
                copies.add(task)
                task.add_done_callback(copies.discard)
            async with session.get(f"{backends['legacy']}{request.raw_path}") as answer:
                return web.Response(status=answer.status, body=await answer.read())

        app = web.Application()
        app.router.add_get("/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        announce({"port": runner.addresses[0][1], "admin_port": 0})
        await asyncio.Event().wait()


def main() -> None:
    """The command line."""
    config = tomllib.loads(Path(sys.argv[1].removeprefix("--config=")).read_text())
    mark = Path(config["state_dir"]) / MIRRORING
    match sys.argv[2]:
        case "flip":
            mark.touch()
        case "parity-worker":
            announce({"ready": True})
            asyncio.run(asyncio.Event().wait())
        case _:
            asyncio.run(proxy(config, mirroring=mark.exists()))


if __name__ == "__main__":
    main()
