"""Groups as a report shows them: clients, shares, what holds, what moves together."""

from datetime import date

import sqlalchemy as sa

from parity.group_rows import SamePlace
from parity.holdings import Declared
from parity.members import ClientCount
from parity.report import Report, build_report
from parity.rules import RuleBook
from parity.store import ParityStore
from parity.tables import GROUP_COUNTS, SAMPLES
from tests.parity.factories import acceptance, accepted_in, batch, by_shape, exchange, record

NOW = 1_795_000_000.0
TAKEN = acceptance("$.n", id="a-1", quirk="", reason="rounded")


def report(engine: sa.Engine, now: float = NOW, rules: RuleBook | None = None) -> Report:
    return build_report(engine, now=now, declared=Declared(rules or RuleBook()))


def fill(store: ParityStore, n: int, rules: RuleBook | None = None, seq: int = 1) -> None:
    found = [
        exchange({"n": 0}, {"n": 1}, id=f"{seq}{number:07x}", client=f"{number % 7:04x}")
        for number in range(n)
    ]
    record(store, batch(*found, exchange(), seq=seq), NOW, rules)


def test_a_group_says_its_share_with_the_denominator_and_the_busiest_clients(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 9)

    (group,) = report(engine).groups

    assert (group.n, group.compared, group.share) == (9, 10, 0.9)
    assert (group.client_n, group.is_every_client) == (7, True)
    assert group.clients[:3] == (ClientCount("0000", 2), ClientCount("0001", 2), ClientCount("0002", 1))
    assert len(group.clients) == 5


def test_a_group_says_how_its_place_is_compared(engine: sa.Engine, store: ParityStore) -> None:
    fill(store, 1)

    (group,) = report(engine, rules=RuleBook(rules=(by_shape("$.n"),))).groups

    assert (group.compare, group.rule) == ("shape", "volatile (* $.n)")


def test_what_was_a_mismatch_before_it_was_accepted_stays_and_both_groups_show_each_other(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 2)
    accepted_in(engine, TAKEN, at=NOW)
    fill(store, 3, store.with_acceptances(RuleBook()), seq=2)

    found = report(engine)

    before, since = found.groups
    assert (found.tally.mismatches, before.n, since.n) == (2, 2, 3)
    assert before.same_place == (SamePlace(since.id, "rounded", 3),)
    assert since.same_place == (SamePlace(before.id, "", 2),)
    assert [accepted.name for accepted in before.accepts] == ["a-1"]
    assert since.acceptance == before.accepts[0]
    assert not since.is_expired


def test_an_expired_acceptance_is_marked_and_takes_nothing(engine: sa.Engine, store: ParityStore) -> None:
    over = acceptance("$.n", id="a-1", reason="over", expires=date(2026, 11, 1))
    accepted_in(engine, over)
    fill(store, 1, RuleBook(acceptances=(acceptance("$.n", reason="over", expires=date(2026, 11, 30)),)))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE parity_groups SET expires = '2026-11-01'"))

    (group,) = report(engine, now=NOW).groups

    assert group.is_expired
    assert group.accepts == ()


def test_an_acceptance_for_other_statuses_or_shapes_does_not_take_the_group(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 1)
    accepted_in(
        engine,
        acceptance("$.n", id="a-1", shapes=(("null", "null"),)),
        acceptance("$.n", id="a-2", shapes=(("integer 1", "integer 1"),)),
    )
    rules = RuleBook(acceptances=(acceptance("**", legacy_status=500),))

    (group,) = report(engine, rules=rules).groups

    assert [accepted.name for accepted in group.accepts] == ["a-2"]


def test_open_groups_in_the_same_exchanges_are_told_as_one_cause(
    engine: sa.Engine, store: ParityStore
) -> None:
    together = [
        exchange({"total": 1, "rows": [1]}, {"total": 2, "rows": [2]}, id=f"{n:08x}") for n in range(4)
    ]
    record(store, batch(*together, exchange({"x": 1}, {"x": 2})), NOW)

    found = report(engine)

    (cause,) = found.causes
    paths = {group.id: group.path for group in found.groups}
    assert [paths[group_id] for group_id in cause.groups] == ["$.total", "$.rows[*]"]
    assert (cause.look_at, cause.together, cause.of, cause.exact) == ("$.total", 4, 4, True)


def test_samples_of_an_earlier_version_are_shown_without_what_they_lack(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 1)
    with engine.begin() as connection:
        names = ("method", "client", "legacy_shape", "modern_shape", "is_first", "write", "write_check")
        connection.execute(sa.update(SAMPLES).values(dict.fromkeys(names)))
        connection.execute(sa.update(GROUP_COUNTS).values(checks=None))

    ((sample,),) = [group.samples for group in report(engine).groups]

    assert (sample.client, sample.method, sample.write, sample.write_check) == ("", "", "", "")
    assert (sample.is_first, sample.modern) == (False, "1")


def test_a_group_says_how_many_of_its_exchanges_check_which_writes(
    engine: sa.Engine, store: ParityStore
) -> None:
    fill(store, 2)
    with engine.begin() as connection:  # as an earlier version left it
        connection.execute(sa.update(GROUP_COUNTS).values(checks=None))
    write = {"check": "read_back", "write": "POST /v1/escrows"}
    record(store, batch(exchange({"n": 0}, {"n": 1}, **write), exchange({"n": 0}, {"n": 1}), seq=2), NOW)

    found = report(engine)
    (group,) = found.groups

    assert (group.n, group.checks, group.writes) == (4, 1, ("POST /v1/escrows",))
    assert [sample.write for sample in group.samples] == ["", "POST /v1/escrows", "", ""]
    assert found.to_json()["groups"][0]["samples"][1]["write"] == "POST /v1/escrows"
