"""What is to be measured, from what was typed."""

from pathlib import Path
from typing import Any

import pytest

from cli.context import Context
from cli.errors import UsageError
from cli.loadtest_order import Typed, order_of
from cli.loadtest_site import Wanted
from cli.settings import Settings
from loadtests.errors import LoadTestError
from loadtests.run import LoadOrder
from loadtests.scenarios import WorkloadKind, scenario_named
from loadtests.targets import AGAINST_ITSELF
from parity.load_results import Targets
from proxy.stages import Stage


def wanted(through: Stage | None = None, *, same: bool = False) -> Wanted:
    return Wanted(None, None, None, None, through, same=same)


def order(contract: Path, *domains: str, typed: Typed | None = None, **changes: Any) -> LoadOrder:
    fields: dict[str, Any] = {
        "wanted": wanted(), "targets": None, "contract": contract, "seed": 1, "may_end_early": True
    }  # fmt: skip
    context = Context(Settings(), None, jwt_secret="s", actor="a")
    return order_of(context, domains, typed or Typed("steady"), **(fields | changes))


def test_the_scenario_says_how_much_load_there_is() -> None:
    scenario = Typed("steady").wanted()

    assert (scenario.users, scenario.duration_s, scenario.workload, scenario.rate_rps) == (
        20, 60, WorkloadKind.CLOSED, None,
    )  # fmt: skip


def test_what_is_typed_wins_over_the_scenario() -> None:
    scenario = Typed("spike", users=3, duration_s=9, rate_rps=7, workload="open").wanted()

    assert (scenario.name, scenario.users, scenario.duration_s, scenario.rate_rps) == ("spike", 3, 9, 7)
    assert scenario.stages


def test_a_rate_makes_the_workload_open() -> None:
    assert Typed("steady", rate_rps=7).wanted().workload is WorkloadKind.OPEN


def test_an_open_workload_without_a_rate_sends_as_much_as_the_users_would() -> None:
    scenario = Typed("steady", users=10, workload="open").wanted()

    assert scenario.rate_rps == 10 / scenario.pace_s


def test_a_rate_for_users_who_wait_is_refused() -> None:
    with pytest.raises(UsageError, match="--rate: users of a closed workload"):
        Typed("steady", rate_rps=7, workload="closed").wanted()


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(LoadTestError, match="no scenario 'rush', only smoke, steady, spike"):
        Typed("rush").wanted()


def test_by_default_all_domains_with_a_recording_are_loaded(contract: Path) -> None:
    found = order(contract)

    assert found.domains == ["appointments", "clients", "contacts", "escrows", "leads", "listings", "users"]
    assert ("GET", "/v1/listings") in found.endpoints


def test_only_the_chosen_domains_are_loaded_each_once(contract: Path) -> None:
    found = order(contract, "leads", "escrows", "leads")

    assert found.domains == ["leads", "escrows"]
    assert not [path for _, path in found.endpoints if path.startswith("/v1/listings")]


def test_without_any_recording_there_is_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--contract: there is no recording of any domain in"):
        order(tmp_path)


def test_the_average_that_a_scenario_asks_for_is_a_target(contract: Path) -> None:
    assert order(contract, typed=Typed("100-concurrent")).targets.average_ms == 200
    assert order(contract).targets.average_ms is None


def test_legacy_against_itself_is_asked_nothing_but_not_to_differ(contract: Path) -> None:
    found = order(contract, wanted=wanted(same=True))

    assert found.targets == AGAINST_ITSELF
    assert not found.may_end_early


def test_a_shadow_must_cost_clients_little_for_legacy_serves_on_both_sides(contract: Path) -> None:
    assert order(contract, wanted=wanted(Stage.SHADOW)).targets == Targets(1.05, None, None)


def test_through_the_proxy_nothing_is_asked_of_statements_which_it_keeps_to_itself(contract: Path) -> None:
    direct, live = order(contract).targets, order(contract, wanted=wanted(Stage.LIVE)).targets

    assert (direct.queries, live.queries) == (0.7, None)
    assert (live.time, live.cache) == (direct.time, direct.cache)


def test_targets_of_a_file_win(contract: Path, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text("time = 0.5\naverage_ms = 90\n")

    found = order(
        contract,
        wanted=wanted(Stage.SHADOW),
        targets=tmp_path / "targets.toml",
        typed=Typed("100-concurrent"),
    )

    assert (found.targets.time, found.targets.average_ms) == (0.5, 90)


def test_the_share_of_reads_is_that_of_the_scenario_unless_it_is_told(contract: Path) -> None:
    shares = [Typed("steady", reads=reads).wanted().reads for reads in ("0.9", "recorded", None)]

    assert shares == [0.9, None, scenario_named("steady").reads]
    assert order(contract, typed=Typed("steady", reads="0.9")).settings().reads == 0.9


@pytest.mark.parametrize("reads", ["much", "2", "nan"])
def test_a_share_of_reads_that_is_none_is_refused(reads: str) -> None:
    with pytest.raises(UsageError, match=f"--reads: expected a share between 0 and 1 like 0.8.*{reads}"):
        Typed("steady", reads=reads).wanted()


def test_what_comes_late_is_waited_for(contract: Path) -> None:
    assert not order(contract, typed=Typed("soak")).may_end_early
    assert order(contract, typed=Typed("steady")).may_end_early


def test_what_is_too_short_is_said_before_anything_starts(contract: Path) -> None:
    with pytest.raises(UsageError, match="--duration: a duration of 1 s is too short"):
        order(contract, typed=Typed("steady", duration_s=1))
    with pytest.raises(UsageError, match="--duration: a duration of 0 s is too short"):
        order(contract, typed=Typed("steady", duration_s=0))


def test_extra_time_that_is_too_short_for_blocks_is_refused_before_anything_starts(contract: Path) -> None:
    with pytest.raises(UsageError, match=r"--extra: a duration of 1 s is too short: expected 1\.5 s"):
        order(contract, extra_s=1.0)
    with pytest.raises(UsageError, match="--extra: a duration of 0 s is too short"):
        order(contract, extra_s=0.0)

    assert len(order(contract, extra_s=30.0).extra_blocks()) == 16
    assert order(contract).extra_blocks() == []
