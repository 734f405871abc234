"""`crossfade up` as a process of its own between two fake backends: signals, its words, its workers."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.backends import FakeBackend, answering

ROOT = Path(__file__).parent.parent.parent
WITHIN_S = 30.0
ENDPOINTS = (("GET", "/v1/escrows"), ("POST", "/v1/escrows"))


@dataclass
class Up:
    """A `crossfade up` that runs; another configuration takes effect by a signal."""

    process: subprocess.Popen[str]
    state_dir: Path
    config: Path
    url: str
    admins: list[str]
    legacy: FakeBackend
    modern: FakeBackend
    heard: int = 0
    """What it had said, in characters, when it was last forgotten."""

    @property
    def lines(self) -> list[str]:
        """What it and its workers have said since then."""
        return (self.state_dir / "stderr").read_text()[self.heard :].splitlines()

    @property
    def words(self) -> str:
        """The same, its workers' events left out."""
        return "\n".join(line for line in self.lines if not line.startswith("{"))

    def forget(self) -> None:
        """What was said until now, for who shares it with another test."""
        self.heard = len((self.state_dir / "stderr").read_text())

    def workers(self, module: str = "cli.proxy_worker") -> list[int]:
        """The processes of one kind that are there."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if module in _command_of(child)]

    def configure(self, text: str = "") -> None:
        """Other sections than those that say where everything is."""
        configure(self.config, text)

    def signal(self, number: signal.Signals) -> None:
        """To the one that supervises."""
        self.process.send_signal(number)

    async def until_said(self, words: str) -> None:
        """Wait until it has said that."""
        await until(lambda: words in self.words, lambda: f"not said: {words!r} in\n{self.words}")


def configure(config: Path, text: str = "") -> None:
    """A configuration with two endpoints and these sections."""
    rows = "".join(
        f'[[endpoints]]\ndomain = "escrows"\nmethod = "{method}"\npath = "{path}"\n'
        for method, path in ENDPOINTS
    )
    config.write_text(f"{rows}{text}")


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


async def until(condition: Callable[[], bool], problem: Callable[[], str] = lambda: "not so in time") -> None:
    """Wait for a condition; fails with the problem when it does not come true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WITHIN_S
    while not condition():
        assert loop.time() < deadline, problem()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running_up(
    state_dir: Path, *options: str, workers: int = 2, console: str = ""
) -> AsyncIterator[Up]:
    """Started with two proxy workers, and a console where one is to listen; ended, and waited for, at the end."""
    async with (
        FakeBackend(answering(b'{"by":"legacy"}')) as legacy,
        FakeBackend(answering(b'{"by":"modern"}')) as modern,
    ):
        config = state_dir / "crossfade.toml"
        environment = {
            "CROSSFADE_STATE_DIR": str(state_dir),
            "CROSSFADE_PROXY__LISTEN": "127.0.0.1:0",
            "CROSSFADE_PROXY__ADMIN": "127.0.0.1:0",
            "CROSSFADE_CONSOLE__ENABLED": "true" if console else "false",
            "CROSSFADE_CONSOLE__LISTEN": console or "127.0.0.1:0",
        }
        command = [sys.executable, "-m", "cli.main", "--config", str(config), "up", "--json"]
        command += ["--legacy", legacy.url, "--modern", modern.url, "--workers", str(workers), *options]
        configure(config)
        process = _start(command, os.environ | environment, state_dir / "stderr")
        with process:
            said = await asyncio.to_thread(_announcement, process)
            try:
                yield Up(process, state_dir, config, said["proxy"], said["admins"], legacy, modern)
            finally:
                process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(process.wait, WITHIN_S)


def _start(command: list[str], environment: dict[str, str], stderr_file: Path) -> subprocess.Popen[str]:
    with stderr_file.open("w") as stderr:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, env=environment, cwd=ROOT, text=True
        )


def _announcement(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("}"):
            break
    announced: dict[str, Any] = json.loads(said)
    return announced
