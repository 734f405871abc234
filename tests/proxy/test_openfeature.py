"""The watch that follows a provider: one process at a time, whatever is killed, and whatever fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from parity.errors import StoreError
from proxy.errors import ConflictError
from proxy.flag_rows import Judged
from proxy.lease import Lease
from proxy.openfeature import LEASE, OpenFeatureWatch, watching
from proxy.openfeature_states import OPENFEATURE_KEYS, ProviderState
from proxy.provider_answers import Said
from proxy.settings import OpenFeatureSettings
from proxy.stages import Stage
from tests.proxy.rig import until
from tests.support.following import POLL_S, Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


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

    with pytest.raises(ConflictError, match="another process takes stages"):
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


async def test_who_asks_is_known_to_everybody(desk: Desk) -> None:
    assert watching(desk.engine) == ""

    desk.now = time.time()
    await desk.watch("console-1").poll()

    assert watching(desk.engine) == "console-1"
