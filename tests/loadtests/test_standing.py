"""What a load test tells whoever waits for it."""

from loadtests.judge import Judged
from loadtests.standing import Standing, so_far
from parity.load_results import ALL, MET, QUERIES, TIME, UNDECIDED, LoadEndpoint, LoadJudgement, LoadRatio
from tests.parity.load_results_factory import side


def judged(*judgements: LoadJudgement) -> Judged:
    overall = LoadEndpoint("", ALL, side(), side(), list(judgements))
    return Judged([], [], overall, UNDECIDED, is_clear=False)


def test_a_block_is_told_with_the_time_that_is_left_and_what_the_answer_looks_like() -> None:
    first = Standing(1, 12, "legacy", 60.0)
    later = Standing(3, 12, "modern", 50.0, "time 0.62")

    assert first.words("1 min") == "block 1 of 12 on legacy, 1 min left"
    assert later.words("50 s") == "block 3 of 12 on modern, 50 s left; so far time 0.62"


def test_so_far_are_the_ratios_of_all_endpoints_with_their_intervals() -> None:
    time = LoadJudgement(TIME, 0.8, LoadRatio(0.62, 0.58, 0.66), MET)
    queries = LoadJudgement(QUERIES, 0.7, LoadRatio(0.4, 0.4, 0.4), MET)

    assert so_far(judged(time, queries)) == "time 0.62 (0.58-0.66), queries 0.40"


def test_what_is_not_known_yet_is_left_out() -> None:
    nothing = LoadJudgement(TIME, 0.8, None, UNDECIDED)
    queries = LoadJudgement(QUERIES, 0.7, LoadRatio(0.4, 0.4, 0.4), MET)

    assert so_far(judged(nothing, queries)) == "queries 0.40"
    assert so_far(judged(nothing)) == ""
