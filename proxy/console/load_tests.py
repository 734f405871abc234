"""Load tests as the console tells them: read from the store, where `crossfade loadtest` leaves its results."""

import msgspec

from parity.load_baselines import LoadBaselines
from parity.load_comparison import LoadComparison, compare, differences
from parity.load_results import CACHE, QUERIES, TIME, LoadJudgement, LoadTest
from parity.load_tests import KeptLoadTest, LoadHeading, LoadTests, heading_of, not_shown, row_of
from proxy.console.errors import NotFoundError
from proxy.console.seams import Sources
from proxy.console.views import moment


class LoadTestLine(LoadHeading, frozen=True):
    """A load test in short: when it ended, who ran it, and what is judged of all its endpoints together.

    Asked of one domain, the three judgements are those of that domain; None where a measure was not judged.
    """

    at: str
    judgement: str
    passed: bool
    time: LoadJudgement | None
    queries: LoadJudgement | None
    cache: LoadJudgement | None


class LoadTestList(msgspec.Struct, frozen=True):
    """Load tests, newest first; `not_shown` says how many another version wrote, if any."""

    load_tests: list[LoadTestLine]
    not_shown: str = ""


class LoadTestShown(msgspec.Struct, frozen=True):
    """A load test with every endpoint."""

    id: str
    at: str
    actor: str
    test: LoadTest


class NotComparable(msgspec.Struct, frozen=True):
    """A baseline that asked something else, and what differs."""

    baseline: str
    why: str


class LoadComparisons(msgspec.Struct, frozen=True):
    """A load test beside each baseline but the one that it is itself."""

    comparisons: list[LoadComparison]
    not_comparable: list[NotComparable]


class LoadTestReader:
    """Reads them; everything may wait for the store, and raises StoreError."""

    def __init__(self, sources: Sources) -> None:
        self._kept = LoadTests(sources.engine)
        self._baselines = LoadBaselines(sources.engine)

    def latest(self, limit: int, domain: str | None = None) -> LoadTestList:
        """Newest first, those that include a domain or all."""
        found = self._kept.latest(limit, domain)
        return LoadTestList(
            [_line(one, domain) for one in found], not_shown(self._kept.of_other_versions(domain))
        )

    def get(self, test_id: str) -> LoadTestShown:
        """One; raises NotFoundError."""
        found = self._found(test_id)
        return LoadTestShown(found.id, moment(found.at), found.actor, found.test)

    def comparisons(self, test_id: str) -> LoadComparisons:
        """One beside the baselines; raises NotFoundError."""
        found = self._found(test_id)
        compared: list[LoadComparison] = []
        others: list[NotComparable] = []
        for baseline in self._baselines.all():
            if baseline.of.id == found.id:
                continue
            if why := differences(found.test, baseline.of.test):
                others.append(NotComparable(baseline.name, "; ".join(why)))
            else:
                compared.append(compare(found, baseline))
        return LoadComparisons(compared, others)

    def _found(self, test_id: str) -> KeptLoadTest:
        found = self._kept.get(test_id)
        if found is None:
            raise NotFoundError(f"there is no load test {test_id[:20]!r}, or it is kept no more")
        return found


def _line(kept: KeptLoadTest, domain: str | None) -> LoadTestLine:
    test = kept.test
    row = row_of(test, domain) or test.overall
    return LoadTestLine(
        **heading_of(kept),
        at=moment(kept.at),
        judgement=test.judgement,
        passed=test.passed,
        time=row.judged(TIME),
        queries=row.judged(QUERIES),
        cache=row.judged(CACHE),
    )
