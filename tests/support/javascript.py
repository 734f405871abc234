"""The JavaScript client of socket.io, from npm, run by Node: what existing clients of the API connect with."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

_CLIENT = "socket.io-client"
_VERSION = "4.8.3"
_QUIETLY = ("--no-save", "--no-audit", "--no-fund", "--ignore-scripts")
_SCRIPT = Path(__file__).parent / "socket_client.cjs"
_BUILD = Path(__file__).parents[2] / "build" / "javascript"
_INSTALL_S = 120
_PATIENCE_S = 15.0


def installed_client() -> Path:
    """The directory of modules with the client, installed once for all; without npm the test is skipped."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        if os.environ.get("CI"):
            pytest.fail("no node and npm, though CI must prove that JavaScript clients connect")
        pytest.skip("no node and npm on this machine")
    modules = _BUILD / "node_modules"
    manifest = modules / _CLIENT / "package.json"
    _BUILD.mkdir(parents=True, exist_ok=True)
    with (_BUILD / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (manifest.is_file() and json.loads(manifest.read_text())["version"] == _VERSION):
            subprocess.run(
                [npm, "install", *_QUIETLY, "--prefix", str(_BUILD), f"{_CLIENT}@{_VERSION}"],
                check=True,
                capture_output=True,
                timeout=_INSTALL_S,
            )
    return modules


class JavaScriptSocket:
    """One connected client; `heard` hands over what it says, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def connecting(cls, url: str, token: str, transport: str = "") -> AsyncIterator[Self]:
        """A client that tries to connect with this token; `transport` is `polling`, `websocket` or the usual."""
        process = await asyncio.create_subprocess_exec(
            "node",
            str(_SCRIPT),
            url,
            token,
            transport,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"NODE_PATH": str(installed_client())},
        )
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def heard(self) -> dict[str, Any]:
        """The next thing that happened to it."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_PATIENCE_S):
            line: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return line

    async def connected(self) -> None:
        """Wait until it is connected and greeted."""
        assert "connected" in await self.heard()
        assert (await self.heard())["event"] == "connection"
