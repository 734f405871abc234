"""What a report counts."""

import pytest

from parity.outcome import Aside, Outcome
from parity.tally import Balance, Costs, Tally, costs_json, tally_json, tally_of


def test_rows_of_the_store_become_a_tally() -> None:
    tally = tally_of(
        [
            ("requests", "", 10),
            ("mirrored", "", 8),
            ("not_mirrored", "stage", 1),
            ("not_mirrored", "sampled_out", 1),
            ("match", "", 5),
            ("mismatch", "", 1),
            ("error", "modern_refused", 1),
            ("error", "modern_broken", 1),
            ("confirmations", "persisted", 1),
            ("noise_checks", "same", 2),
            ("noise_checks", "differed", 1),
            ("something_new", "", 9),
        ]
    )

    assert (tally.requests, tally.mirrored, tally.total, tally.compared, tally.not_compared) == (
        10,
        8,
        8,
        6,
        2,
    )
    assert tally.not_mirrored == {"stage": 1, "sampled_out": 1}
    assert tally.reasons == {Outcome.ERROR: {"modern_refused": 1, "modern_broken": 1}}
    assert tally.asides == {
        Aside.CONFIRMATIONS: {"persisted": 1},
        Aside.NOISE_CHECKS: {"same": 2, "differed": 1},
    }
    assert tally.mismatch_rate == pytest.approx(1 / 6)


def test_without_comparisons_there_is_no_rate() -> None:
    assert Tally().mismatch_rate is None


@pytest.mark.parametrize(
    ("balance", "off_by", "balanced"),
    [
        (Balance(), 0, True),
        (Balance(mirrored=5, outcomes=3, in_flight=2), 0, True),
        (Balance(mirrored=5, outcomes=3), 2, False),
        (Balance(mirrored=5, outcomes=6), -1, False),
        (Balance(mirrored=5, outcomes=3, lost=2), 0, False),
    ],
)
def test_the_books_balance_when_every_mirrored_request_is_accounted_for(
    balance: Balance, off_by: int, *, balanced: bool
) -> None:
    assert (balance.off_by, balance.balanced) == (off_by, balanced)


def test_ratios_need_something_to_divide_by() -> None:
    assert (Costs().duration_ratio, Costs().query_ratio) == (None, None)
    costs = Costs(n=2, legacy_s=0.02, modern_s=0.01, query_n=2, legacy_queries=4, modern_queries=3)
    assert (costs.duration_ratio, costs.query_ratio) == (0.5, 0.75)


def test_mismatches_that_nobody_asked_again_are_summed() -> None:
    tally = tally_of([("mismatch", "", 5), ("unconfirmed", "rate", 2), ("unconfirmed", "busy", 1)])

    assert (tally.mismatches, tally.unconfirmed, tally.total) == (5, 3, 5)
    assert Tally().unconfirmed == 0


def test_as_json_every_outcome_is_there_and_what_is_counted_beside_them() -> None:
    values = tally_json(Tally(asides={Aside.UNCONFIRMED: {"rate": 2}}))

    assert set(values["outcomes"]) == {outcome.value for outcome in Outcome}
    assert [values[aside.value] for aside in Aside] == [{}, {"rate": 2}, {}, {}, {}]
    assert costs_json(Costs())["duration_ratio"] is None
