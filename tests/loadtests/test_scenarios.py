"""The named shapes of load."""

import pytest

from loadtests.errors import LoadTestError
from loadtests.scenarios import SCENARIOS, STEADY, Scenario, WorkloadKind, factor_at, scenario_named


def test_the_scenarios_are_those_of_the_plan_and_found_by_name() -> None:
    assert [*SCENARIOS] == ["smoke", "steady", "spike", "soak", "100-concurrent"]
    assert scenario_named(STEADY).users == 20


def test_no_such_scenario_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(
        LoadTestError, match="no scenario 'stress', only smoke, steady, spike, soak, 100-conc"
    ):
        scenario_named("stress")


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_a_scenario_loads_both_sides_for_some_time(scenario: Scenario) -> None:
    assert scenario.users > 0
    assert scenario.pace_s > 0
    assert scenario.duration_s >= 6  # six pairs of blocks of a second
    assert scenario.about
    assert (scenario.rate_rps is not None) == (scenario.workload is WorkloadKind.OPEN)


def test_one_hundred_users_get_their_answers_within_200_ms_on_average() -> None:
    scenario = scenario_named("100-concurrent")

    assert (scenario.users, scenario.average_ms) == (100, 200)


def test_a_spike_jumps_within_the_measured_time_and_falls_back() -> None:
    stages = scenario_named("spike").stages

    assert [factor_at(stages, share) for share in (-0.1, 0, 0.29, 0.3, 0.59, 0.6, 1, 7)] == [
        1,
        1,
        1,
        4,
        4,
        1,
        1,
        1,
    ]
    assert stages[-1].until == 1


def test_without_stages_the_load_is_always_the_same() -> None:
    assert factor_at((), 0.5) == 1.0
