"""The states of followed flags in the store, on both databases."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.errors import StoreError
from proxy.openfeature_states import KeyState, KeyStates, ProviderState
from proxy.provider_answers import Said
from proxy.stages import Stage

FULL = KeyState(
    "escrows",
    "acme-escrows",
    ProviderState.REFUSED,
    Said(Stage.CANARY, 0.1),
    1.5,
    2.5,
    7,
    "not yet",
    3.5,
    4.5,
)
BARE = KeyState("leads", "acme-leads")


def keeps_whole_states(engine: sa.Engine) -> None:
    states = KeyStates(engine, "acme")
    assert states.read() == {}

    states.save([FULL, BARE])
    assert KeyStates(engine, "acme").read() == {"escrows": FULL, "leads": BARE}

    states.save([BARE])
    assert states.read() == {"leads": BARE}


def test_states_are_kept_whole_and_those_of_keys_that_are_gone_are_not(sqlite_engine: sa.Engine) -> None:
    keeps_whole_states(sqlite_engine)


def test_and_so_they_are_in_postgresql(postgres_engine: sa.Engine) -> None:
    keeps_whole_states(postgres_engine)


def test_what_another_provider_said_is_not_taken_for_this_ones(sqlite_engine: sa.Engine) -> None:
    KeyStates(sqlite_engine, "acme").save([FULL])

    assert KeyStates(sqlite_engine, "flags.internal").read() == {}


def test_a_long_name_of_a_provider_has_room(sqlite_engine: sa.Engine) -> None:
    states = KeyStates(sqlite_engine, "x" * 500)
    states.save([FULL])

    assert states.read() == {"escrows": FULL}


def test_a_store_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/none/store.db")

    with pytest.raises(StoreError, match="cannot read what a provider said: unable to open"):
        KeyStates(engine, "acme").read()
    engine.dispose()


@pytest.mark.parametrize("state", ProviderState)
def test_what_a_person_has_to_look_at_is_alarming(state: ProviderState) -> None:
    assert state.is_alarming == (state in {"refused", "overruled", "frozen"})
