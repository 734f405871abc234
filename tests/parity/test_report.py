"""The report read from a store: books, endpoints, groups, and what it is narrowed to."""

import json

import pytest
import sqlalchemy as sa

from parity.exchange import Batch, Count, Endpoint
from parity.legacy_twice import LegacyTwice, Noted
from parity.outcome import Outcome
from parity.redact import Redactor
from parity.report import SCHEMA, Report, build_report
from parity.rules import RuleBook
from parity.settle import AskedAgain
from parity.store import ParityStore
from parity.tables import NOISE
from tests.parity import factories
from tests.parity.factories import DETAIL, LIST, acceptance, batch, exchange, observation

NOW = 1_795_000_000.0
BOOK = RuleBook(acceptances=(acceptance("$.accepted"),))


def record(engine: sa.Engine, *batches: Batch, at: float = NOW) -> None:
    store = ParityStore(engine, Redactor(b"key"))
    for given in batches:
        factories.record(store, given, at, BOOK)


def report(engine: sa.Engine, at: float = NOW, **narrowed: object) -> Report:
    return build_report(engine, now=at, **narrowed)  # type: ignore[arg-type]  # each test gives what it is about


def test_a_store_without_tables_is_an_empty_report(engine: sa.Engine) -> None:
    found = report(engine)

    assert (found.tally.total, found.groups, found.endpoints, found.differs) == (0, (), (), False)
    assert found.balance.balanced


def test_a_store_of_an_earlier_version_is_brought_up_to_date_and_read(engine: sa.Engine) -> None:
    record(engine, batch(exchange({"a": 1}, {"a": 2})))
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE parity_samples DROP COLUMN client"))
        connection.execute(sa.text("DROP TABLE parity_group_members"))

    (group,) = report(engine).groups

    assert (group.path, group.clients, group.samples[0].client) == ("$.a", (), "")
    record(engine, batch(exchange({"a": 1}, {"a": 2}), seq=2))
    assert [found.client for found in report(engine).groups[0].clients] == ["c0ffee"]


def test_open_groups_come_before_accepted_ones_largest_first(engine: sa.Engine) -> None:
    accepted = exchange({"accepted": 1}, {"accepted": 2})
    rare, common = exchange({"rare": 1}, {"rare": 2}), exchange({"common": 1}, {"common": 2})

    record(engine, batch(*[accepted] * 5, rare, *[common] * 3, exchange()))

    found = report(engine)
    assert [(group.path, group.n) for group in found.groups] == [
        ("$.common", 3),
        ("$.rare", 1),
        ("$.accepted", 5),
    ]
    assert [group.path for group in found.open_groups] == ["$.common", "$.rare"]
    assert [group.owner for group in found.accepted_groups] == ["crm-migration"]
    assert found.groups[0].share == pytest.approx(0.3)
    assert found.differs


def test_accepted_differences_alone_do_not_differ(engine: sa.Engine) -> None:
    record(engine, batch(exchange({"accepted": 1}, {"accepted": 2})))

    assert not report(engine).differs


def test_a_report_since_some_time_counts_only_what_came_then(engine: sa.Engine) -> None:
    record(engine, batch(exchange({"a": 1}, {"a": 2})), at=NOW - 7_200)
    record(engine, batch(exchange({"a": 1}, {"a": 2}), exchange(), seq=2))

    found = report(engine, since_s=3_600)
    assert (found.tally.total, [group.n for group in found.groups]) == (2, [1])
    assert found.balance.outcomes == 3


def test_a_report_of_one_domain_has_its_endpoints_only(engine: sa.Engine) -> None:
    other = exchange({"b": 1}, {"b": 2}, endpoint="GET /v1/leads", domain="leads")
    unmirrored = [Count(DETAIL, "requests", "", 4), Count("", "requests", "", 9)]

    record(engine, batch(exchange({"a": 1}, {"a": 2}), other), batch(counts=unmirrored, seq=2))

    found = report(engine, domain="escrows")
    assert [row.endpoint for row in found.endpoints] == [LIST]
    assert [group.path for group in found.groups] == ["$.a"]
    known = report(engine, domain="escrows", endpoints=[Endpoint("escrows", "GET", "/v1/escrows/{id}")])
    assert known.tally.requests == 5
    assert report(engine).tally.requests == 15


def test_endpoints_stand_in_the_order_of_their_paths(engine: sa.Engine) -> None:
    names = ["GET /v1/escrows/{id}", "POST /v1/escrows", "DELETE /v1/escrows/{id}", "GET /v1/escrows"]

    record(engine, batch(*(exchange(endpoint=name) for name in names)))

    assert [row.endpoint for row in report(engine).endpoints] == [
        "GET /v1/escrows",
        "POST /v1/escrows",
        "DELETE /v1/escrows/{id}",
        "GET /v1/escrows/{id}",
    ]


def test_the_latest_sample_comes_first(engine: sa.Engine) -> None:
    record(engine, batch(*(exchange({"n": 0}, {"n": number}) for number in (1, 2))))

    assert [sample.modern for sample in report(engine).groups[0].samples] == ["2", "1"]


def test_noise_is_shown_with_the_endpoints_that_the_report_is_about(engine: sa.Engine) -> None:
    noted = {"$.id": Noted("string (uuid)", is_other_shape=False)}
    given = batch(exchange(), exchange(endpoint="GET /v1/clients", domain="clients"))
    twice = [LegacyTwice(LIST, noted), LegacyTwice(LIST, {}), LegacyTwice("GET /v1/clients", noted)]
    factories.record(ParityStore(engine, Redactor(b"key")), given, NOW)
    ParityStore(engine, Redactor(b"key")).record(batch(seq=2), [], [], AskedAgain(twice=twice), now=NOW)

    everything, escrows = report(engine), report(engine, domain="escrows")

    assert len(everything.noise) == 2
    assert [(path.endpoint, path.differed, path.asked) for path in escrows.noise] == [(LIST, 1, 2)]
    assert json.loads(json.dumps(escrows.to_json()))["noise"][0]["share"] == 0.5


def test_a_report_of_a_store_made_before_there_was_noise_has_none(engine: sa.Engine) -> None:
    record(engine, batch(exchange()))
    NOISE.drop(engine)

    assert report(engine).noise == ()


def test_as_json_it_has_a_schema_and_everything(engine: sa.Engine) -> None:
    late = exchange(modern=observation(error="timeout"))
    record(engine, batch(exchange({"a": 1}, {"a": 2}), exchange({"a": 1}, {}), late))

    values = json.loads(json.dumps(report(engine).to_json()))

    assert values["schema"] == SCHEMA
    assert values["differs"] is True
    assert sum(values["outcomes"].values()) == values["mirrored"] == 3
    assert set(values["outcomes"]) == {outcome.value for outcome in Outcome}
    assert values["reasons"] == {"timeout": {"modern_timeout": 1}}
    assert values["balance"]["balanced"] is True
    assert {group["kind"] for group in values["groups"]} == {"value", "missing"}
    assert set(values["groups"][0]["samples"][0]["curl"]) == {"legacy", "modern"}
    assert values["causes"] == []
    assert values["endpoints"][0]["costs"]["query_ratio"] == 1.0
