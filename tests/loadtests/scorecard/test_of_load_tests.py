"""Load tests say of the plan's goals what their intervals say, by the plan's own targets."""

import msgspec
import pytest

from loadtests.scorecard.card import NO_EVIDENCE, Found
from loadtests.scorecard.goals import (
    CACHE_HITS,
    CONCURRENT,
    NO_REGRESSION,
    STATEMENTS,
    TIME_OF_ALL,
    TIMES,
    Goal,
)
from loadtests.scorecard.of_load_tests import by_plan, of_measure
from parity.load_results import (
    ALL,
    CACHE,
    MET,
    MISSED,
    NOT_SLOWER,
    TIME,
    UNDECIDED,
    LoadEndpoint,
    LoadJudgement,
    LoadRatio,
    LoadTest,
)
from parity.load_tests import KeptLoadTest
from tests.parity.load_results_factory import TOLD, average, judgement, load_test, partial, row

DOMAINS = ["escrows", "listings", "clients"]
CLIENTS = TIMES[2]


def kept(*tests: LoadTest) -> list[KeptLoadTest]:
    """Newest first: `l-0` is the newest."""
    return [
        KeptLoadTest(f"l-{number}", 1_000.0 - number, "olivia", test) for number, test in enumerate(tests)
    ]


def look(goal: Goal, *tests: LoadTest, domains: list[str] = DOMAINS) -> Found:
    return of_measure(goal, kept(*tests), domains)


def slower(share: float = 1.2, domain: str = "escrows", **changes: object) -> LoadTest:
    """A run of one domain at one of whose endpoints modern is slower."""
    test = load_test({"PUT /v1/escrows/{id}": (share, 0.05)}, domains=[domain], **changes)
    return msgspec.structs.replace(test, endpoints=[one for one in test.endpoints if one.domain == domain])


def averaging(*averages: float, users: int = 100) -> LoadTest:
    """A run with so many users, in which modern took so long on average at its first endpoints."""
    test = load_test(scenario="100-concurrent", users=users)
    judged = [
        with_judgement(one, average(value)) for one, value in zip(test.endpoints, averages, strict=False)
    ]
    return msgspec.structs.replace(test, endpoints=[*judged, *test.endpoints[len(judged) :]])


def with_judgement(one: LoadEndpoint, judged: LoadJudgement) -> LoadEndpoint:
    return msgspec.structs.replace(one, judgements=[*one.judgements, judged])


def test_a_goal_of_all_endpoints_has_its_interval_both_sides_and_the_run() -> None:
    found = look(TIME_OF_ALL, load_test())

    assert (found.judgement, found.measured) == (MET, "-41 % (-43 to -39)")
    assert found.detail.endswith(" ms at the median, 3,615 and 3,615 requests")
    assert found.numbers == pytest.approx({"value": 0.587, "low": 0.567, "high": 0.607}, abs=0.01)
    assert (found.by, found.at, found.remarks) == ("load test l-0 (steady)", 1_000.0, ())


@pytest.mark.parametrize(
    ("goal", "measured"), [(STATEMENTS, "-58 % (-59 to -57)"), (CACHE_HITS, "82 % (81 to 83)")]
)
def test_statements_and_cache_hits_are_those_of_all_endpoints(goal: Goal, measured: str) -> None:
    found = look(goal, load_test())

    assert (found.judgement, found.measured) == (MET, measured)


def test_an_endpoint_is_judged_by_its_own_target_in_a_run_of_its_domain_alone() -> None:
    found = look(CLIENTS, load_test({"GET /v1/clients": (0.72, 0.05)}, domains=["clients"]))

    assert (found.judgement, found.measured) == (MISSED, "-28 % (-33 to -23)")


def test_without_a_load_test_there_is_no_evidence() -> None:
    assert {look(goal).judgement for goal in (TIME_OF_ALL, CLIENTS, NO_REGRESSION)} == {NO_EVIDENCE}


def test_a_load_test_of_some_domains_is_none_of_all() -> None:
    found = look(TIME_OF_ALL, load_test(domains=["escrows"]))

    assert found.judgement == NO_EVIDENCE
    assert found.remarks == ("there are load tests of escrows, and none of all domains at once",)


