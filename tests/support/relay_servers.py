"""The servers through which several processes tell each other's sockets, started for a test: NATS and Redis."""

import asyncio
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

_START_S = 10
_PASSWORD = "a-relay-for-tests"


@asynccontextmanager
async def nats_server() -> AsyncIterator[str]:
    """The address of a NATS server of its own on loopback; it comes from PyPI with the tools of development."""
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or "nats-server"
    ready = "Listening for client connections on "
    async with _started([program, "-a", "127.0.0.1", "-p", "-1"], program, ready) as line:
        yield f"nats://{line.split()[-1]}"


@asynccontextmanager
async def redis_server() -> AsyncIterator[str]:
    """The address of a Redis server of its own on loopback; where there is none the test is skipped."""
    # Debian has the server under this name, too, in `redis-tools`: that package starts no service
    program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if program is None:
        pytest.skip("no redis-server on this machine, so no relay through Redis was tried")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"port": port, "bind": "127.0.0.1", "save": "", "requirepass": _PASSWORD}
    command = [
        "redis-server",
        *(part for name, value in settings.items() for part in (f"--{name}", str(value))),
    ]
    async with _started(command, program, "Ready to accept connections"):
        yield f"redis://:{_PASSWORD}@127.0.0.1:{port}"


@asynccontextmanager
async def _started(command: list[str], program: str, ready: str) -> AsyncIterator[str]:
    """The line of its output that says that it is ready."""
    server = await asyncio.create_subprocess_exec(
        *command, executable=program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert server.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(_START_S):
            async for line in server.stdout:
                said += line
                if ready.encode() in line:
                    break
        assert ready.encode() in said, said.decode(errors="replace")
        yield said.splitlines()[-1].decode()
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()
