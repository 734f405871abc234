"""What was compared, what failed, and how long rollbacks took."""

import json
from dataclasses import replace

import pytest

from loadtests.bench.flag_changes import CASES, measurements_of
from loadtests.bench.flips import Flips
from loadtests.scorecard.card import NO_EVIDENCE, Found
from loadtests.scorecard.of_traffic import (
    Compared,
    Counted,
    Rollback,
    compared_in,
    compared_in_ready,
    counted_by_proxy,
    counted_in_flips,
    counted_under_load,
    of_compared,
    of_failed,
    of_flip_times,
    of_rollbacks,
    of_rollbacks_under_load,
    strongest,
)
from parity.coverage import Requirement, cover
from parity.load_results import MET, MISSED, UNDECIDED
from parity.outcome import Outcome
from parity.tally import Tally
from tests.loadtests.bench.support import shot
from tests.loadtests.test_ready_result import TALLY, result
from tests.parity.factories import DETAIL
from tests.parity.test_verdict_text import verdict

CLEAN = Compared("escrows", 100.0, 4_000, 30, 0, 0.0008)
DIFFERING = Compared("leads", 90.0, 1_000, 0, 3, 0.009)


def test_endpoints_are_unchanged_when_nothing_differs_and_enough_was_compared_of_all() -> None:
    found = of_compared(
        [CLEAN, replace(CLEAN, domain="leads", upper=0.001)], ["escrows", "leads"], "verdicts"
    )

    assert (found.judgement, found.measured) == (MET, "0 unaccepted")
    assert found.detail == "of 8,000 comparisons, in no domain more than 0.10%"
    assert (found.by, found.at, found.remarks) == ("verdicts", 100.0, ("60 differ only as accepted",))


def test_a_difference_that_nobody_accepted_is_a_miss_wherever_it_is() -> None:
    found = of_compared([CLEAN, DIFFERING], ["escrows", "leads"], "verdicts")

    assert (found.judgement, found.measured) == (MISSED, "3 unaccepted")
    assert found.remarks[0] == "differ: leads (3)"


@pytest.mark.parametrize(
    ("domains", "lacks", "remark"),
    [
        (["escrows", "leads"], "", "nothing was compared of leads"),
        (["escrows"], "2 required cells", "not enough of escrows (2 required cells)"),
    ],
)
def test_too_little_is_undecided(domains: list[str], lacks: str, remark: str) -> None:
    found = of_compared([replace(CLEAN, lacks=lacks, accepted=0)], domains, "verdicts")

    assert (found.judgement, found.remarks) == (UNDECIDED, (remark,))


def test_without_comparisons_there_is_no_evidence() -> None:
    assert of_compared([replace(CLEAN, comparisons=0)], ["escrows"], "verdicts") == Found()


def test_from_when_on_it_was_counted_is_told() -> None:
    found = of_compared([replace(CLEAN, accepted=0, since=60.0)], ["escrows"], "verdicts")

    assert found.remarks == ("counted since 1970-01-01 00:01:00 UTC",)


def test_what_make_ready_wrote_says_the_same_as_the_verdict_that_it_was_written_of() -> None:
    one = verdict()
    (written,) = result(one).to_json()["domains"]

    assert compared_in_ready(json.loads(json.dumps(written))) == replace(
        compared_in(one), accepted=TALLY.outcomes[Outcome.ACCEPTED]
    )


def test_what_is_missing_is_told_with_its_number() -> None:
    lacking = verdict(tally=Tally(outcomes={Outcome.MATCH: 20}), coverage=cover({}, [Requirement(DETAIL)]))

    comparisons, _, cells = compared_in(lacking).lacks.partition(" comparisons and ")

    assert int(comparisons.replace(",", "")) > 20
    assert cells == "1 required cell"


def test_a_miss_is_stronger_than_what_is_met_and_that_than_what_is_open() -> None:
    founds = [Found(), Found(UNDECIDED), Found(MET), Found(MISSED)]

    assert [strongest(founds[: last + 1]).judgement for last in range(4)] == [
        NO_EVIDENCE,
        UNDECIDED,
        MET,
        MISSED,
    ]
    assert strongest([]) == Found()


def test_a_request_that_failed_anywhere_is_one_too_many() -> None:
    proxy = counted_by_proxy({"escrows": Tally(requests=500, failed=1), "": Tally(requests=10)})
    flips = Counted(4_000, 0, "over 10 flips under load", "build/bench-flags.json", 7.0)

    found = of_failed([proxy, flips])

    assert (found.judgement, found.measured) == (MISSED, "1 of 4,510")
    assert found.detail == "1 of 510 through the proxy; 0 of 4,000 over 10 flips under load"
    assert of_failed([flips]) == Found(
        MET,
        "0 of 4,000",
        "over 10 flips under load",
        {"failed": 0, "requests": 4_000},
        "build/bench-flags.json",
        7.0,
    )


def test_requests_that_nobody_sent_are_no_evidence() -> None:
    assert of_failed([counted_by_proxy({})]) == Found()


def test_what_make_bench_flags_writes_is_understood() -> None:
    written = [
        {"name": one.name, "value": one.value}
        for one in measurements_of(
            {CASES[0]: Flips((8.0, 9.0), shot()), CASES[1]: Flips((30.0, 50.0), shot())}
        )
    ]

    counted, times = counted_in_flips(written, "file", 7.0), of_flip_times(written, "file", 7.0)

    assert counted is not None
    assert (counted.requests > 0, counted.what) == (True, "over 4 flips under load")
    assert (times.judgement, times.measured) == (MET, "50 ms (p99)")
    assert counted_in_flips([], "file", 7.0) is None
    assert of_flip_times([], "file", 7.0) == Found()


def test_rollbacks_are_judged_by_the_slowest_that_somebody_waited_for() -> None:
    rollbacks = [Rollback(9, 90.0, 40.0), Rollback(7, 70.0, None), Rollback(5, 50.0, 80.0)]

    found = of_rollbacks(rollbacks)

    assert (found.judgement, found.measured) == (MET, "80 ms at most")
    assert found.detail == "median 60 ms of 2 rollbacks, until every proxy worker served it"
    assert (found.by, found.at) == ("ledger, versions 5 to 9", 90.0)
    assert found.remarks == ("1 other nobody waited for",)


def test_a_rollback_that_took_longer_than_a_second_is_a_miss() -> None:
    assert of_rollbacks([Rollback(9, 90.0, 1_200.0)]).judgement == MISSED


def test_what_loadtest_proxy_tells_of_its_flips_is_understood() -> None:
    made = [{"rolled_back": False, "ms": 900.0}, {"rolled_back": True, "ms": 60.0}]
    flips = {"figures": {"sent": 500, "failed": 0}, "made": made}

    counted, times = counted_under_load(flips, "file", 7.0), of_rollbacks_under_load(flips, "file", 7.0)

    assert counted == Counted(500, 0, "while stages changed 2 times under load", "file", 7.0)
    assert (times.judgement, times.measured, times.by) == (MET, "60 ms at most", "file")
    assert of_rollbacks_under_load(flips | {"made": made[:1]}, "file", 7.0) == Found()


def test_rollbacks_that_nobody_waited_for_are_no_evidence() -> None:
    found = of_rollbacks([Rollback(9, 90.0, None)])

    assert found.judgement == NO_EVIDENCE
    assert found.remarks == ("1 rollback in the ledger, and nobody waited for any worker",)
    assert of_rollbacks([]) == Found()
