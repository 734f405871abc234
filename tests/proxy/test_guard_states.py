"""Where guards stand, in the store: what was saved is what is read, and who does not watch has no row."""

import pytest
import sqlalchemy as sa

from proxy.guard import Measure
from proxy.guard_judge import GuardState, Watched
from proxy.guard_states import GUARD_STATES, METADATA, Kept, Key, read_states, save_states

ERRORS: Key = ("escrows", Measure.ERROR_RATE)
QUERIES: Key = ("clients", Measure.QUERY_RATIO)
HOLDING = Kept(Watched(GuardState.HOLDING, 7.5, 2, 3.0, None), 4)
BLIND = Kept(Watched(GuardState.CANNOT_TELL, 8.5, 0, None, 9.0), 0)


@pytest.fixture
def engine(engine: sa.Engine) -> sa.Engine:
    """One that has the tables."""
    METADATA.create_all(engine)
    return engine


def saved(engine: sa.Engine, after: dict[Key, Kept]) -> dict[Key, Kept]:
    with engine.begin() as connection:
        save_states(connection, read_states(connection), after)
    with engine.connect() as connection:
        return read_states(connection)


def test_what_was_saved_is_what_is_read(engine: sa.Engine) -> None:
    assert saved(engine, {ERRORS: HOLDING, QUERIES: BLIND}) == {ERRORS: HOLDING, QUERIES: BLIND}
    assert saved(engine, {ERRORS: BLIND, QUERIES: BLIND}) == {ERRORS: BLIND, QUERIES: BLIND}


def test_who_watches_no_more_has_no_row(engine: sa.Engine) -> None:
    saved(engine, {ERRORS: HOLDING, QUERIES: BLIND})

    assert saved(engine, {QUERIES: BLIND}) == {QUERIES: BLIND}


def test_a_measure_of_another_version_is_passed_over(engine: sa.Engine) -> None:
    saved(engine, {ERRORS: HOLDING})
    with engine.begin() as connection:
        connection.execute(sa.update(GUARD_STATES).values(measure="phase_of_the_moon"))

    with engine.connect() as connection:
        assert read_states(connection) == {}
