"""What the API of a console answers, as the values that commands show."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from parity.selftest_results import SelfTestState
from parity.verdict import Verdict
from proxy.console import answers
from proxy.console import operator_answers as operator
from proxy.flag_rows import Acknowledgement, Change, Judged, LastAnswer, RowChange, Worker
from proxy.flags import Flag, FlagTable
from proxy.operations import Piloted
from proxy.served import LastByModern, Served
from proxy.stages import Stage
from proxy.steps import Step


def flag_of(flag: answers.Flag) -> Flag:
    """A row of the flag table."""
    return Flag(Stage(flag.stage), flag.canary_share, flag.sample_rate)


def table_of(flags: answers.Flags) -> FlagTable:
    """The flag table; a domain without a row has one here that says the same."""
    return FlagTable(flags.version, {row.key: flag_of(row) for row in flags.flags})


def change_of(change: answers.Change) -> Change:
    """An entry of the ledger."""
    rows = [
        RowChange(row.key, None if row.before is None else flag_of(row.before), flag_of(row.after))
        for row in change.changed
    ]
    return Change(
        change.version,
        datetime.fromisoformat(change.at),
        change.action,
        change.key,
        change.actor,
        change.reason,
        tuple(rows),
        judged_of(change.verdict),
        change.forced,
        change.served_ms,
    )


def judged_of(verdict: answers.Judged | None) -> Judged | None:
    """The verdict of a moment."""
    return None if verdict is None else Judged(verdict.word, tuple(verdict.lines), verdict.figures)


def worker_of(worker: answers.Worker) -> Worker:
    """A proxy worker; when it was seen is told by the clock of this machine."""
    return Worker(
        worker.id,
        worker.name,
        worker.host,
        worker.pid,
        worker.port,
        worker.admin_port,
        datetime.fromisoformat(worker.started_at),
        worker.version,
        datetime.fromtimestamp(time.time() - worker.seen_s_ago, UTC),
    )


def served_of(changed: operator.FlagChanged) -> Served:
    """What a change came to."""
    last = changed.last_by_modern
    return Served(
        changed.version,
        None if changed.change is None else change_of(changed.change),
        changed.ms,
        tuple(Acknowledgement(one.worker, changed.version, one.ms) for one in changed.workers),
        tuple(changed.missing),
        None if last is None else LastByModern(last.worker, LastAnswer(last.endpoint, last.at_s)),
    )


def step_of(step: operator.Step) -> Step:
    """A step of a plan."""
    return Step(
        step.key,
        flag_of(step.before),
        flag_of(step.after),
        judged_of(step.verdict),
        tuple(step.refused),
        step.forbidden,
    )


def piloted_of(pilot: operator.PilotedRun) -> Piloted:
    """A run of a pilot."""
    return Piloted(pilot.run, pilot.walked_by)


def verdict_of(values: dict[str, Any]) -> Verdict:
    """A verdict; raises msgspec.ValidationError where another version of Crossfade made it."""
    verdict = msgspec.convert(values["verdict"], Verdict)
    test = values["self_test"]
    if test is None:
        return verdict
    return replace(verdict, self_test=msgspec.convert({"by_rule": 0, **test}, SelfTestState))
