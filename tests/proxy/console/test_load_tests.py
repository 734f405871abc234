"""Load tests as the console tells them."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import writing
from parity.load_baselines import LoadBaselines
from parity.load_results import MISSED
from parity.load_tests import LOAD_TESTS, KeptLoadTest, LoadTests
from proxy.console.errors import NotFoundError
from proxy.console.load_tests import LoadTestReader
from proxy.console.tokens import Role
from tests.parity.load_results_factory import MISSED_BY, small_row, small_test
from tests.proxy.console.rig import Store, running


def test_one_that_is_kept_no_more_is_told(tmp_path: Path) -> None:
    reader = LoadTestReader(Store.make(f"sqlite:///{tmp_path}/store.sqlite3").sources)

    with pytest.raises(NotFoundError, match="there is no load test 'l-12345678'"):
        reader.get("l-12345678")


async def test_the_list_has_them_in_short_and_one_has_every_endpoint(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        tests = LoadTests(rig.store.engine, clock=lambda: 1_800_000_000.0)
        kept = tests.add(small_test(), "olivia")
        both = tests.add(
            small_test(
                domains=["escrows", "leads"],
                overall=small_row(time=MISSED_BY),
                judgement=MISSED,
                problem="modern stopped",
            ),
            "piet",
        )

        listed = await rig.ask("GET", "/api/v1/loadtests", Role.VIEWER)
        own = await rig.ask("GET", "/api/v1/loadtests?domain=escrows", Role.VIEWER)
        nobodys = await rig.ask("GET", "/api/v1/loadtests?domain=bogus", Role.VIEWER)
        one = await rig.ask("GET", f"/api/v1/loadtests/{kept}", Role.VIEWER)
        none = await rig.ask("GET", "/api/v1/loadtests/l-00000000", Role.VIEWER)

    assert [(it["domains"], it["passed"], it["problem"]) for it in listed.json["load_tests"]] == [
        (["escrows", "leads"], False, "modern stopped"),
        (["escrows"], True, ""),
    ]
    assert listed.json["load_tests"][0]["time"]["judgement"] == "missed"
    assert [(it["id"], it["time"]["judgement"]) for it in own.json["load_tests"]] == [
        (both, "met"),
        (kept, "met"),
    ]
    measured = {"why": "", "blocks_needed": None, "binding": True, "judgement": "met"}
    assert own.json["load_tests"][1] == {
        "id": kept,
        "at": "2027-01-15T08:00:00+00:00",
        "actor": "olivia",
        "domains": ["escrows"],
        "scenario": "steady",
        "workload": "closed",
        "through": "direct",
        "users": 20,
        "rate_rps": None,
        "duration_s": 20.0,
        "judgement": "met",
        "passed": True,
        "problem": "",
        "time": {"measure": "time", "target": 0.8, "measured": of(0.57, 0.52, 0.61), **measured},
        "queries": {"measure": "queries", "target": 0.7, "measured": of(0.4, 0.4, 0.4), **measured},
        "cache": {"measure": "cache", "target": 0.7, "measured": of(0.8, 0.78, 0.82), **measured},
    }
    assert listed.json["not_shown"] == ""
    assert [it["endpoint"] for it in one.json["test"]["endpoints"]] == [
        "GET /v1/escrows",
        "GET /v1/escrows/{id}",
        "PUT /v1/escrows/{id}/property-details",
    ]
    assert (nobodys.status, none.status, none.code) == (404, 404, "not_found")


async def test_one_is_compared_with_each_baseline_that_asked_the_same_but_itself(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        tests, baselines = LoadTests(rig.store.engine), LoadBaselines(rig.store.engine)
        slower = small_test(overall=small_row(domain="", time=(0.9, 0.88, 0.92)))
        first, second = tests.add(small_test(), "olivia"), tests.add(slower, "olivia")
        for name, test_id in (("main", first), ("this", second)):
            baselines.save(name, found(tests, test_id), "olivia")
        baselines.save("spike", found(tests, tests.add(small_test(scenario="spike"), "olivia")), "olivia")

        one = await rig.ask("GET", f"/api/v1/loadtests/{second}/comparisons", Role.VIEWER)
        none = await rig.ask("GET", "/api/v1/loadtests/l-00000000/comparisons", Role.VIEWER)

    assert [(it["baseline"], it["then"], it["says"]) for it in one.json["comparisons"]] == [
        ("main", first, "regression")
    ]
    assert one.json["not_comparable"] == [{"baseline": "spike", "why": "scenario is steady, was spike"}]
    assert (none.status, none.code) == (404, "not_found")


async def test_what_another_version_kept_is_counted(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        LoadTests(rig.store.engine).add(small_test(), "olivia")
        with writing(rig.store.engine) as connection:
            connection.execute(sa.update(LOAD_TESTS).values(schema="crossfade.loadtest/9", result="{}"))

        listed = await rig.ask("GET", "/api/v1/loadtests?domain=escrows", Role.VIEWER)

    assert listed.json == {
        "load_tests": [],
        "not_shown": "1 load test of another version is not shown",
    }


def found(tests: LoadTests, test_id: str) -> KeptLoadTest:
    kept = tests.get(test_id)
    assert kept is not None
    return kept


def of(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}
