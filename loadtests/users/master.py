"""The master of Locust in a load test: deals out the load, and collects every timing in the one file of the block.

Users go to workers in turn, as Locust does it, but only once: a worker that comes later waits for the next block, one
that goes ends this one. All workers together have the numbers that the users of one process would have, and a user's
number and the seed say what it sends; so do the numbers of arrivals. Only Locust's own process imports this module.
"""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust import runners
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_MISSING, MasterRunner, WorkerNode

from loadtests.generators import WORKER_LOST_EXIT_CODE
from loadtests.locusts import OURS
from loadtests.settings import SIDE_DOWN_EXIT_CODE
from loadtests.users.worker import DONE, END, JOINED, RECORDED, SHARE, SIDE_DOWN, TOLD, listen

_LOOK_S = 0.05
_GRACE_S = 10.0
Shares = Mapping[str, Mapping[str, int]]


class Master:
    """Made when Locust starts as a master, before any worker is asked for anything."""

    place = 0

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self._environment, self._runner = environment, runner
        self._file: BinaryIO | None = None
        self._digest = self._secret = ""
        self._told: dict[str, Any] = {}
        self._dealt: dict[str, Mapping[str, int]] = {}
        self._next: Counter[str] = Counter()
        self._recorded: Counter[str] = Counter()
        self._arrived: Counter[str] = Counter()
        self._done: dict[str, str] = {}
        self._joined: set[str] = set()
        self._gone: list[str] = []
        self._loads = 0
        self._is_measured = self._is_over = False
        if environment.parsed_options is not None:
            # Locust gives a worker 4 s, in which one on a busy machine may still be reading its recording
            runners.HEARTBEAT_LIVENESS = round(environment.parsed_options.worker_silence)
        runner.register_message(DONE, self._worker_done)
        runner.register_message(JOINED, lambda msg, **_: self._joined.add(msg.node_id))
        runner.register_message(RECORDED, lambda msg, **_: self._keep(msg.node_id, msg.data))
        environment.dispatcher_class = _dealing_once(self._deal)
        events = environment.events
        listen(
            events.worker_report,
            lambda client_id, data, **_: self._keep(client_id, data.get("crossfade", {})),
        )
        listen(events.worker_connect, self._send_away_after_the_end)
        listen(events.quitting, lambda **_: self._conclude())

    @property
    def of(self) -> int:
        """As many as there are now."""
        return max(1, self._runner.worker_count)

    def options(self, told: Namespace) -> Namespace:
        """What it was told when it began; it keeps the secret to itself, for Locust sends all options to the workers."""
        self._secret = told.jwt_secret or self._secret
        ours = Namespace(**vars(told) | {"jwt_secret": self._secret})
        told.jwt_secret = ""
        self._told = {name: vars(told)[name] for name in TOLD}
        return ours

    def opened(self, results: Path | None) -> BinaryIO | None:
        """The file is ours: what workers hand over is written there, after the load is closed, too."""
        self._file = results.open("wb", buffering=0) if results else None
        return None

    def begin(self, digest: str, within_s: float | None) -> None:
        """Without `within_s` somebody else ends it, perhaps to begin another from Locust's page: all is dealt anew."""
        self._digest = digest
        self._loads += 1
        for of_the_last in (self._dealt, self._next, self._recorded, self._arrived, self._done):
            of_the_last.clear()
        self._wait_for_all()
        if within_s is not None:
            self._is_measured = True
            gevent.spawn(self._watch, within_s)

    def number(self, user_class: str) -> int:
        """A master has no users."""
        raise RuntimeError(f"a master has no users, and was asked for a number of {user_class}")

    def end(self, why: str = "") -> None:
        """Workers end by themselves, and it when they have."""

    def refuse(self, why: str) -> None:
        """Locust says it."""

    def _wait_for_all(self) -> None:
        """To Locust a worker is ready when it is connected; what we tell it before it listens would be lost."""
        with gevent.Timeout(_GRACE_S, False):
            while self._runner.clients.keys() - self._joined:
                gevent.sleep(_LOOK_S)

    def _deal(self, shares: Shares) -> None:
        """Tell each worker the numbers of the users that it gets now."""
        for place, (worker, users) in enumerate(shares.items()):
            had = self._dealt.get(worker, {})
            more = {name: count - had.get(name, 0) for name, count in users.items()}
            numbers = {name: (self._next[name], count) for name, count in more.items() if count > 0}
            self._next.update({name: count for name, (_, count) in numbers.items()})
            self._dealt[worker] = users
            share = {"place": place, "of": len(shares), "numbers": numbers}
            share |= {"load": self._loads, "digest": self._digest, "options": self._told}
            self._runner.send_message(SHARE, share, worker)

    def _keep(self, worker: str, handed: Mapping[str, Any]) -> None:
        timings = handed.get("timings", b"")
        if self._file is not None:
            self._file.write(timings)
        self._arrived[worker] += timings.count(b"\n")
        self._recorded[worker] = max(self._recorded[worker], handed.get("recorded", 0))

    def _worker_done(self, msg: Message, **_: Any) -> None:
        self._keep(msg.node_id, msg.data)
        self._done[msg.node_id] = msg.data["why"]

    def _send_away_after_the_end(self, client_id: str, **_: Any) -> None:
        """Who comes for the next block, and finds us still there, comes again."""
        if self._is_over:
            self._runner.send_message("quit", None, client_id)

    def _watch(self, within_s: float) -> None:
        """Quit when all workers are done; have the others end when one is lost, says why not, or is late."""
        with gevent.Timeout(within_s + _GRACE_S, False):
            while not self._dealt or not (self._is_all_done() or self._lost() or any(self._done.values())):
                gevent.sleep(_LOOK_S)
        if not self._is_all_done():
            self._gone = self._lost()
            self._runner.send_message(END)
            with gevent.Timeout(self._environment.stop_timeout + _GRACE_S, False):
                while not self._is_all_done() and self._waited_for():
                    gevent.sleep(_LOOK_S)
        self._is_over = True
        self._runner.quit()

    def _is_all_done(self) -> bool:
        return self._dealt.keys() <= self._done.keys()

    def _waited_for(self) -> list[str]:
        return [worker for worker in self._dealt if worker not in self._done and worker not in self._lost()]

    def _lost(self) -> list[str]:
        """Workers that went, or gave no sign of life for some seconds, before they were done."""
        clients = self._runner.clients
        return [
            worker
            for worker in self._dealt
            if worker not in self._done and (worker not in clients or clients[worker].state == STATE_MISSING)
        ]

    def _conclude(self) -> None:
        """What the block is worth, as the exit code of this process and one sentence."""
        if not self._dealt or self._environment.process_exit_code is not None:
            return
        whys = [why for why in self._done.values() if why]
        if SIDE_DOWN in whys:
            self._environment.process_exit_code = SIDE_DOWN_EXIT_CODE
        elif whys:
            self._say(2, whys[0])
        elif self._is_measured:
            problem = next(filter(None, map(self._problem, enumerate(self._dealt, 1))), "")
            if problem:
                self._say(WORKER_LOST_EXIT_CODE, problem)

    def _problem(self, numbered: tuple[int, str]) -> str:
        number, worker = numbered
        missing = self._recorded[worker] - self._arrived[worker]
        if worker in self._done and not missing:
            return ""
        what = (
            "lost timings" if worker in self._done else "was lost" if worker in self._gone else "did not end"
        )
        return (
            f"load generator {number} of {len(self._dealt)} on {worker.rpartition('_')[0]} {what} in mid-block:"
            f" {self._arrived[worker]} of its timings arrived, at least {missing} did not"
        )

    def _say(self, code: int, sentence: str) -> None:
        self._environment.process_exit_code = code
        sys.stderr.write(f"{OURS}{sentence}\n")


def _dealing_once(deal: Callable[[Shares], None]) -> type[UsersDispatcher]:
    """Locust's dispatcher, that asks nobody else in when workers come or go, and tells what it deals before it does."""

    class Dealer(UsersDispatcher):
        def __next__(self) -> dict[str, dict[str, int]]:
            shares: dict[str, dict[str, int]] = super().__next__()
            deal(shares)
            return shares

        def add_worker(self, worker_node: WorkerNode) -> None:
            """It waits for the next block."""

        def remove_worker(self, worker_node: WorkerNode) -> None:
            """The block ends without it."""

    return Dealer
