"""A closed workload whose number of users jumps and falls back."""

from tests.loadtests.conftest import Measure


def test_in_a_spike_four_times_the_users_come_and_most_of_them_go_again(measure: Measure, quick: str) -> None:
    options = ["--scenario=spike", "--workload=closed", "--users=4", "--pace=0.1", "--measured=4"]

    timings = measure(quick, "--domain=escrows", "--reads=1", *options)

    before, spike, after = (
        sum(begun_s + 0.3 < timing.started_s < ended_s for timing in timings) / (ended_s - begun_s - 0.3)
        for begun_s, ended_s in ((0, 1.2), (1.2, 2.4), (2.4, 4.0))
    )
    assert spike > 2 * before
    assert spike > 2 * after
    assert after > 0.5 * before
