"""A group becomes an acceptance, as wide as it was asked, or one sentence says what was wrong."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from parity.accepting import Wish, acceptance_for, group_of, takes_path
from parity.errors import AcceptanceError
from parity.outcome import Acceptance, Kind
from parity.redact import Redactor
from parity.report import build_report
from parity.store import Limits, ParityStore
from parity.tables import SAMPLES
from tests.parity.factories import LIST, TODAY, acceptance, batch, exchange, record

NOW = 1_795_000_000.0


@pytest.fixture
def group(engine: sa.Engine, store: ParityStore) -> str:
    """The id of the one group there is, `$.rows[*].n` of another value."""
    rows = [{"rows": [{"id": 1, "n": n}]} for n in (5, 6)]
    record(store, batch(exchange(*rows)), NOW)
    (found,) = build_report(engine, now=NOW).groups
    return found.id


def ask(engine: sa.Engine, group: str, present: tuple[Acceptance, ...] = (), **changes: Any) -> Acceptance:
    fields: dict[str, Any] = {
        "group": group,
        "reason": "rounded",
        "owner": "crm",
        "expires": TODAY + timedelta(days=30),
    }
    wish = Wish(**(fields | changes))
    with engine.connect() as connection:
        return acceptance_for(connection, wish, present=present, today=TODAY, max_days=90)


def test_it_takes_the_place_of_the_group_and_nothing_more(engine: sa.Engine, group: str) -> None:
    found = ask(engine, group, quirk="Q-7")

    assert (found.endpoint, found.path, found.kind) == (LIST, "$.rows[*].n", Kind.VALUE)
    assert (found.label, found.owner, found.shapes) == ("Q-7: rounded", "crm", ())
    assert found.id.startswith("a-")


def test_it_can_be_wider_in_path_and_kind_and_narrower_in_shape(engine: sa.Engine, group: str) -> None:
    found = ask(engine, group, path="$.rows[*].*", kind="any", by_shape=True)

    assert (found.path, found.kind, found.shapes) == ("$.rows[*].*", None, (("integer 1", "integer 1"),))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires": TODAY}, f"--expires {TODAY}: expected a day after today"),
        ({"expires": TODAY + timedelta(days=91)}, "parity.max_acceptance_days = 90"),
        ({"path": "$.other"}, r"--path '\$.other': expected a path that takes the group's, \$.rows\[\*\].n"),
        ({"path": "rows["}, "--path 'rows"),
        ({"kind": "status"}, "--kind 'status': expected value, the group's own, or any"),
        ({"group": "ffffffffffff"}, "no group begins with it"),
        ({"group": "%"}, "group '%': expected the id that the report shows"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    engine: sa.Engine, group: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(AcceptanceError, match=said):
        ask(engine, **({"group": group} | changes))


def test_a_group_is_found_by_the_beginning_of_its_id(engine: sa.Engine, group: str) -> None:
    with engine.connect() as connection:
        assert group_of(connection, group[:5])["id"] == group


def test_a_beginning_of_several_ids_is_refused(engine: sa.Engine, store: ParityStore, group: str) -> None:
    del group
    keys = [f"k{letter}{other}" for letter in "abcdef" for other in "abcdef"]
    record(store, batch(exchange(dict.fromkeys(keys, 1), dict.fromkeys(keys, 2)), seq=2), NOW)
    ids = [found.id for found in build_report(engine, now=NOW).groups]
    first = next(one[0] for one in ids if sum(other.startswith(one[0]) for other in ids) > 1)

    with engine.connect() as connection, pytest.raises(AcceptanceError, match="several groups begin with it"):
        group_of(connection, first)


def test_what_is_accepted_already_is_not_accepted_twice(engine: sa.Engine, group: str) -> None:
    with pytest.raises(AcceptanceError, match="is accepted already: Q-16: items gain field"):
        ask(engine, group, (acceptance("$.rows[*].n"),))


@pytest.mark.parametrize(
    "other", [{"expires": date(2026, 11, 22)}, {"legacy_status": 500}, {"shapes": (("null", "null"),)}]
)
def test_one_that_is_over_or_takes_a_part_does_not_stand_in_the_way(
    engine: sa.Engine, group: str, other: dict[str, Any]
) -> None:
    assert ask(engine, group, (acceptance("$.rows[*].n", **other),)).kind is Kind.VALUE


def test_the_group_of_what_is_over_the_bound_is_refused(engine: sa.Engine) -> None:
    store = ParityStore(engine, Redactor(b"key"), Limits(groups_per_endpoint=1))
    record(store, batch(exchange({"a": 1, "b": 1}, {"a": 2, "b": 2})), NOW)
    overflow = next(one for one in build_report(engine, now=NOW).groups if one.path == "**")

    with pytest.raises(AcceptanceError, match="has no path of its own"):
        ask(engine, overflow.id)


def test_samples_without_shapes_cannot_say_one(engine: sa.Engine, group: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(SAMPLES).values(legacy_shape=None))

    with pytest.raises(AcceptanceError, match="has no sample with a shape"):
        ask(engine, group, by_shape=True)


@pytest.mark.parametrize(
    ("glob", "folded", "taken"),
    [
        ("$.a[*].b", "$.a[*].b", True),
        ("$.a[0].b", "$.a[*].b", True),
        ("$.a[3].b", "$.a[*].b", False),
        ("$.map.*", "$.map.*", True),
        ("**", "header:content-type", True),
        ("$status", "$status", True),
        ("$.a", "$.a.b", False),
        ("$.a", "no path", False),
    ],
)
def test_a_glob_takes_a_folded_path(glob: str, folded: str, taken: bool) -> None:  # noqa: FBT001  a column of the table
    assert takes_path(glob, folded) is taken
