"""What a load test found, as JSON and back."""

from parity.load_results import MET, MISSED, TIME, LoadEndpoint, LoadJudgement, LoadRatio, LoadSide, Targets


def side() -> LoadSide:
    return LoadSide(400, 390, 0, 0.0, 20.0, 13.0, 12.4, 15.0, 20.0, 30.0, 5.0, 4.1, 300, 390)


def test_a_row_tells_what_is_judged_of_a_measure_and_nothing_of_another() -> None:
    judged = LoadJudgement(TIME, 0.8, LoadRatio(0.6, 0.55, 0.64), MET, binding=True)
    row = LoadEndpoint("escrows", "GET /v1/escrows", side(), side(), [judged])

    assert row.judged(TIME) is judged
    assert row.judged("queries") is None


def test_targets_are_those_of_the_plan_unless_told_otherwise() -> None:
    assert (Targets().time, Targets().queries, Targets().cache) == (0.80, 0.70, 0.70)
    assert MET != MISSED
