"""Changes that are asked for again when an answer was lost: each is made once, and told each time."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.control import Control, ControlSettings
from proxy.errors import ConflictError
from proxy.flag_changes import FlagChanges
from proxy.flag_rows import Judged, Registration
from proxy.flag_store import FlagStore
from proxy.flags import Flag
from proxy.served import Served
from proxy.stages import Stage

ENDPOINTS = [Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("leads", "GET", "/v1/leads")]


@dataclass
class Judge:
    """A verdict that is ready; somebody else may act while it is looked for."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def __call__(self, _key: str) -> Judged:
        """The verdict."""
        if self.meanwhile:
            self.meanwhile.pop()()
        return Judged("ready")


@dataclass
class Desk:
    """An operator's changes, and the store behind them."""

    flags: FlagStore
    judge: Judge
    changes: FlagChanges

    def advance(self, *, since: int | None = None, expected: int | None = None, reason: str = "go") -> Served:
        """One step of escrows."""
        return self.changes.advance(
            "escrows", share=None, reason=reason, force=False, expected_version=expected, since_version=since
        )

    def roll_back(self, *, since: int | None = None, key: str | None = "escrows") -> Served:
        """Back to `off`."""
        told: list[Served] = []
        self.changes.roll_back(key, to=Stage.OFF, reason="", told=told.append, since_version=since)
        (served,) = told
        return served

    def by_another(self, key: str, stage: Stage) -> None:
        """A change of somebody else's."""
        self.flags.flip(key, stage, actor="bob", reason="go")

    @property
    def stage(self) -> Stage:
        """That of escrows."""
        return self.flags.table().rows["escrows"].stage


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    flags, judge = FlagStore(engine, ENDPOINTS), Judge()
    yield Desk(
        flags, judge, FlagChanges(flags, Control(flags, judge, ControlSettings()), "ada", within_s=0.2)
    )
    engine.dispose()


def test_a_step_that_is_asked_for_twice_since_one_version_is_one_step(desk: Desk) -> None:
    first = desk.advance(since=0)

    again = desk.advance(since=0)

    assert (again.version, again.change) == (1, first.change)
    assert desk.stage is Stage.SHADOW
    assert len(desk.flags.history()) == 1


def test_asked_for_since_another_version_it_is_another_step(desk: Desk) -> None:
    desk.advance(since=0)

    desk.advance(since=1)

    assert desk.stage is Stage.CANARY


def test_the_step_of_another_person_or_for_another_reason_is_not_the_same(desk: Desk) -> None:
    desk.by_another("escrows", Stage.SHADOW)

    served = desk.advance(since=0, reason="another")

    assert (served.version, desk.stage) == (2, Stage.CANARY)


def test_who_expects_a_version_is_refused_when_somebody_was_quicker(desk: Desk) -> None:
    desk.by_another("leads", Stage.SHADOW)
    desk.by_another("escrows", Stage.SHADOW)

    with pytest.raises(ConflictError):
        desk.advance(since=0, expected=0)

    assert len(desk.flags.history()) == 2


def test_of_two_that_ask_at_once_one_makes_it_and_the_other_tells_of_it(desk: Desk) -> None:
    desk.judge.meanwhile.append(lambda: desk.advance(since=0))

    served = desk.advance(since=0)

    assert (served.version, desk.stage) == (1, Stage.SHADOW)
    assert len(desk.flags.history()) == 1


def test_who_expects_a_version_too_is_told_of_what_the_other_made(desk: Desk) -> None:
    desk.judge.meanwhile.append(lambda: desk.advance(since=0, expected=0))

    served = desk.advance(since=0, expected=0)

    assert (served.version, len(desk.flags.history())) == (1, 1)


def test_another_change_in_between_holds_up_nobody_who_expects_no_version(desk: Desk) -> None:
    desk.judge.meanwhile.append(lambda: desk.by_another("leads", Stage.SHADOW))

    served = desk.advance(since=0)

    assert (served.version, desk.stage) == (2, Stage.SHADOW)


def test_a_rollback_that_is_asked_for_again_undoes_no_later_step(desk: Desk) -> None:
    desk.by_another("escrows", Stage.SHADOW)
    first = desk.roll_back(since=1)
    desk.by_another("escrows", Stage.SHADOW)

    again = desk.roll_back(since=1)

    assert again.change == first.change
    assert desk.stage is Stage.SHADOW


@pytest.mark.parametrize(("serves", "is_timed"), [(2, True), (1, False)])
def test_the_ledger_keeps_how_long_a_rollback_took_that_every_worker_serves(
    desk: Desk, serves: int, *, is_timed: bool
) -> None:
    desk.by_another("escrows", Stage.SHADOW)
    desk.flags.register(Registration("id", "proxy-1", socket.gethostname(), os.getpid()))
    desk.flags.acknowledge("id", serves)  # as soon as it can be there

    served = desk.roll_back()

    (rollback, step) = desk.flags.history()
    assert rollback.served_ms == (served.ms if is_timed else None)
    assert step.served_ms is None


def test_a_rollback_that_no_worker_serves_has_no_time(desk: Desk) -> None:
    desk.by_another("escrows", Stage.SHADOW)

    desk.roll_back()

    assert desk.flags.history(1)[0].served_ms is None


def test_a_rollback_of_what_is_not_further_changes_nothing(desk: Desk) -> None:
    assert desk.roll_back(since=0) == desk.roll_back() == Served(0)


def test_everything_is_rolled_back_once(desk: Desk) -> None:
    desk.by_another("escrows", Stage.SHADOW)
    desk.by_another("leads", Stage.SHADOW)

    served = [desk.roll_back(since=2, key=None) for _ in range(2)]

    assert [one.version for one in served] == [3, 3]
    assert len(desk.flags.history()) == 3


@pytest.mark.parametrize("since", [None, 0])
def test_rows_are_applied_once(desk: Desk, since: int | None) -> None:
    wanted = {"escrows": Flag(Stage.SHADOW, sample_rate=0.5)}

    told = [
        desk.changes.apply(wanted, reason="go", force=False, expected_version=None, since_version=since)
        for _ in range(2)
    ]

    assert told[0].change is not None
    assert (told[1].change is None) == (since is None)
    assert len(desk.flags.history()) == 1


def test_a_stage_with_other_shares_is_another_change(desk: Desk) -> None:
    def flip(sample_rate: float) -> int:
        return desk.changes.set_stage(
            "escrows",
            Stage.SHADOW,
            share=None,
            sample_rate=sample_rate,
            reason="go",
            force=False,
            expected_version=None,
            since_version=0,
        ).version

    assert [flip(0.5), flip(0.5), flip(0.25)] == [1, 1, 2]
