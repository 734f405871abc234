"""The self-test beside live comparisons, within its bounds."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from parity.completing import Shed
from parity.database import open_database
from parity.exchange import Exchange
from parity.outcome import Comparison, Outcome
from parity.rules import RuleBook
from parity.selftest_live import SelfTest, SelfTestLimits
from parity.selftest_results import read, state_of
from tests.parity.factories import DETAIL, LIST, acceptance, exchange

MATCH = Comparison(Outcome.MATCH)
ROWS = {"rows": [{"id": 1}, {"id": 2}], "total": 2}


class Clock:
    """A timer that a test moves on; each reading takes `step_s`."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[sa.Engine]:
    engine = open_database(sqlite_url)
    yield engine
    engine.dispose()


def pairs(n: int, **changes: object) -> list[Exchange]:
    return [exchange(ROWS, ROWS, **changes) for _ in range(n)]


def after(self_test: SelfTest, completed: list[Exchange], rules: RuleBook | None = None) -> int:
    return self_test.after(completed, [MATCH] * len(completed), rules or RuleBook())


def test_no_more_mutations_are_tried_than_the_rate_allows(engine: sa.Engine) -> None:
    clock = Clock()
    self_test = SelfTest(engine, SelfTestLimits(per_second=10), clock)

    tried = []
    for _ in range(40):
        clock.now_s += 0.05
        tried.append(after(self_test, pairs(50)))

    assert sum(tried) == 20
    assert [row.tried for row in read(engine)[0]] != []


def test_what_was_not_used_is_not_saved_up(engine: sa.Engine) -> None:
    clock = Clock()
    self_test = SelfTest(engine, SelfTestLimits(per_second=10), clock)

    clock.now_s += 3600

    assert after(self_test, pairs(50)) == 10


def test_no_more_than_a_share_of_the_time_is_taken(engine: sa.Engine) -> None:
    clock = Clock(step_s=0.01)
    self_test = SelfTest(engine, SelfTestLimits(per_second=1000, time_share=0.1, per_pair=1), clock)

    clock.now_s += 1.0
    first = after(self_test, pairs(50))
    second = after(self_test, pairs(50))
    clock.now_s += 1.0
    third = after(self_test, pairs(50))

    assert (first, second, third) == (1, 0, 1)


def test_a_rate_of_zero_switches_it_off(engine: sa.Engine) -> None:
    clock = Clock()
    self_test = SelfTest(engine, SelfTestLimits(per_second=0), clock)

    clock.now_s += 3600

    assert after(self_test, pairs(5)) == 0
    assert state_of(engine, "escrows") is None


def test_endpoints_that_were_tried_least_come_first(engine: sa.Engine) -> None:
    clock = Clock()
    self_test = SelfTest(engine, SelfTestLimits(per_second=5), clock)

    for _ in range(4):
        clock.now_s += 1.0
        after(self_test, [*pairs(30, endpoint=LIST), *pairs(1, endpoint=DETAIL)])

    tried = {row.endpoint: 0 for row in read(engine)[0]}
    for row in read(engine)[0]:
        tried[row.endpoint] += row.tried
    assert tried == {LIST: 10, DETAIL: 10}


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (Shed("shadow_queue"), Outcome.SHED),
        (exchange(ROWS, {}), Outcome.MISMATCH),
        (exchange({"a": "x" * 200}, {"a": "x" * 200}), Outcome.MATCH),
    ],
    ids=["shed", "mismatch", "too large"],
)
def test_what_proves_nothing_or_is_too_large_is_left_out(
    engine: sa.Engine, one: Exchange | Shed, outcome: Outcome
) -> None:
    clock = Clock()
    self_test = SelfTest(engine, SelfTestLimits(max_bytes=100), clock)
    clock.now_s += 1.0

    assert self_test.after([one], [Comparison(outcome)], RuleBook()) == 0


def test_a_rule_that_is_too_wide_shows_in_the_state_of_its_domain(engine: sa.Engine) -> None:
    clock = Clock()
    self_test = SelfTest(engine, SelfTestLimits(per_second=100), clock)
    clock.now_s += 1.0

    after(self_test, pairs(20), RuleBook(acceptances=(acceptance("**"),)))

    state = state_of(engine, "escrows")
    assert state is not None
    assert state.missed > 0
    assert state.blame[0].startswith("acceptance ** of *")


def test_a_store_that_refuses_costs_no_comparison() -> None:
    clock = Clock()
    self_test = SelfTest(open_database("sqlite:////nowhere/at/all.db"), timer=clock)
    clock.now_s += 1.0

    assert after(self_test, pairs(1)) == 0
