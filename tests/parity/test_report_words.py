"""The sentences and numbers of a report."""

import pytest

from parity.causes import Cause
from parity.members import ClientCount
from parity.outcome import Aside, Kind, Outcome
from parity.report import Report
from parity.report_words import (
    ASIDES,
    KINDS,
    MEANINGS,
    accepted_line,
    alarm,
    asides,
    balance_line,
    books,
    cause_sentence,
    checks_line,
    clients_line,
    comparing_line,
    count,
    duration,
    fleeting_meaning,
    headline,
    milliseconds,
    moment,
    noise_meaning,
    of_check,
    percent,
    ratio,
    reasons,
    remarks,
    share_of,
    subject,
    sum_line,
)
from parity.tally import Balance, Tally
from tests.parity.reports import accepted_as, fleeting, group, noisy, report, sample, together


def of(balance: Balance | None = None, **outcomes: int) -> Report:
    tally = Tally(
        mirrored=sum(outcomes.values()), outcomes={Outcome(name): n for name, n in outcomes.items()}
    )
    return report(tally=tally, balance=balance or Balance(), groups=(group(),))


def test_every_outcome_and_kind_has_its_words() -> None:
    assert set(ASIDES) == set(Aside)
    assert set(MEANINGS) == set(Outcome)
    assert set(KINDS) == set(Kind)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (of(), "Nothing has been compared yet."),
        (of(error=3), "Nothing has been compared yet."),
        (of(match=1), "The one comparison agrees."),
        (of(match=1_204), "All 1,204 comparisons agree."),
        (of(match=1_201, mismatch=3), "3 of 1,204 comparisons differ, in 1 group at 1 endpoint."),
        (of(mismatch=1), "1 of 1 comparison differs, in 1 group at 1 endpoint."),
    ],
)
def test_the_headline_is_the_verdict(found: Report, expected: str) -> None:
    assert headline(found) == expected


def test_remarks_say_which_mismatches_could_not_be_confirmed() -> None:
    tally = Tally(
        outcomes={Outcome.MISMATCH: 17}, asides={Aside.UNCONFIRMED: {"rate": 12, "legacy_timeout": 2}}
    )

    assert remarks(report(tally=tally)) == [
        "14 of 17 mismatches could not be confirmed: rate 12, legacy timeout 2."
    ]


def test_what_asking_again_brought_is_said_by_name() -> None:
    tally = Tally(asides={Aside.CONFIRMATIONS: {"moved": 2, "persisted": 3}, Aside.NOISE_CHECKS: {"same": 9}})

    assert asides(tally) == [("confirmations", "persisted 3, moved 2"), ("noise checks", "same 9")]


def test_what_becomes_of_a_noisy_path_is_said() -> None:
    said = [noise_meaning(one) for one in (noisy(), noisy(differed=2), noisy(other_shape=1))]

    assert said == [
        "compared by shape, where no rule says otherwise",
        "no noise yet: 3 of 10 and 20% are wanted",
        "differs in more than its value: compared as before, wants a rule",
    ]


def test_remarks_say_what_was_not_compared() -> None:
    assert remarks(of(match=3, accepted=2, error=1, timeout=2)) == [
        "2 comparisons differ only as accepted.",
        "3 mirrored requests were not compared: 1 error, 2 timeout.",
    ]
    assert remarks(of(match=1, accepted=1, shed=1)) == [
        "1 comparison differs only as accepted.",
        "1 mirrored request was not compared: 1 shed.",
    ]


def test_nothing_mirrored_says_when_there_would_be_something() -> None:
    assert remarks(of()) == ["No request has been mirrored: a domain is mirrored from stage shadow to live."]


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        (Balance(mirrored=3, outcomes=1), "2 mirrored requests without an outcome"),
        (Balance(mirrored=1, outcomes=2), "1 outcome without a mirrored request"),
        (Balance(mirrored=1, lost=1), "1 exchange lost in proxy workers that ended without handing over"),
    ],
)
def test_an_imbalance_is_the_first_remark(balance: Balance, expected: str) -> None:
    found = of(balance, match=1)

    assert remarks(found)[0] == alarm(balance)
    assert expected in alarm(balance)


def test_the_balance_is_an_equation() -> None:
    assert balance_line(Balance(5, 3, 2)) == "5 mirrored = 3 outcomes + 2 in flight"
    assert balance_line(Balance(5, 3, 0, 1)) == "5 mirrored ≠ 3 outcomes + 0 in flight + 1 lost"


def test_the_books_leave_out_what_did_not_happen() -> None:
    tally = Tally(fallback=1, asides={Aside.NOISE_CHECKS: {"same": 9}})
    quiet, busy = report(tally=Tally()), report(tally=tally)

    assert [name for name, _ in books(quiet)] == ["requests", "outcomes", "balance"]
    rows = books(busy, mirrored=[("mirrored", "0")], by_reason=[("  shed", "2 queue")])
    assert [name for name, _ in rows] == [
        "requests", "mirrored", "fallback", "outcomes", "  shed", "noise checks", "balance",
    ]  # fmt: skip
    assert dict(rows)["fallback"] == "1 read answered by legacy because modern failed"


