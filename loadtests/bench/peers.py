"""The peers that are installed, each on the proxy's core, and the backends that all forward to, on the other."""

import contextlib
import http.client
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.bench import peer_configs
from loadtests.bench.bodies import DIFFERENT, EQUAL, write_bodies
from loadtests.bench.generator import Target
from loadtests.bench.peer_configs import Upstreams
from loadtests.bench.procfs import Cores, keeping_to
from loadtests.children import Child
from loadtests.errors import BenchError

PEERS = ("nginx", "haproxy", "envoy", "mitmproxy")
LEAST = "least proxy"
"""No peer, but the floor (least_proxy.py); always there."""
_READY_WITHIN_S = 20.0
_SLOW = "loadtests.bench.slow_backend"
_POLL_S = 0.05
_SYSTEM_PATHS = "/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Backends:
    """Where the backends listen. `dead` is a port at which nobody listens."""

    live: Target
    shadow: int
    different: int
    slow: int
    hanging: int
    dead: int

    @property
    def upstreams(self) -> Upstreams:
        """What the peers need to know."""
        return Upstreams(live=self.live.port, shadow=self.shadow, slow=self.slow)


def program(name: str, build_dir: Path) -> str | None:
    """Where a peer's program is, None: it is not installed. Envoy may stand in an environment of its own."""
    match name:
        case "nginx" | "haproxy":
            return shutil.which(name) or shutil.which(name, path=_SYSTEM_PATHS)
        case "envoy":
            return shutil.which("envoy", path=str(build_dir / "envoy" / "bin")) or shutil.which("envoy")
        case _:
            return shutil.which("mitmdump")


@contextlib.contextmanager
def running_backends(work_dir: Path, build_dir: Path, cores: Cores) -> Iterator[Backends]:
    """All backends; raises BenchError without nginx, which serves the bodies."""
    nginx = program("nginx", build_dir)
    if nginx is None:
        raise BenchError(
            "nginx is not installed, and it is what serves the bodies; Debian: apt-get install nginx-light"
        )
    directory = _directory(work_dir, "backends")
    write_bodies(directory)
    live, shadow, different = free_ports(3)
    roots = {live: EQUAL, shadow: EQUAL, different: DIFFERENT}
    (directory / "nginx.conf").write_text(peer_configs.nginx_backend(directory, directory, roots))
    with contextlib.ExitStack() as stack:
        with keeping_to(cores.rest):
            serving = _start_nginx(stack, nginx, "backends", directory)
            late = _start_python(stack, "slow shadow", directory, _SLOW, "--work-ms=200")
            silent = _start_python(stack, "hanging shadow", directory, _SLOW, "--hang")
        dead = stack.enter_context(_dead_port())
        _await(serving, [live, shadow, different])
        yield Backends(
            live=Target("direct", live, (serving.pid,)),
            shadow=shadow,
            different=different,
            slow=int(late.ready()["port"]),
            hanging=int(silent.ready()["port"]),
            dead=dead,
        )


@contextlib.contextmanager
def running_peers(
    work_dir: Path, build_dir: Path, backends: Backends, cores: Cores, names: Sequence[str] = PEERS
) -> Iterator[dict[str, Target]]:
    """Those of the named peers that are installed, and the least proxy, by target, such as `nginx plain`."""
    targets: dict[str, Target] = {}
    to = backends.upstreams
    with contextlib.ExitStack() as stack:
        for name in names:
            found = program(name, build_dir)
            if found is None:
                continue
            directory = _directory(work_dir, name)
            ports = dict(zip(_SERVERS[name], free_ports(len(_SERVERS[name])), strict=True))
            with keeping_to(cores.proxy):
                child = _start(stack, name, found, directory, ports, to)
            _await(child, list(ports.values()))
            for server, port in ports.items():
                targets[f"{name} {server}"] = Target(f"{name} {server}", port, (child.pid,))
        with keeping_to(cores.proxy):
            least = _start_python(stack, LEAST, work_dir, "loadtests.bench.least_proxy", str(to.live))
        targets[LEAST] = Target(LEAST, int(least.ready()["port"]), (least.pid,))
        yield targets


_SERVERS = {
    "nginx": ("plain", "large", "mirror", "store", "slow"),
    "haproxy": ("plain",),
    "envoy": ("plain", "mirror", "slow"),
    "mitmproxy": ("plain",),
}


def _start(
    stack: contextlib.ExitStack,
    name: str,
    found: str,
    directory: Path,
    ports: dict[str, int],
    to: Upstreams,
) -> Child:
    config = directory / f"{name}.conf"
    match name:
        case "nginx":
            store = Path(stack.enter_context(_memory_directory()))
            config.write_text(peer_configs.nginx_proxy(directory, store, ports, to))
            return _start_nginx(stack, found, name, directory)
        case "haproxy":
            config.write_text(peer_configs.haproxy(ports["plain"], to))
            arguments = ["-db", "-f", str(config)]
        case "envoy":
            config = config.with_suffix(".yaml")
            config.write_text(peer_configs.envoy(ports, to))
            # the base id is that of its shared memory: several may run on a machine
            arguments = ["-c", str(config), "--concurrency", "1", "-l", "warning", "--use-dynamic-base-id"]
        case _:
            mode = f"reverse:http://127.0.0.1:{to.live}"
            arguments = ["-q", "--mode", mode, "-p", str(ports["plain"]), "--listen-host", "127.0.0.1"]
    return stack.enter_context(Child(name, arguments, log=directory / name, program=found))


def _start_nginx(stack: contextlib.ExitStack, found: str, name: str, directory: Path) -> Child:
    arguments = [
        "-p",
        str(directory),
        "-e",
        str(directory / "error.log"),
        "-c",
        str(directory / "nginx.conf"),
    ]
    return stack.enter_context(Child(name, arguments, log=directory / name, program=found))


def _start_python(
    stack: contextlib.ExitStack, name: str, directory: Path, module: str, argument: str
) -> Child:
    log = directory / name.replace(" ", "-")
    return stack.enter_context(Child(name, ["-m", module, argument], log=log))


@contextlib.contextmanager
def _memory_directory() -> Iterator[str]:
    """A directory in memory, where there is one."""
    shared = "/dev/shm"  # noqa: S108  the name in it is our own
    with tempfile.TemporaryDirectory(
        prefix="crossfade-bench-", dir=shared if Path(shared).is_dir() else None
    ) as name:
        yield name


def _directory(work_dir: Path, name: str) -> Path:
    directory = (work_dir / name).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens at now."""
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(_dead_port()) for _ in range(count)]


@contextlib.contextmanager
def _dead_port() -> Iterator[int]:
    """A port at which nobody listens, and that nobody else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _await(child: Child, ports: Sequence[int]) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    for port in ports:
        while not answers(port):
            if child.wait(0) is not None:
                raise BenchError(f"{child.name} did not start: {child.last_words()}")
            if time.monotonic() > deadline:
                raise BenchError(f"{child.name} did not answer within {_READY_WITHIN_S:.0f} s")
            time.sleep(_POLL_S)


def answers(port: int) -> bool:
    """Whether there is a server that answers the smallest body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/1k.json")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
