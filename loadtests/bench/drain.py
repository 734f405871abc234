"""After a burst: the wait until all that it asked has its outcome in the store of the Crossfade that was asked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import open_database
from parity.report import Report, build_report

_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Drain:
    """What a Crossfade's store knows of the burst; `within_s` is how long the outcomes may take."""

    store_url: str
    within_s: float = 60.0

    def told(self) -> int:
        """Of how many requests the store has been told so far."""
        with _opened(self.store_url) as engine:
            return build_report(engine).tally.requests

    def wait(self, requests: int) -> bool:
        """Wait until it has been told of so many, and each that was mirrored has its outcome; False: it took too long."""
        deadline = time.monotonic() + self.within_s
        with _opened(self.store_url) as engine:
            while not _is_through(build_report(engine), requests):
                if time.monotonic() > deadline:
                    return False
                time.sleep(_LOOK_AGAIN_S)
        return True


def _is_through(report: Report, requests: int) -> bool:
    balance = report.balance
    return report.tally.requests >= requests and balance.in_flight == 0 and balance.off_by == 0


@contextmanager
def _opened(store_url: str) -> Iterator[sa.Engine]:
    engine = open_database(store_url)
    try:
        yield engine
    finally:
        engine.dispose()