def test_the_sum_leaves_zeroes_out() -> None:
    assert sum_line(of(match=3, accepted=0, mismatch=1)) == "3 match + 1 mismatch = 4"
    assert sum_line(of()) == "0 = 0"


def test_numbers_are_written_for_people() -> None:
    assert (count(1, "group"), count(1_204, "group"), count(2, "box", "boxes")) == (
        "1 group",
        "1,204 groups",
        "2 boxes",
    )
    assert [percent(value) for value in (None, 0.0, 1.0, 0.000001, 0.99999999, 0.1234)] == [
        "-",
        "0%",
        "100%",
        "0.01%",
        "99.99%",
        "12.34%",
    ]
    assert (ratio(None), ratio(0.5)) == ("-", "0.50x")
    assert [milliseconds(value) for value in (0.00123, 0.0456, 0.789)] == ["1.23", "45.6", "789"]
    assert [duration(value) for value in (90, 900, 7_200, 604_800, 0.5)] == [
        "90 s",
        "15 min",
        "2 h",
        "7 d",
        "0.5 s",
    ]
    assert moment(1_795_432_411.3) == "2026-11-23 11:13:31 UTC"
    assert (
        reasons([("stage", 3), ("sampled_out", 84), ("", 1)]) == "sampled out 84, stage 3, no reason given 1"
    )


def test_the_subject_names_domain_and_span() -> None:
    assert subject(report(domain="escrows", since_s=900)).startswith("escrows · last 15 min · 2026-")
    assert subject(report()).startswith("all domains · since the beginning · ")


def test_a_share_has_its_denominator() -> None:
    assert share_of(group()) == "0.25% of 1,204"
    assert share_of(group(compared=0)) == ""


def test_clients_are_named_by_the_beginnings_of_their_tokens_and_counts_that_are_sure() -> None:
    many = together().groups[0]
    few = group(clients=(ClientCount("4f1c", 3),), client_n=1)

    assert clients_line(many) == "70 or more: 4f1c09aa (9), 9a0d (at least 3), …"
    assert clients_line(few) == "1: 4f1c (3)"
    assert clients_line(group()) == ""


def test_a_place_says_its_rule_or_that_there_is_none() -> None:
    assert comparing_line(group()) == "by value, no rule holds here"
    assert comparing_line(together().groups[0]) == "by shape: made anew (* $.data.total)"


def test_an_acceptance_says_who_answers_for_it_and_until_when() -> None:
    assert accepted_line(accepted_as()) == "prices as text (crm, until 2027-01-31)"


def test_a_group_of_write_checks_names_the_writes() -> None:
    writes = ("POST /v1/escrows", "PUT /v1/escrows/{id}")

    assert checks_line(group()) == ""
    assert checks_line(group(n=40, checks=12, writes=writes)) == (
        "POST /v1/escrows, PUT /v1/escrows/{id} (12 of 40 exchanges)"
    )
    assert checks_line(group(n=40, checks=12)) == "writes of which no sample is left (12 of 40 exchanges)"


def test_a_cause_says_how_many_exchanges_were_looked_at() -> None:
    exact = Cause("GET /", ("a", "b", "c", "d"), "$.a", 120, 124, exact=True)

    assert cause_sentence(exact) == "These 4 groups are in the same 120 of 124 exchanges: probably one cause."
    assert cause_sentence(together().causes[0]) == (
        "These 2 groups are in the same 60 of 64 exchanges (64 drawn at random): probably one cause."
    )


def test_remarks_say_that_rows_were_not_compared_and_why() -> None:
    found = report(tally=Tally(asides={Aside.ROWS: {"no_database": 3, "compared": 1}}))

    assert "3 rows of rehearsed writes were not compared: write_checks.database is not set." in remarks(found)
    assert not any("rehearsed" in one for one in remarks(report(tally=Tally())))


def test_a_sample_says_which_write_it_checks_and_how() -> None:
    write = "PUT /v1/escrows/{id}"

    assert of_check(sample(write=write, write_check="read_back")) == f", checks {write}"
    assert of_check(sample(write=write, write_check="rehearse")) == f", checks {write} by a rehearsal"
    assert of_check(sample()) == ""


def test_a_fleeting_path_says_what_it_is_taken_for() -> None:
    assert fleeting_meaning(fleeting()).startswith("comes and goes")
    assert fleeting_meaning(fleeting(n=2)) == "seen too seldom to call it a fault: 3 times are wanted"
    assert fleeting_meaning(fleeting(n=1)) == "not in more than 0.10%: may be chance"
