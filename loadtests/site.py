"""Where a load test finds both sides, and what it may do there."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from parity.exchange import Backend

DIRECT = "direct"
Fresh = Callable[[Backend], AbstractContextManager[str]]
"""The address of a process of that side that was started for this, for as long as the context lasts."""


@dataclass(frozen=True, slots=True)
class LoadSite:
    """Both addresses, and the processes of each side that are watched, where these are known.

    `reset` brings the database back to the seed. Without `fresh` nothing is measured cold, and `no_cold` says why.
    `through` is `direct`, or the stage of the proxy before modern; `about` what the ratios mean where they do not compare
    modern with legacy.
    """

    legacy: str
    modern: str
    pids: Mapping[Backend, Sequence[int]] = field(default_factory=dict)
    reset: Callable[[], None] | None = None
    fresh: Fresh | None = None
    no_cold: str = "backends that were given are not started anew"
    through: str = DIRECT
    about: str = ""

    def url(self, side: Backend) -> str:
        """Where that side answers."""
        return (self.legacy if side is Backend.LEGACY else self.modern).rstrip("/")
