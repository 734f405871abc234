"""Noise on real databases: counted by day, proven by enough evidence, forgotten after a while, within bounds."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from parity.errors import StoreError
from parity.legacy_twice import LegacyTwice, Noted
from parity.noise import MAX_PATHS, REFRESH_S, NoisyBook, NoisyPath, noise_json, with_noise
from parity.rules import Compare, RuleBook
from parity.settle import AskedAgain
from parity.store import Limits, ParityStore
from parity.tables import NOISE
from tests.parity.factories import DETAIL, LIST, batch, by_shape

DAY_S = 86_400.0
NOW = 20_000 * DAY_S + 3_600
UUID = Noted("string (uuid)", is_other_shape=False)
NOISY = NoisyPath(LIST, "$.meta.id", 7, 12, 0, "string (uuid)", NOW, NOW + 5)


def learn(store: ParityStore, twice: list[LegacyTwice], at: float = NOW, seq: int = 1) -> bool:
    """Record a batch with nothing but evidence."""
    return store.record(batch(seq=seq, counts=()), [], [], AskedAgain(twice=twice), now=at)


def seen(*paths: str, endpoint: str = LIST, noted: Noted = UUID) -> LegacyTwice:
    """One read that legacy answered twice."""
    return LegacyTwice(endpoint, dict.fromkeys(paths, noted))


def test_a_path_is_counted_out_of_the_reads_of_its_endpoint(store: ParityStore) -> None:
    learn(store, [seen("$.meta.id")] * 7 + [seen()] * 2 + [seen("$.a", endpoint=DETAIL)])
    learn(store, [seen()] * 3, at=NOW + 5, seq=2)

    assert store.noise(now=NOW) == (
        replace(NOISY, last_seen_at=NOW),
        NoisyPath(DETAIL, "$.a", 1, 1, 0, "string (uuid)", NOW, NOW),
    )


def test_a_batch_that_comes_again_is_no_new_evidence(store: ParityStore) -> None:
    learn(store, [seen("$.meta.id")])

    assert not learn(store, [seen("$.meta.id")])
    assert [(path.differed, path.asked) for path in store.noise(now=NOW)] == [(1, 1)]


def test_days_add_up_until_they_are_out_of_the_window(store: ParityStore) -> None:
    learn(store, [seen("$.meta.id")] * 2, at=NOW)
    learn(store, [seen("$.meta.id")] * 3, at=NOW + 6 * DAY_S, seq=2)

    within, after, gone = (store.noise(now=NOW + days * DAY_S) for days in (6, 7, 13))

    assert [(path.differed, path.first_seen_at) for path in within] == [(5, NOW)]
    assert [(path.differed, path.first_seen_at) for path in after] == [(3, NOW + 6 * DAY_S)]
    assert gone == ()


def test_what_is_out_of_the_window_is_removed(store: ParityStore, engine: sa.Engine) -> None:
    learn(store, [seen("$.meta.id")])

    store.prune(now=NOW + 7 * DAY_S)

    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(NOISE)).scalar() == 0


def test_one_other_shape_is_remembered(store: ParityStore) -> None:
    other = Noted("null / string (uuid)", is_other_shape=True)

    learn(store, [seen("$.v", noted=other), seen("$.v")])

    assert [(path.differed, path.other_shape, path.is_by_shape) for path in store.noise(now=NOW)] == [
        (2, 1, False)
    ]


def test_paths_over_the_bound_are_one_that_gives_no_rule(store: ParityStore) -> None:
    learn(store, [seen(*(f"$.k{letter}{other}" for letter in "abcdefghijkl" for other in "mnopqrstuvwx"))])
    learn(store, [seen("$.new", "$.kam")], seq=2)

    paths = {path.path: path for path in store.noise(now=NOW)}

    assert len(paths) == MAX_PATHS + 1
    assert (paths["$.kam"].differed, paths["**"].differed) == (2, 2)
    assert not paths["**"].is_by_shape


def test_a_path_longer_than_a_key_of_a_database_is_kept(store: ParityStore) -> None:
    long = "$" + ".nested" * 700

    learn(store, [seen(long)])

    assert [path.path for path in store.noise(now=NOW)] == [long]


@pytest.mark.parametrize(
    ("differed", "asked", "is_proven"),
    [(3, 10, True), (7, 12, True), (10, 50, True), (2, 10, False), (9, 9, False), (9, 50, False)],
)
def test_noise_is_proven_by_enough_evidence(differed: int, asked: int, *, is_proven: bool) -> None:
    assert replace(NOISY, differed=differed, asked=asked).is_proven is is_proven


@pytest.mark.parametrize("path", ["$", "$status", "**"])
def test_a_whole_answer_is_never_compared_by_shape(path: str) -> None:
    assert not replace(NOISY, path=path).is_learned


def test_learned_noise_is_compared_by_shape_and_says_why() -> None:
    book = with_noise(RuleBook(), [NOISY, replace(NOISY, path="$.b", other_shape=1)])

    rules = book.for_endpoint(LIST)
    assert rules.compare_at(("$", "meta", "id")) is Compare.SHAPE
    assert rules.compare_at(("$", "b")) is Compare.VALUE
    assert book.for_endpoint(DETAIL).compare_at(("$", "meta", "id")) is Compare.VALUE
    assert [rule.reason for rule in book.rules] == ["noise: legacy differed from itself in 7 of 12"]


def test_a_rule_of_a_person_wins_over_noise() -> None:
    book = with_noise(RuleBook(rules=(by_shape("$.meta", compare=Compare.VALUE),)), [NOISY])

    assert book.for_endpoint(LIST).compare_at(("$", "meta", "id")) is Compare.VALUE


class Source:
    """What stands for the store of a book: what is there, and how often it was read."""

    def __init__(self) -> None:
        self.paths: list[NoisyPath] = [NOISY]
        self.is_away = False
        self.reads = 0
        self.now = 0.0

    def read(self) -> list[NoisyPath]:
        """What is there."""
        self.reads += 1
        if self.is_away:
            raise StoreError("away")
        return self.paths

    def clock(self) -> float:
        """A clock that a test moves."""
        return self.now


def test_a_book_reads_noise_again_after_a_while_or_when_there_is_new_evidence() -> None:
    source, plain = Source(), RuleBook()
    book = NoisyBook(source.read, source.clock)
    first, same = book.over(plain), book.over(plain)
    source.paths = []
    source.now = REFRESH_S
    later = book.over(plain)
    source.paths = [NOISY]
    book.changed()

    assert same is first
    assert later is plain
    assert (len(first.rules), len(book.over(plain).rules), plain.rules) == (1, 1, ())
    assert source.reads == 3


def test_another_book_gets_the_same_noise() -> None:
    source, other = Source(), RuleBook(rules=(by_shape("$.b"),))
    book = NoisyBook(source.read, source.clock)
    book.over(RuleBook())

    assert [rule.path for rule in book.over(other).rules] == ["$.meta.id", "$.b"]


def test_more_evidence_of_what_is_known_keeps_the_book() -> None:
    source, plain = Source(), RuleBook()
    book = NoisyBook(source.read, source.clock)
    first = book.over(plain)
    source.paths = [replace(NOISY, differed=8, asked=13)]
    book.changed()

    assert book.over(plain) is first


def test_a_store_that_is_away_leaves_the_book_as_it_was() -> None:
    source, plain = Source(), RuleBook()
    book = NoisyBook(source.read, source.clock)
    first = book.over(plain)
    source.is_away = True
    book.changed()

    assert book.over(plain) is first


def test_a_store_made_before_there_was_noise_has_none(engine: sa.Engine, store: ParityStore) -> None:
    learn(store, [seen()])
    NOISE.drop(engine)
    again = ParityStore(engine, store._redactor, Limits())

    assert again.noise(now=NOW) == ()


def test_as_json_it_says_what_is_made_of_it() -> None:
    values = noise_json(NOISY)

    assert (values["differed"], values["asked"], values["path"]) == (7, 12, "$.meta.id")
    assert (values["is_proven"], values["is_by_shape"], round(values["share"], 3)) == (True, True, 0.583)
