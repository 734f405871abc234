"""Control on the flag store alone."""

from pathlib import Path
from typing import Any

import pytest

from proxy.console.plain_control import PlainControl
from proxy.errors import ConflictError, ShareError, StageError, UnknownKeyError
from proxy.stages import Stage
from tests.proxy.console.rig import Store

WHO: dict[str, Any] = {"actor": "olivia", "reason": "go"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.make(f"sqlite:///{tmp_path}/store.sqlite3")


def control(store: Store) -> PlainControl:
    return PlainControl(store.flags, store.judge)


def test_the_first_step_needs_no_verdict_and_each_later_one_a_ready_one(store: Store) -> None:
    first = control(store).advance("escrows", **WHO)
    with pytest.raises(StageError, match="the verdict is not yet: coverage"):
        control(store).advance("escrows", **WHO)
    store.judge.ready.add("escrows")
    second = control(store).advance("escrows", share=0.1, **WHO)

    assert [one.rows[0].after.stage for one in (first, second)] == [Stage.SHADOW, Stage.CANARY]


def test_at_canary_a_share_makes_it_larger_and_none_goes_live(store: Store) -> None:
    store.flip(Stage.SHADOW, Stage.CANARY)
    store.judge.ready.add("escrows")

    larger = control(store).advance("escrows", share=0.5, **WHO)
    with pytest.raises(StageError, match="expected a larger one"):
        control(store).advance("escrows", share=0.5, **WHO)
    live = control(store).advance("escrows", **WHO)

    assert (larger.rows[0].after.canary_share, live.rows[0].after.stage) == (0.5, Stage.LIVE)


def test_force_overrides_the_verdict_and_nothing_else(store: Store) -> None:
    store.flip(Stage.SHADOW)

    with pytest.raises(ConflictError):
        control(store).advance("escrows", force=True, expected_version=0, **WHO)
    forced = control(store).advance("escrows", force=True, **WHO)
    store.flip(Stage.LIVE, Stage.COMPLETE)
    with pytest.raises(StageError, match="the last stage"):
        control(store).advance("escrows", force=True, **WHO)

    assert forced.rows[0].after.stage is Stage.CANARY


def test_a_share_is_set_at_canary_only(store: Store) -> None:
    with pytest.raises(StageError, match="a canary share is set at stage canary"):
        control(store).set_share("escrows", 0.5, **WHO)
    store.flip(Stage.SHADOW, Stage.CANARY)
    with pytest.raises(ShareError):
        control(store).set_share("escrows", 1.5, **WHO)
    set_to = control(store).set_share("escrows", 0.01, **WHO)

    assert set_to.rows[0].after.canary_share == 0.01


def test_back_is_never_refused(store: Store) -> None:
    store.flip(Stage.SHADOW, Stage.CANARY)

    back = control(store).roll_back("escrows", actor="olivia")
    again = control(store).roll_back(actor="olivia")

    assert back is not None
    assert (back.rows[0].after.stage, back.reason, again) == (Stage.OFF, "rollback", None)
    with pytest.raises(UnknownKeyError):
        control(store).roll_back("nothing", actor="olivia")
