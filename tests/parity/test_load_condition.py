"""The load test as a condition of a verdict: met holds, undecided is missing, missed is wrong."""

from pathlib import Path
from typing import Any

import pytest

from parity.conditions import Condition, Standing
from parity.database import open_database
from parity.load_condition import deciding, load_test
from parity.load_results import ALL, MET, MISSED, QUERIES, TIME, UNDECIDED, LoadEndpoint, LoadTest
from parity.load_tests import KeptLoadTest, LoadTests
from parity.verdict_limits import VerdictLimits
from tests.parity.load_results_factory import (
    MAY_MEET,
    MISSED_BY,
    judgement,
    small_row,
    small_test,
    unmeasured,
)

AT = 1_800_000_000.0
DAY = 86_400.0
REQUIRED = VerdictLimits(require_load_test=True)


def condition(
    test: LoadTest, domain: str = "escrows", limits: VerdictLimits | None = None, *, days: float = 3
) -> Condition | None:
    kept = KeptLoadTest("l-12345678", AT, "olivia", test)
    return load_test(kept, domain, limits or VerdictLimits(), now=AT + days * DAY)


def test_one_that_met_its_targets_holds_with_its_numbers_its_id_and_its_age() -> None:
    found = condition(small_test())

    assert found == Condition(
        "load test",
        Standing.HOLDS,
        "l-12345678 (steady, 20 users, 3 d ago): met: time 0.57 (0.52 to 0.61), wanted 0.8 at most; queries 0.40 "
        "(0.40 to 0.40), wanted 0.7 at most; cache hits 80% (78% to 82%), wanted 70% at least",
    )


@pytest.mark.parametrize(
    ("row", "standing", "text"),
    [
        ({"time": MAY_MEET}, Standing.MISSING, "undecided: time 0.72 (0.52 to 0.93), wanted 0.8 at most"),
        ({"time": MISSED_BY}, Standing.WRONG, "missed: time 1.20 (1.10 to 1.30), wanted 0.8 at most"),
        ({"queries": 0.9}, Standing.WRONG, "missed: queries 0.90 (0.90 to 0.90), wanted 0.7 at most"),
        (
            {"time": MAY_MEET, "queries": 0.9},
            Standing.WRONG,
            "missed: queries 0.90 (0.90 to 0.90), wanted 0.7 at most",
        ),
    ],
)
def test_what_is_wrong_is_told_before_what_is_undecided(
    row: dict[str, Any], standing: Standing, text: str
) -> None:
    found = condition(small_test(overall=small_row(**row)))

    assert found is not None
    assert (found.standing, found.text.partition("ago): ")[2]) == (standing, text)


def test_one_endpoint_that_became_slower_is_wrong_and_named() -> None:
    rows = [small_row("GET /v1/escrows"), small_row("PUT /v1/escrows/{id}", time=MISSED_BY)]

    found = condition(small_test(endpoints=rows))

    assert found is not None
    assert found.standing is Standing.WRONG
    assert found.text.endswith("missed: time of PUT /v1/escrows/{id} 1.20 (1.10 to 1.30), wanted 1 at most")


def test_a_target_of_an_endpoint_that_binds_is_asked_and_an_undecided_one_that_does_not_is_not() -> None:
    bound = judgement("time", 0.6, 0.1, judgement=UNDECIDED, binding=True)
    row = small_row("PUT /v1/escrows/{id}")
    own = LoadEndpoint("escrows", row.endpoint, row.legacy, row.modern, [bound])

    binds, does_not = (
        condition(small_test(endpoints=[one])) for one in (own, small_row(own.endpoint, MAY_MEET))
    )

    assert binds is not None
    assert binds.standing is Standing.MISSING
    assert binds.text.endswith(
        "undecided: time of PUT /v1/escrows/{id} 0.60 (0.50 to 0.70), wanted 0.8 at most"
    )
    assert does_not is not None
    assert does_not.standing is Standing.HOLDS


def test_the_rows_of_another_domain_decide_nothing() -> None:
    test = small_test(
        domains=["escrows", "leads"],
        judgement=MISSED,
        overall=small_row(domain="", time=MISSED_BY),
        by_domain=[small_row(), small_row(domain="leads", time=MISSED_BY)],
        endpoints=[small_row("GET /v1/escrows"), small_row("GET /v1/leads", domain="leads", time=MISSED_BY)],
    )

    own, others, nobodys = (condition(test, name) for name in ("escrows", "leads", "listings"))

    assert own is not None
    assert others is not None
    assert (own.standing, others.standing, nobodys) == (Standing.HOLDS, Standing.WRONG, None)


def test_what_decides_nothing_is_not_asked_and_what_binds_is() -> None:
    loose = small_row()
    aside = judgement("average", 240.0, 10.0)
    bound = judgement("average", 240.0, 10.0, binding=True)

    found = [
        condition(
            small_test(overall=type(loose)(ALL, "", loose.legacy, loose.modern, [*loose.judgements, one]))
        )
        for one in (aside, bound)
    ]

    assert [one and one.standing for one in found] == [Standing.HOLDS, Standing.WRONG]


def test_nothing_measured_is_missing() -> None:
    found = condition(small_test(overall=unmeasured("", ALL, (TIME, QUERIES)), endpoints=[]))

    assert found is not None
    assert found.standing is Standing.MISSING
    assert found.text.endswith("undecided: time not measured; queries not measured")


def test_an_old_one_is_none_and_none_is_missing_only_where_it_must_be_there() -> None:
    young, old = condition(small_test(), days=30), condition(small_test(), days=31)

    assert young is not None
    assert old is None
    assert condition(small_test(), limits=REQUIRED, days=31) == Condition(
        "load test",
        Standing.MISSING,
        "that of l-12345678 is 31 d old, wanted 30 d at most: crossfade loadtest --domain escrows",
    )
    assert load_test(None, "escrows", VerdictLimits(), now=AT) is None
    assert load_test(None, "escrows", REQUIRED, now=AT) == Condition(
        "load test", Standing.MISSING, "none yet: crossfade loadtest --domain escrows"
    )


def test_the_latest_whole_steady_one_that_went_to_the_backends_decides(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    tests = LoadTests(engine)
    nothing = deciding(engine, "escrows")
    tests.add(small_test(), "olivia")
    wanted = tests.add(small_test(domains=["leads", "escrows"], judgement=MET), "olivia")
    for others in (
        {"scenario": "smoke"},
        {"through": "shadow"},
        {"problem": "modern stopped"},
        {"domains": ["leads"]},
    ):
        tests.add(small_test(**others), "olivia")

    found = deciding(engine, "escrows")
    engine.dispose()

    assert nothing is None
    assert found is not None
    assert found.id == wanted