def test_a_load_test_through_the_proxy_is_left_aside() -> None:
    assert look(TIME_OF_ALL, load_test(through="shadow")).judgement == NO_EVIDENCE


def test_the_scenario_steady_comes_first_and_another_counts_without_it() -> None:
    steady, spike = load_test(), load_test(scenario="spike")

    assert look(TIME_OF_ALL, spike, steady).by == "load test l-1 (steady)"
    assert look(TIME_OF_ALL, spike).by == "load test l-0 (spike)"


def test_a_partial_run_never_shows_that_a_goal_is_met() -> None:
    alone, beside = look(TIME_OF_ALL, partial()), look(TIME_OF_ALL, partial(), load_test())

    died = ("l-0 is partial and no evidence: the modern backend at http://127.0.0.1:8082 stopped answering",)
    assert (alone.judgement, alone.remarks) == (NO_EVIDENCE, died)
    assert (beside.judgement, beside.by, beside.remarks) == (MET, "load test l-1 (steady)", died)


def test_a_partial_run_may_show_that_a_goal_is_missed() -> None:
    run = load_test({"GET /v1/clients": (0.9, 0.05)}, problem="it died")

    found = look(CLIENTS, run, load_test())

    assert (found.judgement, found.by) == (MISSED, "load test l-0 (steady)")
    assert found.remarks == ("the run is partial: it died",)


def test_a_newer_run_that_is_undecided_is_named_and_takes_nothing_away() -> None:
    undecided = load_test({"GET /v1/clients": (0.61, 0.05)})

    alone, beside = look(CLIENTS, undecided), look(CLIENTS, undecided, load_test())

    assert (alone.judgement, alone.by) == (UNDECIDED, "load test l-0 (steady)")
    assert (beside.judgement, beside.by) == (MET, "load test l-1 (steady)")
    assert beside.remarks == ("l-0, which is newer, is undecided",)


def test_the_newest_run_that_decides_wins() -> None:
    met, missed = load_test(), load_test({"GET /v1/clients": (0.9, 0.05)})

    assert look(CLIENTS, met, missed).judgement == MET
    assert look(CLIENTS, missed, met).judgement == MISSED


@pytest.mark.parametrize(
    ("judged", "word"),
    [
        (judgement(TIME, 0.85, 0.02, 0.9), MISSED),  # a laxer target of the run
        (judgement(TIME, 0.75, 0.02, 0.9), MET),
        (judgement(TIME, 0.80, 0.02, 0.9), UNDECIDED),
        (judgement(TIME, 0.75, 0.02, 0.7), MET),  # a stricter one
        (judgement(TIME, 0.70, 0.02, 0.7), MET),
        (judgement(TIME, 0.60, 0.02, 0.8, judgement=MISSED), MISSED),  # errors speak against it
        (judgement(TIME, 0.60, 0.02, 0.7, judgement=UNDECIDED), UNDECIDED),  # too few blocks
        (LoadJudgement(TIME, 0.8, None, UNDECIDED), UNDECIDED),
        (LoadJudgement(TIME, 0.8, None, MISSED), MISSED),
    ],
)
def test_what_is_judged_is_the_target_of_the_plan(judged: LoadJudgement, word: str) -> None:
    assert by_plan(judged, TIME_OF_ALL) == word


@pytest.mark.parametrize(
    ("value", "target", "word"), [(0.75, 0.5, MET), (0.65, 0.5, MISSED), (0.70, 0.5, UNDECIDED)]
)
def test_of_cache_hits_more_is_better(value: float, target: float, word: str) -> None:
    assert by_plan(judgement(CACHE, value, 0.02, target), CACHE_HITS) == word


def test_another_target_of_the_run_is_told() -> None:
    test = load_test()
    lax = LoadEndpoint("", ALL, test.overall.legacy, test.overall.modern, [judgement(TIME, 0.85, 0.02, 0.9)])

    found = look(TIME_OF_ALL, msgspec.structs.replace(test, overall=lax))

    assert (found.judgement, found.remarks) == (
        MISSED,
        ("judged by the plan's target; that of the run was 0.9",),
    )


