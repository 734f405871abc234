"""JavaScript from npm, run by Node: the client of socket.io that existing clients of the API connect with, and Express."""

import asyncio
import fcntl
import functools
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
_QUIETLY = ("--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0")
_SCRIPT = Path(__file__).parent / "socket_client.cjs"
_BUILD = Path(__file__).parents[2] / "build"
_INSTALL_S = 40
_PATIENCE_S = 15.0


def installed_client() -> Path:
    """The directory of modules with the client; where npm or its registry cannot be had the test is skipped."""
    return installed(_CLIENT, _VERSION, "javascript")


def installed(package: str, version: str, directory: str) -> Path:
    """The directory of modules with that package, below build/; the test is skipped where it cannot be had."""
    if problem := _install(package, version, directory):
        pytest.skip(problem)
    return _BUILD / directory / "node_modules"


@functools.cache
def _install(package: str, version: str, directory: str) -> str:
    """Install it once for all, in a directory of its own; why that cannot be, else nothing."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return f"no node and npm on this machine, so {package} was not tried"
    build = _BUILD / directory
    manifest = build / "node_modules" / package / "package.json"
    build.mkdir(parents=True, exist_ok=True)
    with (build / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if manifest.is_file() and json.loads(manifest.read_text())["version"] == version:
            return ""
        command = [npm, "install", *_QUIETLY, "--prefix", str(build), f"{package}@{version}"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return f"npm does not get {package} here, so it was not tried"
    return ""


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
