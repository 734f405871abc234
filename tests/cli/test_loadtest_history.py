"""`crossfade loadtest history`: what is kept, and whether modern gets slower."""

import json
from collections.abc import Iterator

import pytest

from parity.database import open_database
from parity.load_results import MISSED
from parity.load_tests import LoadTests
from tests.parity.load_results_factory import small_row, small_test
from tests.support.command import InProcess


@pytest.fixture
def tests(crossfade: InProcess) -> Iterator[LoadTests]:
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    yield LoadTests(engine, clock=lambda: 1_800_000_000.0)
    engine.dispose()


def slower_and_slower(tests: LoadTests) -> list[str]:
    return [
        tests.add(small_test(overall=small_row(domain="", time=(value, value - 0.02, value + 0.02))), "o")
        for value in (0.5, 0.52, 0.7)
    ]


def test_runs_are_shown_newest_first_with_their_trend_in_80_columns(
    crossfade: InProcess, tests: LoadTests
) -> None:
    first, before, newest = slower_and_slower(tests)
    spike = tests.add(
        small_test(scenario="spike", problem="the modern backend stopped", judgement=MISSED), "o"
    )

    ran = crossfade("loadtest", "history")

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "escrows: spike, 20 users, direct, on 2 cores, AMD EPYC"
    assert lines[2].split()[:4] == ["2027-01-15", "08:00", spike, "partial"]
    steady = lines.index("escrows: steady, 20 users, direct, on 2 cores, AMD EPYC")
    rows = [line.split() for line in lines[steady + 2 : steady + 5]]
    assert [row[2] for row in rows] == [newest, before, first]
    assert rows[0][3:] == ["met", "0.70", "0.68-0.72", "0.40", "80%", "17.4"]
    assert lines[steady + 5] == f"trend: ▁▂█ worse: 0.70 0.68-0.72, was 0.52 0.50-0.54 in {before}"


def test_it_is_of_a_domain_an_endpoint_or_a_scenario_and_no_longer_than_wanted(
    crossfade: InProcess, tests: LoadTests
) -> None:
    escrows = tests.add(small_test(), "olivia")
    both = tests.add(small_test(domains=["escrows", "leads"]), "olivia")
    spike = tests.add(small_test(scenario="spike"), "olivia")

    def ids(*options: str) -> list[str]:
        ran = crossfade("loadtest", "history", "--json", *options)
        assert ran.code == 0, ran.err
        return [one["id"] for one in json.loads(ran.out)["load_tests"]]

    assert ids() == [spike, both, escrows]
    assert ids("--domain", "leads") == [both]
    assert ids("--scenario", "steady", "--limit", "1") == [both]
    assert ids("--endpoint", "GET /v1/leads") == [both]


def test_the_json_has_every_number_and_the_trends(crossfade: InProcess, tests: LoadTests) -> None:
    first, before, newest = slower_and_slower(tests)

    values = json.loads(crossfade("loadtest", "history", "--json").out)

    assert values["schema"] == "crossfade.loadtest-history/1"
    assert values["load_tests"][0]["time"] == {"value": 0.7, "low": pytest.approx(0.68), "high": 0.72}
    assert values["trends"] == [
        {"ids": [newest, before, first], "bars": "▁▂█", "says": "worse", "than": before}
    ]


def test_nothing_kept_is_told(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "history")

    assert (ran.code, ran.out, ran.err) == (0, "", "no load test is kept yet\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--domain", "bogus"), "'bogus' is not a domain; expected one of: "),
        (("--endpoint", "GET /v1/escrow"), "did you mean 'GET /v1/escrows'?"),
        (("--endpoint", "GET /v1/leads", "--domain", "escrows"), "expected an endpoint of escrows like"),
        (("--limit", "0"), "0 is not in the range"),
    ],
)
def test_bad_input_is_one_sentence(crossfade: InProcess, options: tuple[str, ...], said: str) -> None:
    ran = crossfade("loadtest", "history", *options)

    assert ran.code == 2
    assert said in ran.err


def test_a_store_that_is_away_is_exit_code_2(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "history", CROSSFADE_STORE__URL="sqlite:////nowhere/store.sqlite3")

    assert ran.code == 2
    assert "cannot read the load tests" in ran.err
