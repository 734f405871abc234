"""Since when legacy has not been asked: only what was counted proves it."""

import pytest
import sqlalchemy as sa

from parity.exchange import ENDED, FALLBACK_BEGUN, PRESENT, Count
from parity.redact import Redactor
from parity.served import Hole, HoleKind, Unused, Use, read_unused
from parity.store import Limits, ParityStore
from tests.parity import factories
from tests.parity.factories import DETAIL, LIST, batch, exchange

MINUTE = 60.0
DAY = 86_400.0
KEPT = 30 * DAY
NOW = 1_795_000_020.0
BEGIN = NOW - 20 * DAY


class Books:
    """What proxy workers tell a store, minutes and days apart."""

    def __init__(self, store: ParityStore) -> None:
        self.store = store
        self._seqs: dict[str, int] = {}

    def say(self, at: float, *counts: Count, run: str = "proxy-1-a", present: bool = True) -> None:
        """One batch."""
        self._seqs[run] = self._seqs.get(run, 0) + 1
        told = [*counts, Count("(unlisted)", PRESENT, "", 1)] if present else counts
        factories.record(self.store, batch(proxy=run, seq=self._seqs[run], counts=told), at)

    def end(self, at: float, run: str = "proxy-1-a") -> None:
        """The last one of that worker."""
        self.say(at, Count("(unlisted)", ENDED, "", 1), run=run)


@pytest.fixture
def books(store: ParityStore) -> Books:
    return Books(store)


def asked(backend: str, endpoint: str = LIST, n: int = 1) -> Count:
    return Count(endpoint, "requests", backend, n)


def unused(engine: sa.Engine, days: float = 14, now: float = NOW) -> Unused:
    return read_unused(engine, {LIST, DETAIL}, domain="escrows", asked_s=days * DAY, kept_s=KEPT, now=now)


def test_an_empty_store_proves_nothing(engine: sa.Engine) -> None:
    found = unused(engine)

    assert (found.known_since, found.since, found.is_proven) == (None, None, False)


def test_it_is_proven_when_only_modern_was_asked_for_as_long(engine: sa.Engine, books: Books) -> None:
    books.say(BEGIN)
    books.say(NOW - 3 * DAY, asked("modern", n=7))
    books.say(NOW)

    found = unused(engine)

    assert (found.known_since, found.since, found.modern) == (BEGIN, BEGIN, 7)
    assert found.is_proven
    assert not unused(engine, days=21).is_proven


def test_what_legacy_was_asked_for_and_when_last_is_told_by_endpoint(engine: sa.Engine, books: Books) -> None:
    books.say(BEGIN, asked("legacy", DETAIL, 9))
    books.say(NOW - 3 * DAY, asked("legacy", n=2), asked("modern", n=5))
    books.say(NOW - 2 * DAY, Count(DETAIL, FALLBACK_BEGUN, "", 3), Count(DETAIL, "fallback", "", 1))
    books.say(NOW)

    found = unused(engine)

    assert found.uses == (
        Use(LIST, 2, 0, 0, NOW - 3 * DAY + MINUTE),
        Use(DETAIL, 0, 3, 0, NOW - 2 * DAY + MINUTE),
    )
    assert (found.is_proven, found.since) == (False, NOW - 2 * DAY + MINUTE)
    assert unused(engine, days=1.9).is_proven


def test_a_request_of_which_nobody_knows_who_was_asked_counts_as_legacys(
    engine: sa.Engine, books: Books
) -> None:
    books.say(BEGIN)
    books.say(NOW - DAY, asked(""))
    books.say(NOW)

    assert unused(engine).uses == (Use(LIST, 0, 0, 1, NOW - DAY + MINUTE),)


def test_other_domains_do_not_matter_but_endpoints_that_were_of_this_one_do(
    engine: sa.Engine, books: Books
) -> None:
    books.say(BEGIN)
    factories.record(books.store, batch(exchange(endpoint="GET /v1/gone"), proxy="old", counts=[]), BEGIN)
    books.say(NOW - DAY, asked("legacy", "GET /v1/leads"))
    books.say(NOW)
    before = unused(engine).is_proven
    books.say(NOW, asked("legacy", "GET /v1/gone"))

    assert before
    assert not unused(engine).is_proven


def test_a_time_in_which_nothing_ran_is_a_hole(engine: sa.Engine, books: Books) -> None:
    books.say(BEGIN)
    books.end(NOW - 5 * DAY)
    books.say(NOW - 4 * DAY, run="proxy-1-b")
    books.say(NOW, run="proxy-1-b")

    found = unused(engine)

    assert found.holes == (Hole(HoleKind.SILENT, NOW - 5 * DAY, NOW - 4 * DAY),)
    assert (found.is_proven, found.since) == (False, NOW - 4 * DAY)


def test_a_restart_is_no_hole(engine: sa.Engine, books: Books) -> None:
    books.say(BEGIN)
    books.end(NOW - 5 * DAY)
    books.say(NOW - 5 * DAY + 60, run="proxy-1-b")
    books.say(NOW, run="proxy-1-b")

    assert unused(engine).is_proven


def test_a_worker_that_was_killed_leaves_a_hole_though_another_goes_on(
    engine: sa.Engine, books: Books
) -> None:
    books.say(BEGIN)
    books.say(BEGIN, run="proxy-2-a")
    books.say(NOW - DAY, run="proxy-2-a")
    books.say(NOW - DAY + 600, run="proxy-2-b")
    books.say(NOW, run="proxy-1-a")
    books.say(NOW, run="proxy-2-b")

    assert unused(engine).holes == (Hole(HoleKind.BROKEN_OFF, NOW - DAY, NOW - DAY + 600, "proxy-2"),)


def test_a_worker_that_says_nothing_any_more_leaves_the_time_until_now_open(
    engine: sa.Engine, books: Books
) -> None:
    books.say(BEGIN)
    books.say(NOW - 300)

    found = unused(engine)

    assert {hole.kind for hole in found.holes} == {HoleKind.SILENT, HoleKind.BROKEN_OFF}
    assert (found.since, found.unused_s) == (NOW, 0)


def test_a_worker_that_was_held_up_has_told_everything_once_it_is_back(
    engine: sa.Engine, books: Books
) -> None:
    books.say(BEGIN)
    before = unused(engine, now=BEGIN + 15 * DAY).is_proven
    books.say(NOW)

    assert (before, unused(engine).is_proven) == (False, True)


def test_workers_of_a_version_that_did_not_count_it_prove_nothing(engine: sa.Engine, books: Books) -> None:
    books.say(BEGIN, present=False)
    books.say(NOW, present=False)

    assert unused(engine).known_since is None


def test_more_than_what_is_kept_is_never_proven(engine: sa.Engine, books: Books) -> None:
    books.say(NOW - 50 * DAY)
    books.say(NOW)

    found = unused(engine, days=40)

    assert (found.known_since, found.is_proven) == (NOW - KEPT, False)
    assert unused(engine, days=30).is_proven


def test_minutes_that_were_removed_are_not_known(engine: sa.Engine, books: Books) -> None:
    books.say(BEGIN)
    books.say(NOW - 12 * DAY, asked("legacy"))
    books.say(NOW)
    limits = Limits(retention_s=10 * DAY)

    ParityStore(engine, Redactor(b"key"), limits).prune(now=NOW)

    found = unused(engine)
    assert found.uses == ()
    assert (found.known_since, found.is_proven) == (NOW - 12 * DAY + 6 * 3_600, False)
    assert unused(engine, days=10).is_proven
