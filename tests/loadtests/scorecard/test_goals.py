"""The goals are those of the plan."""

from loadtests.scorecard.goals import CACHE_HITS, GOALS, OF_OUR_CODE, STATEMENTS, TIME_OF_ALL, TIMES


def test_the_four_endpoints_are_to_be_as_much_faster_as_the_plan_says() -> None:
    assert [(one.endpoint, one.baseline, one.target, one.limit) for one in TIMES] == [
        ("GET /v1/escrows", "250 ms", "150 ms: -40 %", 0.6),
        ("GET /v1/listings", "220 ms", "140 ms: -36 %", 0.64),
        ("GET /v1/clients", "180 ms", "110 ms: -39 %", 0.61),
        ("POST /v1/escrows", "300 ms", "200 ms: -33 %", 0.67),
    ]


def test_the_limits_of_all_endpoints_together_are_those_of_the_plan() -> None:
    assert [one.limit for one in (TIME_OF_ALL, STATEMENTS, CACHE_HITS)] == [0.80, 0.70, 0.70]


def test_each_goal_has_a_key_of_its_own_and_a_command() -> None:
    assert len({goal.key for goal in GOALS}) == len(GOALS) == 16
    assert all(goal.command for goal in GOALS)
    assert set(OF_OUR_CODE) < set(GOALS)
