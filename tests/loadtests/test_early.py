"""When a run may end before its last block."""

from dataclasses import replace

import pytest

from loadtests.early import Looks
from loadtests.judge import Judged
from parity.load_results import ALL, MET, LoadEndpoint, Targets
from tests.parity.load_results_factory import side

LOOKS = Looks([("escrows", "GET /v1/escrows")], Targets(), seed=1, planned_pairs=12)
CLEAR = Judged([], [], LoadEndpoint("", ALL, side(), side(), []), MET, is_clear=True)


def test_with_everything_decided_it_ends_from_the_sixth_pair_on() -> None:
    ends = [LOOKS.end(CLEAR, pairs) for pairs in range(1, 13)]

    assert [bool(end) for end in ends] == [False] * 5 + [True] * 6 + [False]
    assert ends[6] == "everything was decided after 7 of 12 pairs of blocks"


@pytest.mark.parametrize(
    ("looks", "judged"),
    [(LOOKS, replace(CLEAR, is_clear=False)), (replace(LOOKS, may_end=False), CLEAR)],
)
def test_it_goes_on_where_something_is_open_or_it_must_not_end(looks: Looks, judged: Judged) -> None:
    assert looks.end(judged, 8) == ""


def test_of_nothing_nothing_is_judged() -> None:
    judged = LOOKS.judged([])

    assert judged.overall.legacy.requests == 0
    assert not judged.is_clear
