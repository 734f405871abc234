"""The verdict read from a store: what counts, for which domain, since when, and what it comes to."""

import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from parity.conditions import Standing
from parity.coverage import Requirement
from parity.exchange import Count, Endpoint, Exchange
from parity.load_results import MISSED
from parity.load_tests import KeptLoadTest
from parity.redact import Redactor
from parity.store import ParityStore
from parity.verdict import Readiness, Verdict, build_verdict
from parity.verdict_limits import VerdictLimits
from tests.parity import factories
from tests.parity.factories import DETAIL, LIST, batch, exchange, observation
from tests.parity.load_results_factory import MISSED_BY, small_row, small_test
from tests.parity.test_verdict_conditions import Trials

NOW = 1_795_000_040.0
ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("escrows", "POST", "/v1/escrows"),
    Endpoint("leads", "GET", "/v1/leads"),
)
LIMITS = VerdictLimits(max_rate=0.1, min_comparisons=20, require_writes=False)


def record(engine: sa.Engine, *exchanges: Exchange, at: float = NOW, seq: int = 1) -> None:
    factories.record(ParityStore(engine, Redactor(b"key")), batch(*exchanges, seq=seq), at)


def verdict(engine: sa.Engine, **changes: Any) -> Verdict:
    fields: dict[str, Any] = {"limits": LIMITS, "self_test": Trials(), "now": NOW}
    return build_verdict(engine, "escrows", ENDPOINTS, **(fields | changes))


def names(found: Verdict, standing: Standing) -> list[str]:
    return [condition.name for condition in found.domain.standing(standing)]


def enough() -> list[Exchange]:
    """As many clean exchanges at both reads as the limits ask for."""
    quick = observation(duration_s=0.008, query_count=2)
    return [exchange(None, quick, endpoint=name) for name in (LIST, DETAIL) for _ in range(40)]


def test_an_empty_store_is_not_yet_and_says_everything_that_is_missing(engine: sa.Engine) -> None:
    found = verdict(engine, self_test=None)

    assert found.readiness is Readiness.NOT_YET
    assert names(found, Standing.MISSING) == [
        "coverage",
        "comparisons",
        "mismatch rate",
        "latency",
        "self-test",
    ]
    assert [row.name for row in found.endpoints] == [LIST, DETAIL]


def test_a_domain_is_ready_once_enough_was_compared(engine: sa.Engine) -> None:
    record(engine, *enough())

    found = verdict(engine)

    assert found.is_ready
    assert found.domain.rate.comparisons == 80
    assert found.domain.latency is not None
    assert found.domain.latency.value == pytest.approx(0.8)
    assert found.domain.queries is not None
    assert (found.domain.queries.n, found.domain.queries.value) == (80, 0.5)
    assert [row.readiness for row in found.endpoints] == [Readiness.READY, Readiness.READY]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"self_test": None}, "self-test"),
        ({"self_test": Trials(missed=1)}, "self-test"),
        ({"limits": VerdictLimits(max_rate=0.1)}, "coverage"),
        ({"cells": [Requirement(DETAIL, "4xx")]}, "coverage"),
        ({"limits": VerdictLimits(max_rate=0.001, require_writes=False)}, "mismatch rate"),
    ],
)
def test_one_thing_that_is_missing_withholds_it(
    engine: sa.Engine, changes: dict[str, Any], missing: str
) -> None:
    record(engine, *enough())

    found = verdict(engine, **changes)

    assert found.readiness is Readiness.NOT_YET
    assert missing in names(found, Standing.MISSING)


def test_a_mismatch_is_no_for_its_endpoint_and_for_the_domain(engine: sa.Engine) -> None:
    record(engine, *enough(), exchange({"a": 1}, {"a": 2}, endpoint=DETAIL))

    found = verdict(engine)

    assert found.readiness is Readiness.NO
    assert names(found, Standing.WRONG) == ["groups"]
    assert [row.readiness for row in found.endpoints] == [Readiness.READY, Readiness.NO]


