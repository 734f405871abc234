"""What follows from what a provider says, without a provider."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_store import FlagStore
from proxy.flags import Flag, is_forward
from proxy.openfeature_states import KeyState, ProviderState
from proxy.openfeature_steps import Move, hear, move_of, overruling, wanted
from proxy.provider_answers import NoAnswer, Said
from proxy.stages import Stage

ONE = Endpoint("escrows", "GET", "/v1/escrows")
STALE_S = 60.0


@pytest.fixture
def flags(tmp_path: Path) -> Iterator[FlagStore]:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield FlagStore(engine, (ONE, Endpoint("leads", "GET", "/v1/leads")))
    engine.dispose()


@pytest.mark.parametrize(("stage", "said"), list(product(Stage, Stage)))
def test_each_move_goes_where_the_provider_says(stage: Stage, said: Stage) -> None:
    flag = Flag(stage, 0.5)

    move = move_of(flag, Said(said))

    assert (move is Move.NONE) == (stage is said)
    assert (move is Move.FORWARD) == is_forward(flag, wanted(flag, Said(said)))
    assert (move is Move.ROLL_BACK) == stage.is_further_than(said)


@pytest.mark.parametrize(
    ("share", "move"),
    [
        (None, Move.NONE),
        (0.5, Move.NONE),
        (0.25, Move.LESS_SHARE),
        (0.75, Move.FORWARD),
        (0.0, Move.LESS_SHARE),
    ],
)
def test_at_canary_the_share_decides(share: float | None, move: Move) -> None:
    assert move_of(Flag(Stage.CANARY, 0.5), Said(Stage.CANARY, share)) is move


def test_the_sample_rate_is_not_the_providers() -> None:
    assert wanted(Flag(Stage.SHADOW, 0.5, 0.1), Said(Stage.CANARY, 0.2)) == Flag(Stage.CANARY, 0.2, 0.1)


def test_what_is_said_again_is_said_since_the_first_time() -> None:
    state = KeyState("escrows", "flag")
    for now in (100.0, 105.0, 110.0):
        state = hear(state, Said(Stage.SHADOW), now, STALE_S)

    assert (state.said, state.said_since, state.checked_at) == (Said(Stage.SHADOW), 100.0, 110.0)


@pytest.mark.parametrize("between", [Said(Stage.OFF), Said(Stage.CANARY, 0.1), NoAnswer("is gone")])
def test_anything_in_between_begins_the_time_anew(between: Said | NoAnswer) -> None:
    state = KeyState("escrows", "flag")
    for now, answer in ((100.0, Said(Stage.SHADOW)), (105.0, between), (110.0, Said(Stage.SHADOW))):
        state = hear(state, answer, now, STALE_S)

    assert state.said_since == 110.0


def test_a_time_in_which_nobody_asked_begins_it_anew_too() -> None:
    state = hear(KeyState("escrows", "flag"), Said(Stage.SHADOW), 100.0, STALE_S)

    assert hear(state, Said(Stage.SHADOW), 160.0, STALE_S).said_since == 100.0
    assert hear(state, Said(Stage.SHADOW), 160.1, STALE_S).said_since == 160.1


def test_silence_freezes_after_its_time_and_keeps_what_was_said_last() -> None:
    state = hear(KeyState("escrows", "flag"), Said(Stage.SHADOW), 100.0, STALE_S)
    states = []
    for now in (110.0, 169.9, 170.0):
        state = hear(state, NoAnswer("is gone"), now, STALE_S)
        states.append(state.state)

    assert states == [ProviderState.UNANSWERED, ProviderState.UNANSWERED, ProviderState.FROZEN]
    assert (state.said, state.silent_since, state.problem) == (Said(Stage.SHADOW), 110.0, "is gone")


def test_a_rollback_by_somebody_overrules_until_the_flag_is_taken_forward(flags: FlagStore) -> None:
    flags.flip("escrows", Stage.SHADOW, actor="ada", reason="go")
    assert overruling(flags, "escrows", -1) is None

    flags.roll_back("escrows", actor="ada", reason="an incident")
    flags.flip("leads", Stage.SHADOW, actor="ada", reason="another flag")
    flags.flip("escrows", Stage.OFF, sample_rate=0.5, actor="ada", reason="neither way")
    found = overruling(flags, "escrows", -1)
    assert found is not None
    assert found.version == 2
    assert overruling(flags, "escrows", 2) is None

    flags.flip("escrows", Stage.SHADOW, actor="ada", reason="again")
    assert overruling(flags, "escrows", -1) is None


def test_a_step_back_without_a_rollback_overrules_as_well(flags: FlagStore) -> None:
    for stage in (Stage.SHADOW, Stage.CANARY, Stage.SHADOW):
        flags.flip("escrows", stage, actor="ada", reason="to and fro")

    assert overruling(flags, "escrows", -1) is not None


def test_what_the_provider_itself_took_back_overrules_nothing(flags: FlagStore) -> None:
    flags.flip("escrows", Stage.SHADOW, actor="ada", reason="go")
    flags.roll_back("escrows", actor="openfeature:acme", reason="flag escrows says off")

    assert overruling(flags, "escrows", -1) is None


def test_a_rollback_of_the_domain_overrules_its_endpoints(flags: FlagStore) -> None:
    flags.flip("escrows", Stage.SHADOW, actor="ada", reason="go")
    flags.roll_back("escrows", actor="guard:errors", reason="5 % of errors")

    assert overruling(flags, ONE.name, -1) is not None


def test_a_long_ledger_is_searched_no_further_than_the_last_agreement(flags: FlagStore) -> None:
    flags.flip("escrows", Stage.SHADOW, actor="ada", reason="go")
    flags.roll_back("escrows", actor="ada", reason="an incident")
    for number in range(220):
        flags.note("token", "x", actor="ada", reason=str(number), apply=lambda _connection: None)

    assert overruling(flags, "escrows", 2) is None
    assert overruling(flags, "escrows", 1) is not None
