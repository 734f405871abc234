"""Load tests in the store: the latest of each domain, in both databases."""

import json
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from parity.database import open_database, writing
from parity.errors import StoreError
from parity.load_results import LoadRatio
from parity.load_tests import KEPT, LOAD_TESTS, METADATA, LoadTests, as_json, not_shown, row_of, time_of
from tests.parity.load_results_factory import judgement, small_row, small_test, unmeasured


def before_this_version(engine: sa.Engine, *domains: str) -> None:
    """The table as version 1 made it, with a load test of each of these domains."""
    METADATA.create_all(engine)
    with writing(engine) as connection:
        for column in ("schema", "domains", "scenario", "through", "whole"):
            connection.exec_driver_sql(f"ALTER TABLE load_tests DROP COLUMN {column}")
        for number, domain in enumerate(domains):
            result = json.dumps({"domain": domain, "passed": True})
            row = {"id": f"l-{number:08}", "at": 1.0, "actor": "ada", "domain": domain, "result": result}
            connection.execute(sa.insert(LOAD_TESTS).values(row))


def test_what_was_kept_is_read_again_newest_first_and_by_domain(engine: sa.Engine) -> None:
    tests = LoadTests(engine, clock=lambda: 1_800_000_000.0)
    first = tests.add(small_test(), "olivia")
    other = tests.add(small_test(domains=["leads"]), "piet")

    both = tests.latest(10)
    kept = tests.get(first)

    assert [(one.id, one.actor, one.test.domains) for one in both] == [
        (other, "piet", ["leads"]),
        (first, "olivia", ["escrows"]),
    ]
    assert [one.id for one in tests.latest(10, "escrows")] == [first]
    assert [one.id for one in tests.latest(1)] == [other]
    assert kept is not None
    assert (kept.at, kept.test) == (1_800_000_000.0, small_test())
    assert tests.get("l-00000000") is None


def test_one_of_several_domains_is_found_by_each_of_them_and_no_other(engine: sa.Engine) -> None:
    tests = LoadTests(engine)
    several = tests.add(small_test(domains=["escrows", "lead_s"]), "olivia")

    found = {name: [one.id for one in tests.latest(10, name)] for name in ("escrows", "lead_s", "leads", "s")}

    assert found == {"escrows": [several], "lead_s": [several], "leads": [], "s": []}


def test_they_are_found_by_scenario_by_where_they_went_and_by_whether_they_are_whole(
    engine: sa.Engine,
) -> None:
    tests = LoadTests(engine)
    steady = tests.add(small_test(), "olivia")
    spike = tests.add(small_test(scenario="spike"), "olivia")
    shadow = tests.add(small_test(through="shadow"), "olivia")
    partial = tests.add(small_test(problem="modern stopped"), "olivia")

    def ids(**wanted: str | bool) -> list[str]:
        return [one.id for one in tests.latest(10, **wanted)]  # type: ignore[arg-type]  # as the cases say

    assert ids(scenario="spike") == [spike]
    assert ids(through="shadow") == [shadow]
    assert ids(whole=True, through="direct") == [spike, steady]
    assert ids() == [partial, shadow, spike, steady]


def test_of_each_domain_the_latest_stay(engine: sa.Engine) -> None:
    tests = LoadTests(engine)
    only = tests.add(small_test(domains=["leads"]), "olivia")
    several = tests.add(small_test(domains=["leads", "escrows"]), "olivia")
    ids = [tests.add(small_test(), "olivia") for _ in range(KEPT + 2)]

    assert [one.id for one in tests.latest(1_000, "escrows")] == [*reversed(ids[2:]), several]
    assert [one.id for one in tests.latest(1_000, "leads")] == [several, only]


def test_what_an_older_version_wrote_is_counted_and_not_read(engine: sa.Engine) -> None:
    before_this_version(engine, "escrows", "leads")
    tests = LoadTests(engine)

    mine = tests.add(small_test(), "olivia")

    assert [one.id for one in tests.latest(10)] == [mine]
    assert tests.get("l-00000000") is None
    assert (tests.of_other_versions(), tests.of_other_versions("leads")) == (2, 1)
    assert not_shown(1) == "1 load test of another version is not shown"
    assert not_shown(2) == "2 load tests of another version are not shown"
    assert not_shown(0) == ""


def test_no_password_of_a_backend_is_kept(tmp_path: Path) -> None:
    tests = LoadTests(open_database(f"sqlite:///{tmp_path}/store.db"))
    problem = "the modern backend at http://ada:secret@127.0.0.1:9 stopped answering"
    notes = [f"PARTIAL: {problem}", "from http://127.0.0.1:9", "mail ada@example.org"]

    kept = tests.get(tests.add(small_test(problem=problem, notes=notes), "olivia"))

    assert kept is not None
    assert kept.test.problem == "the modern backend at http://127.0.0.1:9 stopped answering"
    assert kept.test.notes == [f"PARTIAL: {kept.test.problem}", *notes[1:]]
    assert b"secret" not in (tmp_path / "store.db").read_bytes()


def test_its_json_says_which_form_it_has() -> None:
    values = json.loads(as_json(small_test()))

    assert (values["schema"], values["domains"]) == ("crossfade.loadtest/2", ["escrows"])


def test_a_row_is_that_of_all_of_a_domain_or_of_an_endpoint() -> None:
    test = small_test(domains=["escrows", "leads"])
    alone = small_test(by_domain=[])

    assert row_of(test) is test.overall
    assert row_of(test, "leads") is test.by_domain[1]
    assert row_of(test, "leads", "GET /v1/leads") is test.endpoints[3]
    assert row_of(test, "escrows", "GET /v1/leads") is None
    assert row_of(test, None, "GET /v1/leads") is test.endpoints[3]
    assert row_of(test, "listings") is None
    assert row_of(alone, "escrows") is alone.overall


def test_the_time_of_one_pair_of_blocks_is_not_known() -> None:
    several = small_row("GET /v1/escrows")
    alone = small_row("GET /v1/escrows", time=(0.6, 0.6, 0.6))
    only_not_slower = msgspec.structs.replace(several, judgements=[judgement("not slower", 0.6, 0.1)])

    found = [time_of(row) for row in (several, alone, only_not_slower, unmeasured())]

    assert found == [LoadRatio(0.57, 0.52, 0.61), None, LoadRatio(0.6, 0.5, 0.7), None]


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    tests = LoadTests(open_database(f"sqlite:///{tmp_path}/nowhere/store.db"))

    with pytest.raises(StoreError, match="cannot keep the load test"):
        tests.add(small_test(), "olivia")
