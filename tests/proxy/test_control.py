"""Control on a real store: steps forward ask the verdict and the calendar, rollbacks nobody, and the ledger knows all."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from parity.database import open_database
from parity.errors import StoreError
from parity.exchange import Endpoint
from proxy.control import Control, ControlSettings
from proxy.errors import (
    ConflictError,
    NotAcknowledgedError,
    RefusedError,
    ShareError,
    StageError,
    UnknownKeyError,
)
from proxy.flag_rows import Change, Judged
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.freeze import FreezeWindow
from proxy.stages import Stage

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("leads", "GET", "/v1/leads"),
)
READY = Judged("ready", (), {"comparisons": 4_000, "latency_ratio": 0.8})
NOT_YET = Judged("not yet", ("comparisons: 12, wanted 100 at least",), {"comparisons": 12})
HOLIDAYS = FreezeWindow(
    "year-end closing", datetime(2026, 12, 20, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
)
ADA: dict[str, Any] = {"actor": "ada", "reason": "a test"}


@dataclass
class Desk:
    """An operator's desk: what the verdict says, and what the clock shows."""

    store: FlagStore
    verdict: Judged = READY
    before: Judged | Exception = READY
    now: datetime = datetime(2026, 11, 29, tzinfo=UTC)
    judged: list[str] = field(default_factory=list)

    def control(self) -> Control:
        """Control as `cli/` would wire it."""
        return Control(
            self.store,
            self.judge,
            ControlSettings((HOLIDAYS,)),
            judge_before=self.judge_before,
            clock=self.clock,
        )

    def clock(self) -> float:
        return self.now.timestamp()

    def judge(self, key: str) -> Judged:
        self.judged.append(key)
        return self.verdict

    def judge_before(self, key: str, version: int) -> Judged:
        self.judged.append(f"{key} before {version}")
        if isinstance(self.before, Exception):
            raise self.before
        return self.before

    def stage(self, key: str = "escrows") -> Flag:
        return self.store.table().rows[key]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield Desk(FlagStore(engine, ENDPOINTS))
    engine.dispose()


def test_it_walks_all_the_way_one_step_at_a_time(desk: Desk) -> None:
    control = desk.control()
    steps = [control.advance("escrows", **ADA).rows[0].after for _ in range(4)]

    assert steps == [Flag(Stage.SHADOW), Flag(Stage.CANARY), Flag(Stage.LIVE), Flag(Stage.COMPLETE)]
    with pytest.raises(StageError, match="no further stage"):
        control.advance("escrows", **ADA)


def test_a_change_has_the_verdict_and_the_figures_of_its_moment(desk: Desk) -> None:
    change = desk.control().advance("escrows", **ADA)

    assert (change.action, change.verdict, change.forced) == ("advance", READY, False)
    assert desk.store.history() == [change]


def test_without_a_ready_verdict_nothing_changes_and_the_refusal_says_what_is_missing(desk: Desk) -> None:
    desk.verdict = NOT_YET
    control = desk.control()
    control.advance("escrows", **ADA)

    with pytest.raises(RefusedError) as refused:
        control.advance("escrows", **ADA)

    assert refused.value.lines == ("the verdict is 'not yet'", *NOT_YET.lines)
    assert desk.stage() == Flag(Stage.SHADOW)


def test_force_goes_on_and_the_ledger_is_told(desk: Desk) -> None:
    desk.verdict = NOT_YET
    control = desk.control()
    control.advance("escrows", **ADA)

    change = control.advance("escrows", force=True, **ADA)

    assert (change.forced, change.verdict) == (True, NOT_YET)
    assert desk.stage() == Flag(Stage.CANARY)


def test_what_may_be_missing_is_not_asked_for_and_is_no_override(desk: Desk) -> None:
    desk.verdict = NOT_YET
    control = desk.control()
    control.advance("escrows", **ADA)

    change = control.advance("escrows", may_be_missing={"comparisons"}, **ADA)

    assert (change.forced, change.verdict, desk.stage()) == (False, NOT_YET, Flag(Stage.CANARY))


def test_what_is_done_with_a_step_fails_with_it(desk: Desk) -> None:
    def fail(_connection: sa.Connection) -> None:
        raise ConflictError("no")

    with pytest.raises(ConflictError):
        desk.control().advance("escrows", also=fail, **ADA)

    assert (desk.store.table().rows, desk.store.history()) == ({}, [])


def test_force_where_nothing_was_in_the_way_is_not_marked(desk: Desk) -> None:
    assert desk.control().advance("escrows", force=True, **ADA).forced is False


