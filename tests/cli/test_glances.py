"""What is watched: the store as it is, how fast something grows, and a store that does not answer."""

import threading
import time
from collections.abc import Callable

import pytest

from cli.context import Context
from cli.glances import DomainRow, Glance, Glances, Reader
from cli.settings import load_settings
from parity.errors import StoreError
from parity.verdict import Readiness
from proxy.flag_rows import Registration
from proxy.stages import Stage
from tests.cli.told import Told, requests
from tests.support.command import InProcess

LEADS = "GET /v1/leads"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def context(crossfade: InProcess) -> Context:
    return Context(load_settings(), None, "secret", crossfade.state_dir.name)


def row(glance: Glance, domain: str = "leads") -> DomainRow:
    return next(one for one in glance.domains if one.name == domain)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


def test_a_reading_has_flags_workers_ledger_and_verdicts(crossfade: InProcess, context: Context) -> None:
    Told(crossfade).say(0, requests("legacy", LEADS, 3))
    context.flags.flip("leads", Stage.SHADOW, actor="olivia", reason="first look")
    context.flags.flip(LEADS, Stage.CANARY, canary_share=0.1, actor="olivia", reason="one of them")
    context.flags.register(Registration("proxy-1-a", "proxy-1", "elsewhere", 1))

    glance = Reader(context).read()

    leads = row(glance)
    assert (glance.version, glance.trouble) == (2, "")
    assert (leads.flag.stage, leads.tally.requests) == (Stage.SHADOW, 3)
    assert {key: flag.stage for key, flag in leads.own_flags.items()} == {LEADS: Stage.CANARY}
    assert leads.verdict is not None
    assert leads.verdict.readiness is Readiness.NOT_YET
    assert [worker.name for worker in glance.workers] == ["proxy-1"]
    assert [change.reason for change in glance.changes] == ["one of them", "first look"]


def test_guards_of_domains_on_their_way_are_seen_and_say_that_nobody_watches(
    crossfade: InProcess, context: Context
) -> None:
    told = Told(crossfade)
    told.say(0)
    told.complete("leads")
    context.flags.flip("escrows", Stage.SHADOW, actor="olivia", reason="x")
    context.flags.flip("escrows", Stage.CANARY, actor="olivia", reason="x")

    guards = Reader(context).read().guards

    assert {(row.domain, row.state, row.is_alarming) for row in guards if row.domain == "escrows"} == {
        ("escrows", "unwatched", True)
    }


def test_requests_a_second_are_those_since_the_glances_of_the_last_ten(
    crossfade: InProcess, context: Context
) -> None:
    told, ticks = Told(crossfade), Clock(100.0)
    told.say(1, requests("legacy", LEADS, 1_000))
    reader = Reader(context, ticks=ticks)
    rates = []
    for n in (0, 10, 30, 0):
        told.say(0, requests("legacy", LEADS, n))
        rates.append(row(reader.read()).per_s)
        ticks.at += 10

    assert rates == [0.0, 1.0, 3.0, 0.0]


def test_the_first_reading_takes_the_last_minutes(crossfade: InProcess, context: Context) -> None:
    Told(crossfade).say(0, requests("modern", LEADS, 120))
    soon = (time.time() // 60 + 1) * 60 + 30

    assert row(Reader(context, clock=Clock(soon)).read()).per_s == pytest.approx(120 / 90)


def test_a_verdict_is_kept_for_some_seconds(crossfade: InProcess, context: Context) -> None:
    Told(crossfade).say(0)
    ticks = Clock(100.0)
    reader = Reader(context, ticks=ticks)
    verdicts = []
    for _ in range(3):
        verdicts.append(row(reader.read()).verdict)
        ticks.at += 4

    assert verdicts[0] is verdicts[1]
    assert verdicts[2] is not verdicts[1]


def test_who_is_in_a_hurry_has_the_verdicts_a_reading_later(crossfade: InProcess, context: Context) -> None:
    Told(crossfade).say(0)
    ticks = Clock(100.0)
    reader = Reader(context, quick=True, ticks=ticks)

    first = row(reader.read()).verdict
    ticks.at += 1
    second = row(reader.read()).verdict

    assert first is None
    assert second is not None


def test_what_the_store_refuses_is_the_trouble_of_what_was_read_before() -> None:
    answers: list[Glance | StoreError] = [
        Glance(at=1.0, version=7),
        StoreError("cannot read the store: gone\nmore"),
    ]

    def read() -> Glance:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    glances = Glances(read, interval_s=0.001)
    glances.start()
    until(lambda: bool(glances.latest().trouble))
    glances.stop()

    assert glances.latest() == Glance(at=1.0, version=7, trouble="cannot read the store: gone")


def test_a_store_that_hangs_holds_up_nobody_and_is_told() -> None:
    release = threading.Event()

    def read() -> Glance:
        release.wait(30)
        return Glance(at=1.0)

    glances = Glances(read, interval_s=0.01)
    glances.start()
    until(lambda: bool(glances.latest().trouble))
    hanging = glances.latest()
    release.set()
    until(lambda: not glances.latest().trouble)
    glances.stop()

    assert hanging.trouble == "the store has not answered for 0 s"
    assert glances.latest().at == 1.0
