"""What a server answers becomes what commands show."""

import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cli import server_values as values
from parity.database import open_database
from parity.exchange import Endpoint
from parity.selftest_results import SelfTestState
from parity.verdict import build_verdict
from proxy.console import answers
from proxy.console import operator_answers as operator
from proxy.console.operator_api import told_verdict
from proxy.flag_rows import Acknowledgement, Change, Judged, LastAnswer, RowChange
from proxy.flags import Flag, FlagTable
from proxy.served import LastByModern, Served
from proxy.stages import Stage
from proxy.steps import Step

NOON = datetime(2026, 11, 29, 12, 0, 1, 250_001, tzinfo=UTC)
FLAG = answers.Flag("escrows", "canary", 0.25, 0.5)
CHANGED = answers.Change(
    3,
    NOON.isoformat(),
    "rollback",
    "escrows",
    "ada",
    "back",
    [answers.RowChange("escrows", None, FLAG)],
    answers.Judged("no", ["groups: 1"], {"comparisons": 12}),
    forced=True,
)
CHANGE = Change(
    3,
    NOON,
    "rollback",
    "escrows",
    "ada",
    "back",
    (RowChange("escrows", None, Flag(Stage.CANARY, 0.25, 0.5)),),
    Judged("no", ("groups: 1",), {"comparisons": 12}),
    forced=True,
)


def test_the_flag_table_is_the_same() -> None:
    table = values.table_of(answers.Flags(7, [FLAG]))

    assert table == FlagTable(7, {"escrows": Flag(Stage.CANARY, 0.25, 0.5)})


def test_a_change_that_is_served_is_the_same() -> None:
    told = operator.FlagChanged(
        3,
        CHANGED,
        12.5,
        [answers.Acknowledgement("proxy-1", 3.5)],
        ["proxy-2"],
        operator.LastByModern("proxy-1", "GET /v1/escrows", 20.5),
    )

    assert values.served_of(told) == Served(
        3,
        CHANGE,
        12.5,
        (Acknowledgement("proxy-1", 3, 3.5),),
        ("proxy-2",),
        LastByModern("proxy-1", LastAnswer("GET /v1/escrows", 20.5)),
    )


def test_when_a_worker_was_seen_is_told_by_the_clock_of_this_machine() -> None:
    told = answers.Worker(
        "id", "proxy-1", "there", 1, 80, 81, NOON.isoformat(), 3, seen_s_ago=60.0, is_behind=False
    )

    worker = values.worker_of(told)

    assert (worker.name, worker.started_at, worker.version) == ("proxy-1", NOON, 3)
    assert time.time() - worker.seen_at.timestamp() == pytest.approx(60.0, abs=5.0)


def test_a_step_of_a_plan_is_the_same() -> None:
    step = values.step_of(operator.Step("escrows", FLAG, FLAG, None, ["frozen"], "too far"))

    flag = Flag(Stage.CANARY, 0.25, 0.5)
    assert step == Step("escrows", flag, flag, None, ("frozen",), "too far")


@pytest.mark.parametrize("test", [None, SelfTestState(40, 39, 3, 1, 20.5, ("a rule",))])
def test_a_verdict_is_the_same_with_its_self_test(tmp_path: Path, test: SelfTestState | None) -> None:
    endpoints = [Endpoint("escrows", "GET", "/v1/escrows")]
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    verdict = build_verdict(engine, "escrows", endpoints, self_test=test, now=1_790_000_000.5)

    sent = msgspec.json.decode(msgspec.json.encode(told_verdict(verdict)))

    assert values.verdict_of(sent).to_json() == verdict.to_json()
    engine.dispose()


def test_a_verdict_of_another_version_cannot_be_read() -> None:
    with pytest.raises(msgspec.ValidationError):
        values.verdict_of({"verdict": {"generated_at": 1.0}, "self_test": None})