def test_in_a_freeze_window_nobody_goes_forward_but_everybody_back(desk: Desk) -> None:
    control = desk.control()
    for _ in range(2):
        control.advance("escrows", **ADA)
    desk.now = datetime(2026, 12, 24, tzinfo=UTC)

    with pytest.raises(RefusedError, match="year-end closing"):
        control.advance("escrows", **ADA)
    with pytest.raises(RefusedError, match="year-end closing"):
        control.advance("leads", **ADA)
    control.set_share("escrows", 0.01, **ADA)
    change = control.roll_back("escrows", actor="ada")

    assert change is not None
    assert desk.stage() == Flag(Stage.OFF, 0.01)


def test_a_share_is_set_at_canary_only_and_a_larger_one_needs_the_verdict(desk: Desk) -> None:
    control = desk.control()
    control.advance("escrows", **ADA)
    with pytest.raises(StageError, match="only at canary"):
        control.set_share("escrows", 0.2, **ADA)
    control.advance("escrows", **ADA)
    desk.verdict = NOT_YET

    with pytest.raises(RefusedError, match="stays at 5%"):
        control.set_share("escrows", 0.2, **ADA)
    change = control.set_share("escrows", 0.01, **ADA)

    assert (change.action, desk.stage()) == ("share", Flag(Stage.CANARY, 0.01))


def test_a_stage_is_set_exactly_by_the_same_rules(desk: Desk) -> None:
    control = desk.control()
    control.set_stage("escrows", Stage.SHADOW, sample_rate=0.5, **ADA)
    desk.verdict = NOT_YET

    with pytest.raises(RefusedError):
        control.set_stage("escrows", Stage.CANARY, **ADA)
    with pytest.raises(StageError, match="the next one is canary"):
        control.set_stage("escrows", Stage.LIVE, force=True, **ADA)
    change = control.set_stage("escrows", Stage.OFF, **ADA)

    assert (change.action, desk.stage()) == ("flip", Flag(Stage.OFF, sample_rate=0.5))


@pytest.mark.parametrize("share", [1.5, -0.1, float("nan")])
def test_a_share_that_is_none_is_told_before_anybody_is_asked(desk: Desk, share: float) -> None:
    control = desk.control()
    control.advance("escrows", **ADA)
    desk.judged.clear()

    with pytest.raises(ShareError):
        control.advance("escrows", share=share, **ADA)

    assert desk.judged == []


