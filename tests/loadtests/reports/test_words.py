"""What every report of a load test says alike."""

import msgspec
import pytest

from loadtests.reports.words import (
    Judged,
    against_target,
    beside,
    binding,
    by_need,
    deciding,
    errors,
    headline,
    hits,
    measured,
    milliseconds,
    notes,
    pairs_needed,
    partial,
    place,
    remedies,
    remedy,
    scenario,
    unmet,
)
from parity.load_results import (
    CACHE,
    MISSED,
    NOT_SLOWER,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadJudgement,
    LoadRatio,
    LoadTest,
)
from tests.parity import load_results_factory as made
from tests.parity.load_results_factory import average, judgement, load_test, mixed, no_side, side, unmeasured


@pytest.fixture(scope="module")
def missed() -> LoadTest:
    return mixed()


def test_met_says_by_how_much() -> None:
    assert headline(load_test()) == (
        "Met: modern answers in 0.59 of legacy's time, issues 0.42 of its queries, 82.0 % of cache lookups hit; "
        "19 binding targets met."
    )


def test_missed_says_of_how_many_and_the_first_with_its_numbers(missed: LoadTest) -> None:
    assert headline(missed) == (
        "Missed: 2 of 19 binding targets, 1 undecided. PUT /v1/escrows/{id}: not slower 1.14 (1.08-1.20), target at most 1.00 and a "
        "margin; and 1 more."
    )


def test_missed_for_answers_that_are_wrong_says_so() -> None:
    why = "3 of 620 requests to modern were answered otherwise than recorded: 3 with status 500"
    wrong = msgspec.structs.replace(
        load_test().overall, judgements=[judgement(TIME, judgement=MISSED, binding=True, why=why)]
    )

    said = headline(load_test(overall=wrong, endpoints=[], judgement=MISSED))

    assert said == (
        f"Missed: 1 of 1 binding target. All endpoints: response time 0.60 (0.56-0.64), target at most 0.80 ({why})."
    )


def test_undecided_says_what_would_decide_and_how_long_that_takes() -> None:
    open_one = judgement(TIME, 0.79, 0.05, binding=True, blocks_needed=14)
    overall = msgspec.structs.replace(load_test().overall, judgements=[open_one])

    test = load_test(overall=overall, endpoints=[], judgement=UNDECIDED)

    assert pairs_needed(test) == 14
    assert headline(test) == (
        "Undecided: 1 of 1 binding target; 14 more pairs of blocks (about 3 min) would decide."
    )


def test_undecided_without_a_number_promises_nothing() -> None:
    overall = msgspec.structs.replace(
        load_test().overall, judgements=[judgement(TIME, 0.79, 0.05, binding=True)]
    )

    said = headline(load_test(overall=overall, endpoints=[], judgement=UNDECIDED))

    assert said.endswith("more time or a quieter machine may tell.")


def test_a_run_that_is_not_whole_is_never_met() -> None:
    test = made.partial()

    assert headline(test).startswith("Undecided: the run is not whole")
    assert partial(test) == (
        "PARTIAL: the modern backend at http://127.0.0.1:8082 stopped answering; 9 of 24 blocks went through."
    )
    assert partial(load_test()) == ""


def test_a_run_without_binding_targets_is_undecided() -> None:
    test = load_test(overall=unmeasured("", "all endpoints"), by_domain=[], endpoints=[], judgement=UNDECIDED)

    assert binding(test) == []
    assert headline(test) == "Undecided: nothing was measured that a binding target could be judged by."


def test_what_binds_comes_first_among_what_is_not_met_and_the_missed_before_the_undecided(
    missed: LoadTest,
) -> None:
    found = [
        (one.judgement.binding, one.judgement.judgement, one.place, one.measure) for one in unmet(missed)
    ]

    assert found == [
        (True, "missed", "PUT /v1/escrows/{id}", "not slower"),
        (True, "missed", "GET /v1/clients", "response time"),
        (True, "undecided", "POST /v1/escrows", "response time"),
        (False, "missed", "PUT /v1/escrows/{id}", "response time"),
        (False, "undecided", "DELETE /v1/escrows/{id}", "response time"),
    ]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (judgement(TIME, 0.6, 0.04), "0.60 (0.56-0.64), target at most 0.80"),
        (judgement(QUERIES, 0.4, 0.0, 0.7), "0.40, target at most 0.70"),
        (judgement(CACHE, 0.812, 0.02, 0.7), "81.2 % (79.2-83.2), target at least 70.0 %"),
        (judgement(NOT_SLOWER, 0.9, 0.02, 1.0), "0.90 (0.88-0.92), target at most 1.00 and a margin"),
        (
            judgement(CACHE, 0.05, target=0.7, measured=LoadRatio(0.05, -0.074, 1.188)),
            "5.0 % (0.0-100.0), target at least 70.0 %",
        ),
        (
            judgement(measured=LoadRatio(0.63, 0.0000001, 177_959_060.2)),
            "0.63 (0.00-over 99), target at most 0.80",
        ),
        (average(43.0), "43.0 ms (41.0-45.0), target at most 200 ms"),
        (judgement(measured=None, judgement=UNDECIDED), "not measured, target at most 0.80"),
        (judgement(measured=None, why="too few"), "not measured (too few), target at most 0.80"),
    ],
)
def test_a_measure_has_its_interval_and_its_target(one: LoadJudgement, text: str) -> None:
    assert against_target(one) == text


