"""A worker of Locust in a load test: it sends its share of the load, and hands over to the master what it measured.

Users are numbered by class over all workers, arrivals in all: a worker learns from the master which are its own,
before it begins. What it is, and not what is to be sent, comes from its own command line: recording, secret, files.
Only Locust's own process imports this module.
"""

import io
import signal
import socket
import sys
from argparse import Namespace
from collections import defaultdict, deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust import argument_parser
from locust.env import Environment
from locust.event import EventHook
from locust.rpc import Message
from locust.runners import WorkerRunner

from loadtests.errors import LoadTestError
from loadtests.generators import NOT_NEEDED_EXIT_CODE
from loadtests.locusts import OURS

SHARE, END = "crossfade_share", "crossfade_end"
"""From the master: who one is and what one sends, and to end early."""
JOINED, RECORDED, DONE = "crossfade_joined", "crossfade_recorded", "crossfade_done"
"""From a worker: that it listens, how much it has measured, that it has ended, with the rest of its timings."""
SIDE_DOWN = "the side is down"
TOLD = ("num_users", "run_time", "headless", "user_classes")
"""Options of Locust's own that say what is sent, and that a master does not send by itself as it does ours."""
OWN = ("contract", "jwt_secret", "jwt_secret_file", "results")


# Locust makes its whole parser anew for each option that a master sends: half a second in which nobody sends anything
argument_parser.default_args_dict = cache(argument_parser.default_args_dict)


def listen(hook: EventHook, listener: Callable[..., None]) -> None:
    """Locust's way to hear of an event, with the type that it lacks."""
    add: Callable[[Callable[..., None]], object] = hook.add_listener
    add(listener)


class _Unreported(io.BytesIO):
    """The timings since the last report; the last one is after the load has closed its file."""

    def close(self) -> None:
        """It is read on."""


class Worker:
    """Made when Locust has found the master; `place` counts from 0, of `of` workers."""

    place, of = 0, 1

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)  # there is a master: see Locusts.run
        self._environment, self._runner = environment, runner
        self._own = {name: vars(environment.parsed_options)[name] for name in OWN}
        self._told: dict[str, Any] = {}
        self._numbers: defaultdict[str, deque[int]] = defaultdict(deque)
        self._load = 0
        self._digest = ""
        self._file = _Unreported()
        self._reported = 0
        self._has_ended = False
        runner.register_message(SHARE, self._share)
        runner.register_message(END, lambda **_: self.end())
        listen(environment.events.report_to_master, self._report)
        listen(environment.events.quitting, self._say_whether_needed)
        # each second, so that it can be said how much was lost with a worker that dies between two reports
        listen(
            environment.events.heartbeat_received,
            lambda **_: runner.send_message(RECORDED, {"recorded": self._recorded()}),
        )
        runner.send_message(JOINED)

    def options(self, told: Namespace) -> Namespace:
        """What the master was told, but for what is ours: no path of another machine is opened here."""
        return Namespace(**vars(told) | self._told | self._own)

    def opened(self, results: Path | None) -> BinaryIO | None:  # noqa: ARG002  that file is the master's
        """What goes to the master."""
        return self._file

    def begin(self, digest: str, within_s: float | None) -> None:  # noqa: ARG002  it is told to end
        """Raises LoadTestError when the master has another recording."""
        if digest != self._digest:
            raise LoadTestError(
                f"load generator {self._who} has another recording than the master (digest {digest}, and"
                f" {self._digest} there): expected the same --contract everywhere"
            )

    def number(self, user_class: str) -> int:
        """As the master dealt it."""
        return self._numbers[user_class].popleft()

    def end(self, why: str = "") -> None:
        """Hand over what is left; the master then says quit."""
        if not self._has_ended:
            self._has_ended = True
            gevent.spawn(self._hand_over, why)

    def refuse(self, why: str) -> None:
        """The master ends the block, and says why. Does not return to Locust, which would print a stack trace."""
        self._has_ended = True
        self._runner.send_message(DONE, {"why": why} | self._taken())
        sys.stderr.write(f"{OURS}{why}\n")
        self._environment.process_exit_code = 2
        self._runner.quit()

    def _hand_over(self, why: str) -> None:
        self._runner.stop()
        self._runner.send_message(DONE, {"why": why} | self._taken())

    @property
    def _who(self) -> str:
        return f"{self.place + 1} of {self.of} on {socket.gethostname()}"

    def _share(self, msg: Message, **_: Any) -> None:
        if msg.data["load"] != self._load:
            self._load = msg.data["load"]
            self._numbers.clear()
        self.place, self.of = msg.data["place"], msg.data["of"]
        self._digest, self._told = msg.data["digest"], msg.data["options"]
        for user_class, (first, count) in msg.data["numbers"].items():
            self._numbers[user_class].extend(range(first, first + count))

    def _say_whether_needed(self, **_: Any) -> None:
        if not self._digest:
            self._environment.process_exit_code = NOT_NEEDED_EXIT_CODE

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        data["crossfade"] = self._taken()

    def _recorded(self) -> int:
        return self._reported + self._file.getvalue().count(b"\n")

    def _taken(self) -> dict[str, Any]:
        self._reported = self._recorded()
        timings = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return {"timings": timings, "recorded": self._reported}
