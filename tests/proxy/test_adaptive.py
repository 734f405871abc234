"""The limit of copies goes down at once when the shadow strains, and up slowly when it does not."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.adaptive import AdaptiveLimit, pool_wait_s
from proxy.settings import AdaptiveSettings

LIST = "GET /v1/escrows"
DETAIL = "GET /v1/escrows/{id}"


@dataclass
class Course:
    """A limit and its clock, which only this moves."""

    most: int = 32
    now: float = 0.0
    settings: AdaptiveSettings = field(default_factory=AdaptiveSettings)

    def __post_init__(self) -> None:
        self.adaptive = AdaptiveLimit(self.most, self.settings, lambda: self.now)

    @property
    def limit(self) -> int:
        return self.adaptive.limit

    def answer(self, duration_s: float = 0.01, *, endpoint: str = LIST, pool_wait_s: float = 0.0) -> None:
        """A copy that is sent now and answered so much later."""
        began_at = self.now
        self.now += duration_s
        self.adaptive.succeeded(endpoint, began_at, duration_s, pool_wait_s)

    def fail(self, after_s: float = 0.01) -> None:
        """A copy that is sent now and fails so much later."""
        began_at = self.now
        self.now += after_s
        self.adaptive.failed(began_at)


def test_it_begins_with_all_that_is_configured() -> None:
    course = Course(most=8)

    assert (course.limit, course.adaptive.is_reduced) == (8, False)


def test_a_failure_halves_it() -> None:
    course = Course()

    course.fail()

    assert (course.limit, course.adaptive.is_reduced) == (16, True)


def test_copies_that_were_sent_together_decrease_it_once() -> None:
    course = Course()
    course.now = 1.0

    for _ in range(32):
        course.adaptive.failed(began_at=0.5)

    assert course.limit == 16


def test_it_never_goes_below_one() -> None:
    course = Course()

    for _ in range(50):
        course.fail()

    assert course.limit == 1


def test_it_grows_by_one_copy_at_a_time_and_slowly() -> None:
    course = Course(most=4)
    course.fail()
    course.fail()
    grown = []

    for _ in range(200):
        course.answer(0.01)
        grown.append((course.limit, round(course.now, 2)))

    reached = {limit: min(at for one, at in grown if one == limit) for limit in (2, 3, 4)}
    assert reached == {2: 0.27, 3: 0.52, 4: 0.77}
    assert grown[-1][0] == 4


def test_a_copy_much_slower_than_the_baseline_of_its_endpoint_is_strain() -> None:
    course = Course()
    for _ in range(10):
        course.answer(0.01)
        course.answer(0.2, endpoint=DETAIL)

    course.answer(0.2, endpoint=DETAIL)
    before = course.limit
    course.answer(0.2, endpoint=LIST)

    assert (before, course.limit) == (32, 22)


def test_a_little_slower_is_no_strain() -> None:
    course = Course()
    course.answer(0.001)

    course.answer(0.02)

    assert course.limit == 32


def test_waiting_for_the_database_is_strain_however_quick_the_answer() -> None:
    course = Course()
    course.answer(0.06)

    course.answer(0.06, pool_wait_s=0.04)
    before = course.limit
    course.answer(0.06, pool_wait_s=0.055)

    assert (before, course.limit) == (32, 22)


def test_a_first_copy_that_was_slow_is_soon_forgotten() -> None:
    course = Course()
    course.answer(2.0)
    for _ in range(20):
        course.answer(0.01)

    course.answer(0.2)

    assert course.limit == 22


def test_a_shadow_that_is_slow_with_one_copy_at_a_time_is_taken_as_it_is() -> None:
    course = Course(most=8)
    course.answer(0.01)
    limits = []

    for _ in range(60):
        course.answer(0.2)
        limits.append(course.limit)

    assert min(limits) == 1
    assert limits[-1] == 8


@given(
    st.lists(st.tuples(st.sampled_from(["answer", "fail"]), st.floats(0, 5), st.floats(0, 1)), max_size=80),
    st.integers(1, 50),
)
def test_whatever_happens_it_stays_within_its_bounds(
    steps: list[tuple[str, float, float]], most: int
) -> None:
    course = Course(most=most)

    for kind, duration_s, wait_s in steps:
        if kind == "answer":
            course.answer(duration_s, pool_wait_s=wait_s)
        else:
            course.fail(duration_s)
        assert 1 <= course.limit <= most


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("pool;dur=61.5", 0.0615),
        ("db;dur=900, pool;dur=7", 0.007),
        ('db;dur=1, pool;desc=wait;dur="12"', 0.012),
        ("POOL ; DUR = 3", 0.003),
        ("spool;dur=900", 0.0),
        ("pool", 0.0),
        ("pool;dur=", 0.0),
        ("db;dur=3, cache;desc=hit", 0.0),
    ],
)
def test_the_wait_for_a_database_connection_is_read_from_server_timing(value: str, expected: float) -> None:
    block = f"Content-Type: pool;dur=1\r\nserver-timing: {value}\r\n".encode()

    assert pool_wait_s(block) == pytest.approx(expected)


def test_the_longest_wait_counts() -> None:
    assert pool_wait_s(b"Server-Timing: pool;dur=1\r\nServer-Timing: pool;dur=5\r\n") == 0.005
    assert pool_wait_s(b"") == 0.0
