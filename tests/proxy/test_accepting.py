"""Accepting and taking back, with the ledger."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parity.accepting import Wish
from parity.errors import AcceptanceError
from parity.holdings import Declared
from proxy.accepting import accept_groups, weigh_groups, withdraw_acceptances
from tests.proxy.console.rig import Store

SOON = datetime.now(UTC).date() + timedelta(days=2)
"""After today, whether or not a midnight comes while the tests run."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.make(f"sqlite:///{tmp_path}/store.sqlite3")


def wish(group: str, expires: date) -> Wish:
    return Wish(group=group, reason="rounded", owner="crm", expires=expires)


def how(**changes: Any) -> dict[str, Any]:
    return {"declared": Declared(), "max_days": 10, "actor": "olivia"} | changes


def test_both_are_in_the_ledger_and_one_that_is_refused_leaves_no_entry(store: Store) -> None:
    group = store.differ()

    version, (acceptance,) = accept_groups(store.engine, store.flags, [wish(group, SOON)], **how())
    with pytest.raises(AcceptanceError, match="is accepted already"):
        accept_groups(store.engine, store.flags, [wish(group, SOON)], **how())
    taken, (back,) = withdraw_acceptances(
        store.engine, store.flags, [acceptance.id], actor="piet", reason="fixed"
    )
    with pytest.raises(AcceptanceError, match="was withdrawn already"):
        withdraw_acceptances(store.engine, store.flags, [acceptance.id], actor="piet", reason="fixed")

    assert back == acceptance
    assert [(one.version, one.action, one.actor, one.key) for one in store.flags.history(2)] == [
        (taken, "unaccept", "piet", acceptance.id),
        (version, "accept", "olivia", f"{acceptance.id} GET /v1/escrows $.a (value), crm until {SOON}"),
    ]


def test_of_several_groups_all_are_accepted_with_an_entry_each_or_none(store: Store) -> None:
    first, second = store.differ(), store.differ({"b": 1}, {"b": 2})
    before = store.flags.version()
    both = [wish(first, SOON), wish(second, SOON)]

    with pytest.raises(AcceptanceError, match="'feedfeed'"):
        accept_groups(store.engine, store.flags, [*both, wish("feedfeed", SOON)], **how())
    untouched = store.flags.version()
    version, found = accept_groups(store.engine, store.flags, both, **how())

    assert untouched == before
    assert version == before + 2
    assert [one.path for one in found] == ["$.a", "$.b"]


def test_what_is_only_weighed_is_not_accepted(store: Store) -> None:
    group = store.differ()
    before = store.flags.version()

    (found,) = weigh_groups(store.engine, [wish(group, SOON)], declared=Declared(), max_days=10)

    assert found.path == "$.a"
    assert store.flags.version() == before
    assert len(accept_groups(store.engine, store.flags, [wish(group, SOON)], **how())[1]) == 1
