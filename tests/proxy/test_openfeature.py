"""Stages from a provider on a real store: what it says is copied, and whatever it does when broken changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from parity.database import open_database
from parity.errors import StoreError
from parity.exchange import Endpoint
from proxy.control import Control, ControlSettings
from proxy.flag_rows import Judged
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.freeze import FreezeWindow
from proxy.lease import Lease
from proxy.openfeature import LEASE, RETRY_S, OpenFeatureSettings, OpenFeatureWatch
from proxy.openfeature_states import OPENFEATURE_KEYS, KeyState, ProviderState
from proxy.provider_answers import NoAnswer, ProviderAnswer, Said
from proxy.stages import Stage
from tests.proxy.rig import until

LIST = Endpoint("escrows", "GET", "/v1/escrows")
ENDPOINTS = (LIST, Endpoint("leads", "GET", "/v1/leads"))
READY, NOT_YET = Judged("ready"), Judged("not yet", ("comparisons: 12, wanted 100 at least",))
POLL_S = 5.0
HOLIDAYS = FreezeWindow("closing", datetime(2026, 12, 20, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC))


@dataclass
class Provider:
    """A source that says what a test wants."""

    says: dict[str, ProviderAnswer] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    is_closed: bool = False
    name: str = "acme"
    before_answer: Callable[[], None] = lambda: None

    async def ask(self, keys: Sequence[str]) -> dict[str, ProviderAnswer]:
        self.asked.append(list(keys))
        self.before_answer()
        return {key: self.says.get(key, NoAnswer("answered 404 FLAG_NOT_FOUND")) for key in keys}

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class Desk:
    """One installation: a store, a provider, and a clock."""

    engine: sa.Engine
    store: FlagStore
    provider: Provider = field(default_factory=Provider)
    verdict: Callable[[str], Judged] = lambda _key: READY
    now: float = datetime(2026, 11, 29, tzinfo=UTC).timestamp()
    judged: int = 0
    settings: OpenFeatureSettings = field(
        default_factory=lambda: OpenFeatureSettings({"escrows": "acme-escrows"}, POLL_S, 30.0, 60.0)
    )

    def clock(self) -> float:
        return self.now

    def judge(self, key: str) -> Judged:
        self.judged += 1
        return self.verdict(key)

    def watch(self, holder: str = "one") -> OpenFeatureWatch:
        control = Control(self.store, self.judge, ControlSettings((HOLIDAYS,)), clock=self.clock)
        return OpenFeatureWatch(
            self.engine, self.store, control, self.provider, self.settings, holder=holder, clock=self.clock
        )

    def at(self, stage: Stage, share: float = 0.5, key: str = "escrows") -> None:
        """Bring a flag there, by hand and long ago."""
        for one in Stage:
            if one.position in range(1, stage.position + 1):
                self.store.flip(key, one, canary_share=share, actor="ada", reason="by hand")

    def flag(self, key: str = "escrows") -> Flag:
        return self.store.table().rows.get(key, DEFAULT_FLAG)

    async def hear(
        self, watch: OpenFeatureWatch, answer: ProviderAnswer, polls: int = 1, flag: str = "acme-escrows"
    ) -> KeyState:
        """Let the provider say that for so many polls; the state after the last."""
        self.provider.says[flag] = answer
        for _ in range(polls):
            await watch.poll()
            self.now += POLL_S
        key = next(key for key, name in self.settings.keys.items() if name == flag)
        return watch.figures.states[key]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield Desk(engine, FlagStore(engine, ENDPOINTS))
    engine.dispose()


async def test_a_step_forward_is_taken_when_it_was_said_for_long_enough_and_once(desk: Desk) -> None:
    watch = desk.watch()

    early = await desk.hear(watch, Said(Stage.SHADOW), polls=6)
    before = desk.flag().stage
    later = await desk.hear(watch, Said(Stage.SHADOW), polls=10)

    assert (early.state, before) == (ProviderState.SETTLING, Stage.OFF)
    assert (later.state, desk.flag().stage) == (ProviderState.AGREES, Stage.SHADOW)
    changes = desk.store.history()
    assert [(one.actor, one.action, one.reason) for one in changes] == [
        ("openfeature:acme", "advance", "flag acme-escrows says shadow")
    ]
    assert changes[0].verdict == READY


async def test_a_step_back_is_taken_at_once_whatever_the_verdict_and_the_calendar_say(desk: Desk) -> None:
    desk.at(Stage.LIVE)
    desk.verdict, desk.now = lambda _key: NOT_YET, datetime(2026, 12, 24, tzinfo=UTC).timestamp()

    state = await desk.hear(desk.watch(), Said(Stage.OFF))

    assert (state.state, desk.flag().stage) == (ProviderState.AGREES, Stage.OFF)
    assert desk.store.history(1)[0].actor == "openfeature:acme"


async def test_a_jump_forward_is_refused_and_told(desk: Desk) -> None:
    state = await desk.hear(desk.watch(), Said(Stage.LIVE), polls=20)

    assert (state.state, desk.flag().stage, desk.judged) == (ProviderState.REFUSED, Stage.OFF, 0)
    assert "escrows is at off and cannot go to live" in state.problem


async def test_the_canary_share_is_the_providers_and_less_of_it_is_taken_at_once(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    watch = desk.watch()

    shares = []
    for answer, polls in ((0.1, 8), (0.4, 8), (0.2, 1), (0.3, 1)):
        await desk.hear(watch, Said(Stage.CANARY, answer), polls)
        shares.append(desk.flag().canary_share)

    assert desk.flag().stage is Stage.CANARY
    assert shares == [0.1, 0.4, 0.2, 0.2]


async def test_canary_without_a_share_begins_with_that_of_a_new_flag_and_keeps_its_own(desk: Desk) -> None:
    desk.at(Stage.CANARY, 0.9)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW))

    await desk.hear(watch, Said(Stage.CANARY), polls=8)
    begun = desk.flag()
    desk.store.flip("escrows", Stage.CANARY, canary_share=0.3, actor="ada", reason="by hand")
    state = await desk.hear(watch, Said(Stage.CANARY), polls=8)

    assert begun == Flag(Stage.CANARY, DEFAULT_FLAG.canary_share)
    assert (state.state, desk.flag().canary_share) == (ProviderState.AGREES, 0.3)


async def test_back_to_a_smaller_canary_share_takes_one_poll(desk: Desk) -> None:
    desk.at(Stage.LIVE, 0.5)

    await desk.hear(desk.watch(), Said(Stage.CANARY, 0.1))

    assert desk.flag() == Flag(Stage.CANARY, 0.1)


async def test_back_to_a_larger_canary_share_waits_as_every_step_forward(desk: Desk) -> None:
    desk.at(Stage.LIVE, 0.1)
    watch = desk.watch()

    await desk.hear(watch, Said(Stage.CANARY, 0.5))
    at_once = desk.flag()
    await desk.hear(watch, Said(Stage.CANARY, 0.5), polls=8)

    assert (at_once, desk.flag()) == (Flag(Stage.CANARY, 0.1), Flag(Stage.CANARY, 0.5))


async def test_a_verdict_that_is_not_ready_refuses_and_is_asked_again_now_and_then(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    desk.judged, desk.verdict = 0, lambda _key: NOT_YET
    watch = desk.watch()

    refused = await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=7 + int(2 * RETRY_S / POLL_S))
    judged = desk.judged
    desk.verdict = lambda _key: READY
    later = await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=int(RETRY_S / POLL_S))

    assert refused.state is ProviderState.REFUSED
    assert "comparisons: 12, wanted 100 at least" in refused.problem
    assert judged == 3
    assert (later.state, desk.flag().stage) == (ProviderState.AGREES, Stage.CANARY)


async def test_a_freeze_window_refuses_steps_forward(desk: Desk) -> None:
    desk.now = datetime(2026, 12, 24, tzinfo=UTC).timestamp()

    state = await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=8)

    assert (state.state, desk.flag().stage) == (ProviderState.REFUSED, Stage.OFF)
    assert "closing" in state.problem


@pytest.mark.parametrize("stage", Stage)
async def test_a_provider_that_gives_no_answer_changes_nothing_and_freezes_with_time(
    desk: Desk, stage: Stage
) -> None:
    desk.at(stage)
    before, version = desk.flag(), desk.store.version()
    watch = desk.watch()

    with capture_logs() as logs:
        soon = await desk.hear(watch, NoAnswer("did not answer within 2 s"), polls=12)
        late = await desk.hear(watch, NoAnswer("did not answer within 2 s"), polls=50)

    assert (soon.state, late.state) == (ProviderState.UNANSWERED, ProviderState.FROZEN)
    assert (desk.flag(), desk.store.version()) == (before, version)
    assert [(one["log_level"], one["problem"]) for one in logs if one.get("state") == "frozen"] == [
        ("warning", "did not answer within 2 s")
    ]


async def test_after_silence_a_step_forward_settles_anew_and_one_back_does_not_wait(desk: Desk) -> None:
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW), polls=6)
    await desk.hear(watch, NoAnswer("is gone"))

    forward = await desk.hear(watch, Said(Stage.SHADOW), polls=6)
    stage = desk.flag().stage
    await desk.hear(watch, Said(Stage.SHADOW))
    await desk.hear(watch, NoAnswer("is gone"), polls=40)
    back = await desk.hear(watch, Said(Stage.OFF))

    assert (forward.state, stage) == (ProviderState.SETTLING, Stage.OFF)
    assert (back.state, desk.flag().stage) == (ProviderState.AGREES, Stage.OFF)


async def test_a_provider_that_flaps_takes_a_flag_back_once_and_never_forward(desk: Desk) -> None:
    desk.at(Stage.CANARY)
    version = desk.store.version()
    watch = desk.watch()

    for _ in range(20):
        await desk.hear(watch, Said(Stage.SHADOW), polls=2)
        await desk.hear(watch, Said(Stage.CANARY, 0.5), polls=3)

    assert desk.store.version() == version + 1
    assert desk.flag().stage is Stage.SHADOW
    assert watch.figures.changes == {("escrows", "back"): 1}


async def test_what_somebody_took_back_stays_back_until_the_provider_has_agreed(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=8)
    desk.store.roll_back("escrows", to=Stage.SHADOW, actor="guard:errors", reason="5 % of errors")

    held = await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=30)
    held_at = desk.flag().stage
    restarted = await desk.hear(desk.watch(), Said(Stage.CANARY, 0.1), polls=30)
    agreed = await desk.hear(watch, Said(Stage.SHADOW))
    await desk.hear(watch, Said(Stage.CANARY, 0.2), polls=8)

    assert (held.state, held_at, restarted.state) == (
        ProviderState.OVERRULED,
        Stage.SHADOW,
        ProviderState.OVERRULED,
    )
    assert "guard:errors took it back in version 3 (5 % of errors)" in held.problem
    assert agreed.state is ProviderState.AGREES
    assert desk.flag() == Flag(Stage.CANARY, 0.2)


async def test_that_the_provider_agreed_is_known_to_the_next_process(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    desk.store.roll_back("escrows", actor="ada", reason="an incident")
    await desk.hear(desk.watch(), Said(Stage.OFF))

    await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=8)

    assert desk.flag().stage is Stage.SHADOW


async def test_what_somebody_took_forward_by_hand_is_taken_back(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW))
    desk.store.flip("escrows", Stage.CANARY, actor="ada", reason="by hand")

    await desk.hear(watch, Said(Stage.SHADOW))

    assert desk.flag().stage is Stage.SHADOW


async def test_what_was_judged_is_what_is_changed(desk: Desk) -> None:
    def meanwhile(_key: str) -> Judged:
        desk.verdict = lambda _key: READY
        desk.store.roll_back("escrows", actor="ada", reason="an incident")
        return READY

    desk.at(Stage.SHADOW)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=6)
    desk.verdict = meanwhile

    await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=20)

    assert desk.flag().stage is Stage.OFF


async def test_an_endpoint_follows_a_flag_of_its_own(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    desk.settings = OpenFeatureSettings({LIST.name: "acme-list"}, POLL_S, 0.0, 60.0)
    watch = desk.watch()

    await desk.hear(watch, Said(Stage.CANARY, 0.1), flag="acme-list")

    assert (desk.flag().stage, desk.flag(LIST.name)) == (Stage.SHADOW, Flag(Stage.CANARY, 0.1))


async def test_a_verdict_that_cannot_be_had_keeps_no_other_flag_from_going_back(desk: Desk) -> None:
    def broken(_key: str) -> Judged:
        raise StoreError("cannot read outcomes: disk I/O error")

    desk.at(Stage.LIVE, key="leads")
    desk.settings = OpenFeatureSettings({"escrows": "acme-escrows", "leads": "acme-leads"}, POLL_S, 0.0, 60.0)
    desk.verdict = broken
    desk.provider.says = {"acme-escrows": Said(Stage.SHADOW), "acme-leads": Said(Stage.OFF)}

    with pytest.raises(StoreError, match="disk I/O error"):
        await desk.watch().poll()

    assert (desk.flag("escrows").stage, desk.flag("leads").stage) == (Stage.OFF, Stage.OFF)


async def test_of_two_processes_one_asks_and_the_other_takes_over(desk: Desk) -> None:
    one, other = desk.watch("one"), desk.watch("other")
    desk.provider.says = {"acme-escrows": Said(Stage.SHADOW)}

    first = [await one.poll(), await other.poll()]
    asked = len(desk.provider.asked)
    desk.now += 60
    second = [await other.poll(), await one.poll()]

    assert (first, asked, second) == ([True, False], 1, [True, False])
    assert one.figures.states == {}


async def test_a_process_that_was_stopped_while_it_asked_does_nothing_with_what_it_heard(desk: Desk) -> None:
    def stopped() -> None:
        desk.now += 600
        Lease(desk.engine, LEASE, "other", 60.0, clock=desk.clock).hold()

    desk.at(Stage.LIVE)
    desk.provider.says, desk.provider.before_answer = {"acme-escrows": Said(Stage.OFF)}, stopped

    with pytest.raises(Exception, match="another process takes stages"):
        await desk.watch().poll()

    assert desk.flag().stage is Stage.LIVE


async def test_a_process_killed_after_a_change_leaves_nothing_to_be_done_twice(desk: Desk) -> None:
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW), polls=8)
    with desk.engine.begin() as connection:
        connection.execute(sa.delete(OPENFEATURE_KEYS))

    state = await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=20)

    assert state.state is ProviderState.AGREES
    assert desk.store.version() == 1


async def test_a_key_that_follows_another_flag_now_begins_anew(desk: Desk) -> None:
    await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=6)
    desk.settings = OpenFeatureSettings({"escrows": "acme-other"}, POLL_S, 30.0, 60.0)

    state = await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=6, flag="acme-other")

    assert state.state is ProviderState.SETTLING


async def test_each_flag_is_asked_for_once_a_round(desk: Desk) -> None:
    desk.settings = OpenFeatureSettings({"escrows": "acme", "leads": "acme"}, POLL_S, 30.0, 60.0)

    await desk.watch().poll()

    assert desk.provider.asked == [["acme"]]


@asynccontextmanager
async def running(watch: OpenFeatureWatch) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_runs_until_it_is_cancelled_and_then_leaves_provider_and_lease(desk: Desk) -> None:
    desk.settings = OpenFeatureSettings({"escrows": "acme-escrows"}, 0.01, 0.0, 60.0)
    desk.provider.says = {"acme-escrows": Said(Stage.SHADOW)}

    async with running(desk.watch()):
        await until(lambda: desk.flag().stage is Stage.SHADOW)

    assert desk.provider.is_closed
    assert Lease(desk.engine, LEASE, "other", 1.0, clock=desk.clock).hold()


async def test_a_round_that_fails_is_told_once_and_ends_nothing(desk: Desk) -> None:
    rounds: list[str] = []

    def failing() -> None:
        rounds.append("asked")
        if len(rounds) < 4:
            raise RuntimeError("the provider's own fault")

    desk.settings = OpenFeatureSettings({"escrows": "acme-escrows"}, 0.01, 0.0, 60.0)
    desk.provider.before_answer = failing

    with capture_logs() as logs:
        async with running(desk.watch()):
            await until(lambda: "openfeature_looks_again" in [one["event"] for one in logs])

    assert [one["error"] for one in logs if one["event"] == "openfeature_cannot_look"] == [
        "the provider's own fault"
    ]
