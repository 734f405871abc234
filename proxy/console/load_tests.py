"""Load tests as the console tells them: read from the store, where `crossfade loadtest` leaves its results."""

import msgspec

from parity.load_tests import KeptLoadTest, LoadJudgement, LoadTest, LoadTests
from proxy.console.errors import NotFoundError
from proxy.console.seams import Sources
from proxy.console.views import moment


class LoadTestLine(msgspec.Struct, frozen=True):
    """A load test in short: when it ended, who ran it, and what is judged of all endpoints together."""

    id: str
    at: str
    actor: str
    domain: str
    users: int
    duration_s: float
    passed: bool
    problem: str
    time: LoadJudgement
    queries: LoadJudgement


class LoadTestList(msgspec.Struct, frozen=True):
    """Load tests, newest first."""

    load_tests: list[LoadTestLine]


class LoadTestShown(msgspec.Struct, frozen=True):
    """A load test with every endpoint."""

    id: str
    at: str
    actor: str
    test: LoadTest


class LoadTestReader:
    """Reads them; everything may wait for the store, and raises StoreError."""

    def __init__(self, sources: Sources) -> None:
        self._kept = LoadTests(sources.engine)

    def latest(self, limit: int, domain: str | None = None) -> LoadTestList:
        """Newest first, of a domain or of all."""
        return LoadTestList([_line(one) for one in self._kept.latest(limit, domain)])

    def get(self, test_id: str) -> LoadTestShown:
        """One; raises NotFoundError."""
        found = self._kept.get(test_id)
        if found is None:
            raise NotFoundError(f"there is no load test {test_id[:20]!r}, or it is kept no more")
        return LoadTestShown(found.id, moment(found.at), found.actor, found.test)


def _line(kept: KeptLoadTest) -> LoadTestLine:
    test = kept.test
    return LoadTestLine(
        kept.id,
        moment(kept.at),
        kept.actor,
        test.domain,
        test.users,
        test.duration_s,
        test.passed,
        test.problem,
        test.overall.time,
        test.overall.queries,
    )
