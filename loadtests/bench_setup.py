"""What `make bench` measures: backends, a parity worker, and one proxy for each shadow condition.

All are processes of their own. The proxies and the parity worker are started by the hidden commands of the command
line, as `crossfade up` starts them, each with a configuration file of its own; the module of the command
line comes in as a name, since nothing here may import it.
"""

import contextlib
import http.client
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loadtests.bench_client import Target
from loadtests.children import Child
from loadtests.errors import BenchError

DOMAIN = "escrows"
_ENDPOINTS = (
    ("GET", "/v1/escrows"),
    ("POST", "/v1/escrows"),
    ("GET", "/v1/escrows/{id}"),
    ("PUT", "/v1/escrows/{id}"),
    ("DELETE", "/v1/escrows/{id}"),
    ("PUT", "/v1/escrows/{id}/archive"),
    ("PUT", "/v1/escrows/{id}/restore"),
)
_FLIP_WITHIN_S = 30.0


class Condition(StrEnum):
    """What the shadow of a proxy is like."""

    OFF = "mirroring off"
    """Stage `off`: nothing is mirrored; what the others are compared with."""
    HEALTHY = "healthy shadow"
    """Answers as quickly as the authoritative backend."""
    DEAD = "dead shadow"
    """Nobody listens."""
    HANGING = "hanging shadow"
    """Accepts connections and requests, and never answers."""
    SLOW = "5-second shadow"
    """Answers after five seconds."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The running processes: one target for each condition, and the ports of the shadows that count."""

    targets: tuple[Target, ...]
    shadow_ports: dict[Condition, int]

    def copies(self) -> dict[Condition, int]:
        """How many requests each shadow has had."""
        return {condition: _served(port) for condition, port in self.shadow_ports.items()}


@contextlib.contextmanager
def running_setup(work_dir: Path, *, cli_module: str, work_ms: float) -> Iterator[Setup]:
    """All processes, for as long as the context lasts; raises BenchError when one does not start."""
    with contextlib.ExitStack() as stack:

        def start(name: str, *arguments: str) -> Child:
            return stack.enter_context(Child(name, ["-m", *arguments], log=work_dir / name.replace(" ", "-")))

        backend, work = "loadtests.bench_backend", f"--work-ms={work_ms:g}"
        legacy = start("legacy backend", backend, work)
        shadows = {
            Condition.HEALTHY: start("healthy shadow", backend, work),
            Condition.HANGING: start("hanging shadow", backend, "--hang"),
            Condition.SLOW: start("slow shadow", backend, "--work-ms=5000"),
        }
        legacy_port = int(legacy.ready()["port"])
        ports = {condition: int(child.ready()["port"]) for condition, child in shadows.items()}
        closed = stack.enter_context(_closed_port())
        configs = {
            condition: _configure(work_dir, condition, legacy_port, ports.get(condition, closed))
            for condition in Condition
        }
        _mirror_all(start, configs, cli_module)
        parity_socket = work_dir / "parity.sock"
        parity = start(
            "parity worker",
            cli_module,
            f"--config={configs[Condition.OFF]}",
            "parity-worker",
            f"--socket={parity_socket}",
        )
        parity.ready()
        proxies = {
            condition: start(
                f"proxy with {condition}",
                cli_module,
                f"--config={config}",
                "proxy-worker",
                f"--parity-socket={parity_socket}",
            )
            for condition, config in configs.items()
        }
        targets = [
            Target(condition, int(child.ready()["port"]), child.pid) for condition, child in proxies.items()
        ]
        yield Setup(tuple(targets), ports)


@contextlib.contextmanager
def _closed_port() -> Iterator[int]:
    """A port on which nobody listens, and that nobody else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _configure(work_dir: Path, condition: Condition, legacy_port: int, modern_port: int) -> Path:
    state_dir = work_dir / condition.name.lower()
    state_dir.mkdir(parents=True)
    lines = [
        f"state_dir = {json.dumps(str(state_dir))}",
        "[proxy]",
        'listen = "127.0.0.1:0"',
        'admin = "127.0.0.1:0"',
        "[backends]",
        f'legacy = "http://127.0.0.1:{legacy_port}"',
        f'modern = "http://127.0.0.1:{modern_port}"',
    ]
    for method, path in _ENDPOINTS:
        lines += ["[[endpoints]]", f'domain = "{DOMAIN}"', f'method = "{method}"', f'path = "{path}"']
    file = state_dir / "crossfade.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _served(port: int) -> int:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/__served")
        return int(json.loads(connection.getresponse().read())["served"])


def _mirror_all(start: Callable[..., Child], configs: dict[Condition, Path], cli_module: str) -> None:
    """Flip the domain to `shadow` in every store but that of `off`, before the proxies read them."""
    flips = [
        start(
            f"flip for {condition}",
            cli_module,
            f"--config={config}",
            "flip",
            DOMAIN,
            "shadow",
            "--reason=bench",
        )
        for condition, config in configs.items()
        if condition is not Condition.OFF
    ]
    for flip in flips:
        if flip.wait(_FLIP_WITHIN_S) != 0:
            raise BenchError(f"{flip.name} failed: {flip.last_words()}")
