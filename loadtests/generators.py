"""Who sends the load of a block: one process of Locust, or its master with workers on this machine and on others.

What a master and its workers say to each other, how users and arrivals are shared out, and what is the same for any
number of them stands in `users/master.py` and `users/worker.py`, which only Locust's own process imports.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

WORKER_LOST_EXIT_CODE = 5
"""Of a master: one of its workers died, or what it measured did not all arrive. Its last words say which."""
NOT_NEEDED_EXIT_CODE = 6
"""Of a worker: it was there when a block had begun or was over, and sent nothing."""
SILENCE_S = 15.0
"""After which a worker that gives no sign of life is lost."""
CONNECT_WITHIN_S = 60.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  how workers here reach it, not what is bound


@dataclass(frozen=True, slots=True)
class Generators:
    """So many `workers` are started here, so many others are waited for `wait_s` seconds; none: one process alone.

    The master listens at `host` (an IPv6 address in brackets) and `port`, 0 for a free one in each block.
    """

    workers: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    expect_workers: int = 0
    wait_s: float = CONNECT_WITHIN_S

    @property
    def count(self) -> int:
        """How many processes send, besides a master that only collects."""
        return self.workers + self.expect_workers

    @property
    def note(self) -> str:
        """What a report says of it; empty for one process alone."""
        if not self.count:
            return ""
        elsewhere = f", {self.expect_workers} of them on other machines" if self.expect_workers else ""
        return f"the load came from {self.count} load generator{'' if self.count == 1 else 's'}{elsewhere}"

    @property
    def grace_s(self) -> float:
        """How much longer a block may take: workers come, and the master waits for what they hand over."""
        return self.wait_s + 60.0 if self.count else 0.0

    def commands(self, command: Sequence[str]) -> list[list[str]]:
        """The processes of a block whose one process would be `command`; the first is the one that ends the block."""
        if not self.count:
            return [[*command]]
        port = self.port or _free_port(self.host)
        master = [
            "--master",
            f"--master-bind-host={self.host}",
            f"--master-bind-port={port}",
            f"--expect-workers={self.count}",
            f"--expect-workers-max-wait={max(1, round(self.wait_s))}",
        ]
        worker = joining(_EVERY_ADDRESS.get(self.host, self.host), port)
        return [[*command, *master], *([*command, *worker] for _ in range(self.workers))]

    def missed(self, code: int | None, words: str) -> str:
        """What the user is told when Locust ended so because workers did not come; empty when that is not why."""
        if code != 1 or "Gave up waiting for workers" not in words:
            return ""
        where = f"{self.host}:{self.port}" if self.port else self.host
        return f"not all of the {self.count} load generators came to {where} within {self.wait_s:g} s"


ALONE = Generators()


def joining(host: str, port: int) -> list[str]:
    """What makes a process of Locust a worker of the master that listens there."""
    return ["--worker", f"--master-host={host}", f"--master-port={port}"]


def _free_port(host: str) -> int:
    plain = host.strip("[]")
    with socket.create_server((plain, 0), family=socket.AF_INET6 if ":" in plain else socket.AF_INET) as free:
        port: int = free.getsockname()[1]
        return port