def test_no_regression_is_met_when_every_endpoint_is_surely_not_slower() -> None:
    found = look(NO_REGRESSION, load_test())

    assert (found.judgement, found.measured) == (MET, "0 of 12 slower")
    assert found.numbers == {"slower": 0, "broken": 0, "undecided": 0, "endpoints": 12, "unmeasured": 0}


def test_one_endpoint_that_is_slower_in_a_newer_run_of_its_domain_is_one_too_many() -> None:
    found = look(NO_REGRESSION, slower(), load_test())

    assert (found.judgement, found.measured) == (MISSED, "1 of 12 slower")
    assert found.remarks == ("slower: PUT /v1/escrows/{id}",)
    assert found.by == "load tests l-0, l-1"


def test_an_endpoint_that_is_quick_to_answer_otherwise_is_no_slower_one_and_a_miss() -> None:
    test = load_test()
    broken = judgement(NOT_SLOWER, 0.6, 0.1, 1.0, judgement=MISSED, why="2 of 25 requests")
    first = msgspec.structs.replace(test.endpoints[0], judgements=[broken])

    found = look(NO_REGRESSION, msgspec.structs.replace(test, endpoints=[first, *test.endpoints[1:]]))

    assert (found.judgement, found.measured) == (MISSED, "errors at 1 of 12")
    assert found.remarks == ("answered otherwise than recorded: GET /v1/escrows",)


def test_a_newer_run_in_which_it_is_not_slower_any_more_counts() -> None:
    assert look(NO_REGRESSION, load_test(), slower()).judgement == MET


def test_a_domain_without_a_load_test_keeps_no_regression_open() -> None:
    found = look(NO_REGRESSION, load_test(), domains=[*DOMAINS, "leads"])

    assert (found.judgement, found.remarks) == (UNDECIDED, ("no load test of leads",))


def test_an_endpoint_that_may_be_slower_keeps_no_regression_open() -> None:
    found = look(NO_REGRESSION, slower(1.0), domains=["escrows"])

    assert (found.judgement, found.remarks) == (UNDECIDED, ("cannot be told of PUT /v1/escrows/{id}",))


def test_a_margin_that_a_run_has_widened_does_not_count() -> None:
    wide = judgement(NOT_SLOWER, 1.06, 0.02, 1.2)

    assert (wide.judgement, by_plan(wide, NO_REGRESSION)) == (MET, UNDECIDED)


@pytest.mark.parametrize(
    ("test", "word"),
    [
        (averaging(43.0, 90.0), MET),
        (averaging(43.0, 230.0), MISSED),
        (averaging(43.0, 199.0), UNDECIDED),
        (averaging(43.0, users=50), NO_EVIDENCE),
        (load_test(users=100), NO_EVIDENCE),
    ],
)
def test_every_endpoint_is_to_keep_the_average_with_a_hundred_users(test: LoadTest, word: str) -> None:
    assert look(CONCURRENT, test).judgement == word


def test_the_slowest_average_is_told_and_what_is_over_it() -> None:
    found = look(CONCURRENT, averaging(43.0, 230.0, 90.0))

    assert (found.measured, found.numbers["high"]) == ("230 ms (228 to 232)", 232.0)
    assert found.detail.endswith(f" ms over all; that is of the slowest, {TOLD[1].endpoint}, of 3")
    assert found.remarks == (f"over it: {TOLD[1].endpoint}", "too few requests at 9 endpoints")


def test_what_was_not_measured_of_an_endpoint_is_no_evidence() -> None:
    one = row()
    nothing = msgspec.structs.replace(one, judgements=[LoadJudgement(TIME, 0.6, None, UNDECIDED)])

    found = look(TIMES[0], load_test(endpoints=[nothing]))

    assert found == Found()


def test_a_ratio_is_shown_with_its_sign() -> None:
    measured = LoadRatio(1.1, 1.05, 1.15)
    worse = msgspec.structs.replace(row(), judgements=[LoadJudgement(TIME, 0.6, measured, MISSED)])

    assert look(TIMES[0], load_test(endpoints=[worse])).measured == "+10 % (+5 to +15)"
