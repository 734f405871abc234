"""Accepting and taking back, with the ledger."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parity.accepting import Wish
from parity.errors import AcceptanceError
from parity.holdings import Declared
from proxy.accepting import accept_group, withdraw_acceptance
from tests.proxy.console.rig import Store


def wish(group: str, expires: date) -> Wish:
    return Wish(group=group, reason="rounded", owner="crm", expires=expires)


def test_both_are_in_the_ledger_and_one_that_is_refused_leaves_no_entry(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    group = store.differ()
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    how: dict[str, Any] = {"declared": Declared(), "max_days": 10, "actor": "olivia"}

    change, acceptance, row = accept_group(store.engine, store.flags, wish(group, tomorrow), **how)
    with pytest.raises(AcceptanceError, match="is accepted already"):
        accept_group(store.engine, store.flags, wish(group, tomorrow), **how)
    taken, back = withdraw_acceptance(store.engine, store.flags, acceptance.id, actor="piet", reason="fixed")
    with pytest.raises(AcceptanceError, match="was withdrawn already"):
        withdraw_acceptance(store.engine, store.flags, acceptance.id, actor="piet", reason="fixed")

    assert (row["id"], back) == (group, acceptance)
    assert change.key == f"{acceptance.id} GET /v1/escrows $.a (value), crm until {tomorrow}"
    assert [(one.version, one.action, one.actor) for one in store.flags.history(2)] == [
        (taken.version, "unaccept", "piet"),
        (change.version, "accept", "olivia"),
    ]