def test_a_name_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(UnknownKeyError, match="did you mean escrows"):
        desk.control().advance("escrow", **ADA)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk at a store of either kind, in which there was something before."""
    url = f"sqlite:///{tmp_path}/either.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("database_url")
    engine = open_database(url)
    made = Desk(FlagStore(engine, ENDPOINTS))
    made.control().roll_back(**ADA)
    yield made
    made.control().roll_back(**ADA)
    engine.dispose()


def test_who_decided_before_somebody_changed_the_same_flag_changes_nothing(either: Desk) -> None:
    control = either.control()
    seen = either.store.version()
    change = control.advance("GET /v1/escrows", actor="bob", reason="quicker")

    with pytest.raises(ConflictError) as refused:
        control.advance("escrows", expected_version=seen, **ADA)
    with pytest.raises(ConflictError):
        control.apply({"escrows": Flag(Stage.SHADOW)}, expected_version=seen, **ADA)
    with pytest.raises(ConflictError, match=f"at version {change.version}, not at {change.version + 9}"):
        control.advance("escrows", expected_version=change.version + 9, **ADA)

    assert str(refused.value) == (
        f"the flag of GET /v1/escrows was changed since version {seen}, by bob (version {change.version}): quicker;"
        " look again"
    )
    assert either.store.table().rows.get("escrows", DEFAULT_FLAG).stage is Stage.OFF


def test_what_else_came_into_the_ledger_is_no_conflict(either: Desk) -> None:
    control = either.control()
    seen = either.store.version()
    control.advance("leads", actor="bob", reason="another domain")
    for number in range(60):  # more than a page of the ledger
        either.store.note("accept", f"a-{number}", actor="bob", reason="x", apply=lambda _connection: None)

    advanced = control.advance("escrows", expected_version=seen, **ADA)
    either.store.note("token", "t-1", actor="bob", reason="x", apply=lambda _connection: None)
    applied = control.apply({"escrows": Flag(Stage.CANARY)}, expected_version=advanced.version, **ADA)

    assert advanced.version == seen + 62
    assert applied is not None
    assert either.stage().stage is Stage.CANARY


def test_what_comes_while_it_is_judged_is_judged_anew_though_a_version_is_expected(desk: Desk) -> None:
    def judge(key: str) -> Judged:
        desk.judged.append(key)
        if len(desk.judged) == 1:
            desk.store.note("accept", "a-1", actor="bob", reason="x", apply=lambda _connection: None)
        return READY

    change = Control(desk.store, judge, ControlSettings()).advance("escrows", expected_version=0, **ADA)

    assert (change.version, desk.judged) == (2, ["escrows", "escrows"])


def test_whoever_made_the_same_step_before_is_told_as_quicker(desk: Desk) -> None:
    control = desk.control()
    for share in (None, 0.05):
        seen = control.advance("escrows", share=share, **ADA).version
    control.advance("escrows", share=0.5, actor="bob", reason="quicker")

    with pytest.raises(ConflictError, match=r"since version 2, by bob \(version 3\): quicker"):
        control.advance("escrows", share=0.5, expected_version=seen, **ADA)


def test_control_tells_the_freeze_window_of_now(desk: Desk) -> None:
    assert desk.control().freeze() == ""
    desk.now = datetime(2026, 12, 24, tzinfo=UTC)
    assert desk.control().freeze().endswith("year-end closing")


def test_a_change_that_came_in_between_is_judged_anew(desk: Desk) -> None:
    def judge(key: str) -> Judged:
        if not desk.judged:
            desk.judged.append(key)
            desk.store.flip("leads", Stage.SHADOW, actor="bob", reason="while it was judged")
        desk.judged.append(key)
        return READY

    change = Control(desk.store, judge, ControlSettings()).advance("escrows", **ADA)

    assert change.version == 2
    assert desk.judged == ["escrows", "escrows", "escrows"]


def test_a_rollback_is_in_force_before_its_verdict_is_looked_for(desk: Desk) -> None:
    control = desk.control()
    for _ in range(2):
        control.advance("escrows", **ADA)
    desk.judged.clear()
    seen: list[tuple[Stage, list[str]]] = []

    def changed(_change: Change) -> None:
        seen.append((desk.stage().stage, list(desk.judged)))

    change = control.roll_back("escrows", actor="guard:errors", reason="too many", changed=changed)

    assert seen == [(Stage.OFF, [])]
    assert change is not None
    assert (desk.judged, change.verdict) == (["escrows before 3"], READY)
    assert desk.store.history(1) == [change]


@pytest.mark.parametrize("failure", [StoreError("locked"), ValueError("a cell that there is not")])
def test_a_rollback_stands_whatever_becomes_of_its_verdict(desk: Desk, failure: Exception) -> None:
    desk.before = failure
    control = desk.control()
    control.advance("escrows", **ADA)

    change = control.roll_back("escrows", actor="ada")

    assert change is not None
    assert (change.verdict, change.reason) == (None, "rollback")
    assert desk.stage() == Flag(Stage.OFF)


def test_a_rollback_that_nobody_acknowledges_is_in_force_and_has_its_verdict(desk: Desk) -> None:
    control = desk.control()
    control.advance("escrows", **ADA)

    def changed(change: Change) -> None:
        raise NotAcknowledgedError(change.version, ["proxy-1"], 5.0)

    with pytest.raises(NotAcknowledgedError):
        control.roll_back("escrows", actor="ada", changed=changed)

    assert desk.stage() == Flag(Stage.OFF)
    assert desk.store.history(1)[0].verdict == READY


def test_what_is_not_further_is_not_rolled_back(desk: Desk) -> None:
    assert desk.control().roll_back("escrows", actor="ada") is None
    assert desk.store.version() == 0


def test_several_rows_are_applied_in_one_entry_or_not_at_all(desk: Desk) -> None:
    control = desk.control()
    wanted = {"escrows": Flag(Stage.SHADOW), "leads": Flag(Stage.SHADOW, sample_rate=0.5)}

    change = control.apply(wanted, **ADA)

    assert change is not None
    assert (change.action, change.version, [row.key for row in change.rows]) == (
        "apply",
        1,
        ["escrows", "leads"],
    )
    assert control.apply(wanted, **ADA) is None
    assert desk.store.version() == 1


def test_applying_names_everything_that_is_in_the_way_and_changes_nothing(desk: Desk) -> None:
    desk.verdict = NOT_YET
    control = desk.control()
    control.advance("escrows", **ADA)
    wanted = {"escrows": Flag(Stage.CANARY), "leads": Flag(Stage.LIVE)}

    with pytest.raises(RefusedError) as refused:
        control.apply(wanted, **ADA)
    with pytest.raises(RefusedError) as forced:
        control.apply(wanted, force=True, **ADA)

    assert "escrows: the verdict is 'not yet'" in refused.value.lines
    assert any("leads is at off and cannot go to live" in line for line in refused.value.lines)
    assert [line.partition(":")[0] for line in forced.value.lines] == [
        "leads is at off and cannot go to live"
    ]
    assert desk.store.table().rows == {"escrows": Flag(Stage.SHADOW)}


def test_a_plan_changes_nothing_and_leaves_out_what_is_so_already(desk: Desk) -> None:
    control = desk.control()
    control.advance("escrows", **ADA)

    table, steps = control.plan({"escrows": Flag(Stage.SHADOW), "leads": Flag(Stage.SHADOW)})

    assert (table.version, [step.key for step in steps]) == (1, ["leads"])
    assert desk.store.version() == 1
