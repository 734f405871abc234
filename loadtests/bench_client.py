"""The client of `make bench`: one process, closed loop, keep-alive, short slices shuffled over the targets.

`python -m loadtests.bench_client --plan PLAN.json --results FILE`. In every round each target gets one slice, in an
order drawn anew, so that a slow moment of the machine meets all of them. The loop is closed: the next request
of a connection goes out when its answer has come. That is the question here (what does the client of a quiet API wait
longer?); it does not show a queue that builds up under arrivals that do not wait.
"""

import argparse
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

_SETTLE_S = 0.03
WARM_UP_ROUND = -1


class Target(msgspec.Struct, frozen=True):
    """A proxy under one shadow condition; `pid` is its process, for its CPU time."""

    name: str
    port: int
    pid: int


class Plan(msgspec.Struct, frozen=True):
    """What to measure: `rounds` slices of `slice_s` at each target, after a warm-up of each."""

    targets: list[Target]
    rounds: int
    slice_s: float
    warm_up_s: float
    seed: int
    path: str
    timeout_s: float = 10.0


class Slice(msgspec.Struct, frozen=True):
    """One slice at one target; `cpu_s` is the CPU time of its proxy, None where that cannot be read."""

    target: str
    round: int
    durations_ms: list[float]
    failed: int
    cpu_s: float | None


class Connection:
    """One keep-alive connection that sends the same request again and again; opened anew after a failure."""

    def __init__(self, port: int, path: str, timeout_s: float) -> None:
        self._address = ("127.0.0.1", port)
        self._timeout_s = timeout_s
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: bench.test\r\nAccept: application/json\r\n\r\n".encode()
        )
        self._socket: socket.socket | None = None

    def ask(self) -> bool:
        """Send and read the whole answer; whether it was a 200."""
        try:
            return self._ask()
        except (OSError, ValueError):
            self.close()
            return False

    def _ask(self) -> bool:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(self._request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head = received[:end].lower()
        missing = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]) - (len(received) - end - 4)
        while missing > 0:
            missing -= len(self._receive())
        if b"connection: close" in head:
            self.close()
        return head.startswith(b"http/1.1 200")

    def _receive(self) -> bytes:
        piece = self._socket.recv(65_536) if self._socket else b""
        if not piece:
            raise ConnectionResetError("closed in the middle of an answer")
        return piece

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def measure(plan: Plan) -> Iterator[Slice]:
    """All slices in the order in which they were measured; first the warm-up, as round -1."""
    rng = random.Random(plan.seed)
    connections = {target.name: Connection(target.port, plan.path, plan.timeout_s) for target in plan.targets}
    for target in plan.targets:
        yield _slice(target, connections[target.name], WARM_UP_ROUND, plan.warm_up_s)
    for number in range(plan.rounds):
        for target in rng.sample(plan.targets, len(plan.targets)):
            time.sleep(_SETTLE_S)  # what the slice before still has under way ends on its own time
            yield _slice(target, connections[target.name], number, plan.slice_s)
    for connection in connections.values():
        connection.close()


def _slice(target: Target, connection: Connection, number: int, length_s: float) -> Slice:
    durations_ms, failed = [], 0
    cpu_before_s = _cpu_s(target.pid)
    begun_s = time.perf_counter()
    until_s = begun_s + length_s
    while begun_s < until_s:
        answered = connection.ask()
        now_s = time.perf_counter()
        if answered:
            durations_ms.append((now_s - begun_s) * 1_000)
        else:
            failed += 1
        begun_s = now_s
    cpu_after_s = _cpu_s(target.pid)
    cpu_s = None if cpu_before_s is None or cpu_after_s is None else cpu_after_s - cpu_before_s
    return Slice(target.name, number, durations_ms, failed, cpu_s)


def _cpu_s(pid: int) -> float | None:
    """CPU seconds of all threads of a process, to the nanosecond, where there is Linux's /proc."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    options = parser.parse_args()
    plan = msgspec.json.decode(options.plan.read_bytes(), type=Plan)
    with options.results.open("wb") as file:
        for measured in measure(plan):
            file.write(msgspec.json.encode(measured) + b"\n")


if __name__ == "__main__":
    main()
