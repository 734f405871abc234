"""A slice of load: one process of Locust against one address, either users who never pause or arrivals at a rate."""

from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.errors import BackendError, LoadTestError
from loadtests.locust_command import locust_command, longest_s
from loadtests.locusts import Locusts
from loadtests.scenarios import WorkloadKind
from loadtests.settings import SIDE_DOWN_EXIT_CODE, LoadSettings
from loadtests.timings import Timing, read_timings, within

_NO_PAUSE_S = 1e-6
_PACE_S = 0.02  # between the requests of a journey: a slice is short, and the share of whole journeys is to be large


@dataclass(frozen=True, slots=True)
class Slice:
    """What is sent where: the same `seed` sends the same requests in the same order, at the same times.

    `path` says in a few words who is asked. Without a `rate_rps` the `users` never pause; with one that many requests
    a second arrive on average, whether or not the earlier ones are answered.
    """

    path: str
    url: str
    seed: int
    measured_s: float
    users: int = 1
    rate_rps: float | None = None


@dataclass(frozen=True, slots=True)
class Sliced:
    """What came of a slice: what was due within its measured time, and `all_sent`, warm-up and clean-up included.

    `answered` are the whole answers that came within the measured time, `not_sent` were due at any time when too many
    requests were unanswered.
    """

    slice: Slice
    timings: tuple[Timing, ...]
    all_sent: tuple[Timing, ...]
    answered: int
    not_sent: int = 0

    @property
    def rps(self) -> float:
        """Answers a second."""
        return self.answered / self.slice.measured_s


class Slices:
    """Runs slices one after the other; the timings of each stay in `work_dir`."""

    def __init__(self, locusts: Locusts, settings: LoadSettings, work_dir: Path) -> None:
        self._locusts = locusts
        self._settings = settings
        self._work_dir = work_dir
        self._n = 0

    @property
    def next_results(self) -> Path:
        """The file that the next slice begins when its load begins."""
        return self._work_dir / f"slice-{self._n:03}.jsonl"

    def run(self, one: Slice) -> Sliced:
        """Send it. Raises BackendError where nobody answers any more, LoadTestError where Locust fails."""
        results = self.next_results
        self._n += 1
        settings = self._settings_of(one)
        with locust_command(settings, one.url, one.users, results) as command:
            code, words = self._locusts.run(command, results, longest_s(settings))
        if code is None:
            raise LoadTestError(f"Locust did not end in time on {one.path} at {one.url}")
        if code not in {0, SIDE_DOWN_EXIT_CODE}:
            raise LoadTestError(f"Locust ended with exit code {code}: {words}")
        due = read_timings(results) if results.exists() else []
        sent = [timing for timing in due if timing.sent_at]
        if code == SIDE_DOWN_EXIT_CODE or (sent and not any(timing.status for timing in sent)):
            raise BackendError(f"{one.path} at {one.url} stopped answering")
        after_s = self._settings.warm_up_s
        until_s = after_s + one.measured_s
        answered = sum(
            timing.status > 0 and after_s <= timing.started_s + timing.duration_ms / 1_000 < until_s
            for timing in sent
        )
        measured = within(sent, after_s=after_s, until_s=until_s)
        return Sliced(one, tuple(measured), tuple(sent), answered, len(due) - len(sent))

    def _settings_of(self, one: Slice) -> LoadSettings:
        own = replace(self._settings, seed=one.seed, measured_s=one.measured_s)
        if one.rate_rps is None:
            return replace(own, kind=WorkloadKind.CLOSED, pace_s=_NO_PAUSE_S)
        return replace(own, kind=WorkloadKind.OPEN, pace_s=_PACE_S, rate_rps=one.rate_rps)