def test_what_would_decide_is_said_where_it_is_known(missed: LoadTest) -> None:
    known = judgement(TIME, 0.79, 0.05, blocks_needed=1, why="the interval holds the target")

    assert remedy(known, missed) == (
        "the interval holds the target; 1 more pair of blocks (about 12 s) would decide it"
    )
    assert remedy(judgement(), missed) == ""
    assert (
        remedy(known, load_test(blocks=[]))
        == "the interval holds the target; 1 more pair of blocks would decide it"
    )


def test_what_would_decide_is_not_said_twice_of_a_row(missed: LoadTest) -> None:
    row, other = missed.endpoints[:2]
    wrong = judgement(judgement=MISSED, why="3 of 620 requests were answered otherwise than recorded")

    said = remedies([Judged(row, wrong), Judged(row, wrong), Judged(other, wrong)], missed)

    assert said == [wrong.why, "", wrong.why]


def test_a_row_says_its_worst_judgement_and_of_what(missed: LoadTest) -> None:
    said = {row.endpoint: deciding(row) for row in missed.endpoints}

    assert said["PUT /v1/escrows/{id}"] == "missed: response time, not slower"
    assert said["POST /v1/escrows"] == "undecided: response time"
    assert said["GET /v1/escrows"] == "met"
    assert deciding(missed.cold[0]) == ""
    (seldom,) = [row for row in missed.endpoints if row.endpoint == "POST /v1/escrows"]
    assert deciding(msgspec.structs.replace(seldom, extra=True)) == "undecided: response time, by extra pairs"
    assert [row.endpoint for row in by_need(missed.endpoints)][:4] == [
        "PUT /v1/escrows/{id}",
        "GET /v1/clients",
        "DELETE /v1/escrows/{id}",
        "POST /v1/escrows",
    ]


def test_rows_that_sum_up_say_of_what(missed: LoadTest) -> None:
    assert [place(row) for row in (missed.overall, *missed.by_domain)] == [
        "all endpoints",
        "all of escrows",
        "all of listings",
        "all of clients",
    ]


def test_shares_have_their_denominators() -> None:
    assert hits(side(cache_hits=82, cache_lookups=100)) == "82% of 100"
    assert errors(side(requests=400, errors=3)) == "3 of 412 (0.73%)"
    assert errors(side(requests=400)) == "0 of 412"


def test_what_was_not_measured_is_a_dash_and_never_zero() -> None:
    nothing = unmeasured()

    assert (hits(no_side()), milliseconds(None), measured(None)) == ("-", "-", "-")
    assert beside(nothing) == "p99 - ms, 0.0 → 0.0 requests/s, database - ms a request"
    assert "CPU and memory were not measured" in " ".join(notes(load_test(processes=[])))


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (5.26, "5.3"), (99.94, "99.9"), (1234.5, "1,234"), (0.0, "0.00")]
)
def test_times_have_about_three_digits(value: float, text: str) -> None:
    assert milliseconds(value) == text


def test_notes_say_what_a_reader_must_know() -> None:
    late = msgspec.structs.replace(load_test().overall, modern=side(requests=400, late=0.2))
    left_out = {f"journey {number}": "succeeds only once" for number in range(7)}
    test = load_test(
        overall=late, workload="closed", stopped="everything is decided", left_out=left_out, notes=["own"]
    )

    said = "\n".join(notes(test))

    assert "20.0% of 412 requests to modern were sent late" in said
    assert "coordinated omission" in said
    assert "Ended early: everything is decided." in said
    assert "Left out (7): journey 0 (succeeds only once)" in said
    assert "and 2 more." in said
    assert "\nown\n" in said
    assert "2 cores, 7.8 GiB, Linux 6.1, Python 3.11.2, Crossfade 0.1.0." in said


def test_the_load_is_named_with_its_shape_and_its_way() -> None:
    assert scenario(load_test()) == "steady (open, 60 requests a second, 20 users), direct"
    through = load_test(workload="closed", rate_rps=None, users=1, through="shadow")
    assert scenario(through) == "steady (closed, 1 user), through the proxy at shadow"


def test_what_was_not_measured_is_no_answer_to_whether_it_is_not_slower() -> None:
    row = load_test().overall
    found = judgement(NOT_SLOWER, 0.9, 0.02, 1.0)

    said = [Judged(row, one).said for one in (found, msgspec.structs.replace(found, measured=None))]

    assert said == [
        "not slower 0.90 (0.88-0.92), target at most 1.00 and a margin",
        "not slower: not measured, target at most 1.00 and a margin",
    ]