def test_books_that_do_not_balance_withhold_it(engine: sa.Engine) -> None:
    record(engine, *enough())
    factories.record(
        ParityStore(engine, Redactor(b"key")), batch(counts=[Count(LIST, "mirrored", "", 1)], seq=2), NOW
    )

    assert names(verdict(engine), Standing.MISSING) == ["books"]


def test_only_whole_minutes_after_the_change_count(engine: sa.Engine) -> None:
    record(engine, exchange({"a": 1}, {"a": 2}), at=NOW - 61)
    record(engine, *enough(), seq=2)

    changed = verdict(engine, since=NOW - 79)

    assert verdict(engine).readiness is Readiness.NO
    assert changed.is_ready
    assert changed.since == NOW - 20
    assert changed.domain.rate.comparisons == 80
    assert verdict(engine, since=NOW - 19).domain.rate.comparisons == 0


@pytest.mark.parametrize("since", [NOW - 20, NOW - 3_620, NOW - 86_420, 1_700_000_000.0])
def test_a_minute_counts_from_its_first_second(engine: sa.Engine, since: float) -> None:
    first = -(-since // 60) * 60
    record(engine, exchange(), at=first - 0.001)
    record(engine, exchange(), exchange(), at=first, seq=2)

    found = verdict(engine, since=since)

    assert found.domain.rate.comparisons == 2
    assert sum(n for _, n in found.domain.grounds.coverage.cells) == 2


def test_other_domains_do_not_count(engine: sa.Engine) -> None:
    other = exchange({"a": 1}, {"a": 2}, endpoint="GET /v1/leads", domain="leads")
    record(engine, *enough(), *[other] * 20)

    found = verdict(engine, cells=[Requirement("GET /v1/leads", "4xx")])

    assert found.is_ready
    assert {cell.endpoint for cell, _ in found.domain.grounds.coverage.cells} == {LIST, DETAIL}


def test_an_endpoint_that_was_compared_is_judged_even_where_it_is_not_required(engine: sa.Engine) -> None:
    record(engine, exchange(endpoint="POST /v1/escrows"))

    assert [row.name for row in verdict(engine).endpoints] == [LIST, "POST /v1/escrows", DETAIL]


def test_as_json_it_says_everything(engine: sa.Engine) -> None:
    record(engine, *enough(), exchange({"a": 1}, {"a": 2}, target="/v1/escrows?page=1"))

    values = json.loads(json.dumps(verdict(engine).to_json()))

    assert (values["domain"], values["verdict"]) == ("escrows", "no")
    assert [one["name"] for one in values["wrong"]] == ["groups"]
    assert values["coverage"]["cells"][1] == {
        "endpoint": LIST,
        "status_class": "2xx",
        "query": "page",
        "n": 1,
    }
    assert all(one["met"] for one in values["coverage"]["required"])
    assert [one["path"] for one in values["largest_groups"]] == ["$.a"]
    assert values["limits"]["max_rate"] == 0.1
    assert values["balance"]["balanced"] is True
    assert values["self_test"]["caught"] == 120
    assert [one["endpoint"] for one in values["endpoints"]] == [LIST, DETAIL]


def test_the_load_test_of_the_domain_is_one_of_its_conditions(engine: sa.Engine) -> None:
    record(engine, *enough())
    missed = small_test(overall=small_row(time=MISSED_BY), judgement=MISSED)
    asked: tuple[tuple[KeptLoadTest | None, VerdictLimits], ...] = (
        (None, LIMITS),
        (None, replace(LIMITS, require_load_test=True)),
        (KeptLoadTest("l-12345678", NOW - 60, "olivia", small_test()), LIMITS),
        (KeptLoadTest("l-12345678", NOW - 60, "olivia", missed), LIMITS),
    )

    found = [verdict(engine, load_test=kept, limits=limits) for kept, limits in asked]

    assert [one.readiness.value for one in found] == ["ready", "not yet", "ready", "no"]
    assert names(found[1], Standing.MISSING) == names(found[3], Standing.WRONG) == ["load test"]
    assert names(found[2], Standing.HOLDS)[-1] == "load test"
    assert "load test" not in [one.name for one in found[0].domain.conditions]
    assert all("load test" not in [one.name for one in row.conditions] for row in found[3].endpoints)
