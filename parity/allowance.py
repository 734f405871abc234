"""How many reads may be asked again: a share of the requests that the backends got, with a small floor."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfirmSettings:
    """How much may be asked again; each asking is one copy to each backend.

    `share` is that of the requests that reached the backends, over all endpoints and at each; `floor_per_s` and
    `burst` come on top over all, half of them at each endpoint. `noise_share` is that of matching reads. At most
    `concurrency` are under way, and one waits `wait_s` for its turn.
    """

    share: float = 0.05
    noise_share: float = 0.01
    floor_per_s: float = 2.0
    burst: float = 20.0
    concurrency: int = 4
    wait_s: float = 0.5


class Allowance:
    """A bucket of tokens: each request brings `share` of one, each second `floor_per_s`; it holds `most`.

    So over any time no more is taken than `most` + `floor_per_s` a second + `share` of the requests.
    """

    def __init__(
        self,
        share: float,
        floor_per_s: float,
        most: float,
        *,
        begins_with: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = share
        self._floor_per_s = floor_per_s
        self._most = most
        self._clock = clock
        self._held = begins_with
        self._filled_at = clock()

    def seen(self) -> None:
        """The backends got a request."""
        self._held = min(self._most, self._held + self._share)

    @property
    def has_one(self) -> bool:
        """Whether there is a token to take."""
        now = self._clock()
        self._held = min(self._most, self._held + (now - self._filled_at) * self._floor_per_s)
        self._filled_at = now
        return self._held >= 1

    def take(self) -> None:
        """One token less; to be asked for before."""
        self._held -= 1
