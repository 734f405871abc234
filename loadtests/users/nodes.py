"""What a process of Locust is in a block: all of it, its master, or one of the workers.

Only Locust's own process imports this module.
"""

import itertools
from argparse import Namespace
from collections import defaultdict
from pathlib import Path
from typing import BinaryIO, Protocol

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from loadtests.settings import SIDE_DOWN_EXIT_CODE
from loadtests.users.master import Master
from loadtests.users.worker import SIDE_DOWN, Worker


class Node(Protocol):
    """What the users of one process need to know of the others."""

    @property
    def place(self) -> int:
        """Which of the `of` workers this is, from 0: of all arrivals it sends every `of`-th, this one first."""

    @property
    def of(self) -> int:
        """How many processes send."""

    def options(self, told: Namespace) -> Namespace:
        """What this process goes by, of what Locust has for options."""

    def opened(self, results: Path | None) -> BinaryIO | None:
        """Where timings are written to; None: nowhere."""

    def begin(self, digest: str, within_s: float | None) -> None:
        """The workload of that digest begins; it is to end in that time, or when somebody says so.

        Raises LoadTestError where it is not what the master sends.
        """

    def number(self, user_class: str) -> int:
        """That of the next user of a class, from 0 over all processes."""

    def end(self, why: str = "") -> None:
        """Have the users finish what they have begun, and end; `why` is empty, SIDE_DOWN or a sentence. Returns at once."""

    def refuse(self, why: str) -> None:
        """Tell whom it concerns that nothing can be sent; Locust itself ends this process."""


class Alone:
    """One process that does everything."""

    place, of = 0, 1

    def __init__(self, environment: Environment, runner: Runner) -> None:
        self._environment, self._runner = environment, runner
        self._numbers: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)

    def options(self, told: Namespace) -> Namespace:
        """All of it."""
        return told

    def opened(self, results: Path | None) -> BinaryIO | None:
        """The file."""
        return results.open("wb") if results else None

    def begin(self, digest: str, within_s: float | None) -> None:  # noqa: ARG002  a node's signature
        """Nobody else is to know; whoever begins again from Locust's page begins with the same users."""
        self._numbers.clear()

    def number(self, user_class: str) -> int:
        """Counted here."""
        return next(self._numbers[user_class])

    def end(self, why: str = "") -> None:
        """And the process with it."""
        if why == SIDE_DOWN:
            self._environment.process_exit_code = SIDE_DOWN_EXIT_CODE
        gevent.spawn(self._runner.quit)

    def refuse(self, why: str) -> None:
        """Locust says it."""


def node_of(environment: Environment, runner: Runner) -> Node:
    """What this process is."""
    match runner:
        case MasterRunner():
            return Master(environment, runner)
        case WorkerRunner():
            return Worker(environment, runner)
        case _:
            return Alone(environment, runner)


nodes: dict[Environment, Node] = {}
"""As `loads`: what the process is stays the same from load to load."""
