"""Verdicts for the pages: judging reads much, so one thread does it, for all who ask, and none older than ten seconds."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass

from parity.verdict import Verdict

JUDGED_FOR_S = 10.0
"""How long a verdict is shown before it is asked for again; a change of the flags asks at once."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A verdict that is being found, at a flag version; `began` is of the clock."""

    version: int
    began: float
    verdict: "Future[Verdict]"

    def holds(self, version: int, now: float) -> bool:
        """Whether it is the one to wait for or to show."""
        if self.version != version:
            return False
        if not self.verdict.done():
            return True
        return self.verdict.exception() is None and now - self.began <= JUDGED_FOR_S


class Verdicts:
    """Used from any thread."""

    def __init__(
        self, judge: Callable[[str], Verdict], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._judge = judge
        self._clock = clock
        self._lock = threading.Lock()
        self._judging: dict[str, Judging] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="console-judge")

    def of(self, domain: str, version: int) -> Verdict:
        """The verdict on a domain; waits for it, and raises what judging raises."""
        return self._asked(domain, version).result()

    def known(self, domain: str, version: int, within_s: float) -> Verdict | None:
        """The verdict, if it is there within that time; None as well when judging fails: what shows it goes on."""
        try:
            return self._asked(domain, version).result(within_s)
        except NotYetError:
            return None
        except Exception:  # noqa: BLE001  who asks for the verdict itself is told
            return None

    def close(self) -> None:
        """Judge nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _asked(self, domain: str, version: int) -> "Future[Verdict]":
        with self._lock:
            now = self._clock()
            found = self._judging.get(domain)
            if found is None or not found.holds(version, now):
                found = Judging(version, now, self._thread.submit(self._judge, domain))
                self._judging[domain] = found
            return found.verdict
