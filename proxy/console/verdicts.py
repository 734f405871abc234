"""Verdicts for the pages: judging reads much, so one thread does it, for all who ask, in a tenth of its time at most."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass

from parity.verdict import Verdict

JUDGED_FOR_S = 10.0
"""How long a verdict is shown at least before it is asked for again; a change of the flags asks at once."""
_SHARE = 0.1
"""Of its time in which the thread may judge, while pages are looked at: the machine has clients to serve."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A verdict that is being found, at a flag version; `began` is of the clock."""

    version: int
    began: float
    verdict: "Future[Verdict]"

    def holds(self, version: int, now: float, for_s: float) -> bool:
        """Whether it is the one to wait for or to show."""
        if self.version != version:
            return False
        if not self.verdict.done():
            return True
        return self.verdict.exception() is None and now - self.began <= for_s


class Verdicts:
    """Used from any thread."""

    def __init__(
        self, judge: Callable[[str], Verdict], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._judge = judge
        self._clock = clock
        self._lock = threading.Lock()
        self._judging: dict[str, Judging] = {}
        self._took_s: dict[str, float] = {}
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
            for_s = max(JUDGED_FOR_S, sum(self._took_s.values()) / _SHARE)
            if found is None or not found.holds(version, now, for_s):
                found = Judging(version, now, self._thread.submit(self._timed, domain))
                self._judging[domain] = found
            return found.verdict

    def _timed(self, domain: str) -> Verdict:
        began = self._clock()
        try:
            return self._judge(domain)
        finally:
            with self._lock:
                self._took_s[domain] = self._clock() - began
