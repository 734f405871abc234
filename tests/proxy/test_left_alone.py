"""Nothing is captured for a shadow that only fails, but for one capture now and then that finds out whether it is back."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import LEFT_ALONE, Backend
from proxy.completion import Completion
from proxy.left_alone import LeftAlone
from proxy.stages import Stage
from tests.proxy.rig import QUICK_MIRROR, Rig, running
from tests.proxy.test_breaker import Clock
from tests.proxy.wire.rig import planed
from tests.support.backends import Behaviour, answering, closing, hanging


def down(left_s: float, backend: Backend = Backend.MODERN) -> dict[str, float]:
    """What a receipt says of a shadow that is down."""
    return {f"{LEFT_ALONE}/{backend}": left_s}


def test_one_capture_is_wanted_when_the_time_is_over_and_the_next_when_nothing_was_heard() -> None:
    clock = Clock()
    shadows = LeftAlone(clock)
    shadows.told(down(2.0))

    wanted = []
    for clock.now in (0.0, 1.9, 2.0, 2.0, 2.9, 3.0, 3.0):
        wanted.append(shadows.wants(Backend.MODERN))

    assert wanted == [False, False, True, False, False, True, False]
    assert shadows.wants(Backend.LEGACY)


def test_what_was_said_last_counts() -> None:
    shadows = LeftAlone(Clock())
    shadows.told(down(2.0) | down(3.0, Backend.LEGACY))
    both = [shadows.wants(backend) for backend in Backend]
    shadows.told(down(0.0) | down(3.0, Backend.LEGACY))
    modern_is_up = [shadows.wants(backend) for backend in (Backend.MODERN, Backend.LEGACY)]
    shadows.forget()

    assert (both, modern_is_up) == ([False, False], [True, False])
    assert shadows.wants(Backend.LEGACY)


async def test_a_read_whose_shadow_is_down_is_shed_and_holds_nothing() -> None:
    async with planed(Stage.SHADOW) as rig:
        rig.edge.captures.down = {Backend.MODERN}
        answer = await rig.ask()

        assert answer.body == b'{"by":"legacy"}'
        assert rig.edge.captures == []
        assert rig.edge.counts() == {"requests": 1, "mirrored": 1, "shed/shadow_down": 1}
        assert (rig.edge.budget.held, rig.edge.counters.in_flight) == (0, 0)


async def test_what_needs_no_copy_is_captured_whoever_is_down() -> None:
    async with planed(Stage.LIVE) as rig:
        rig.edge.captures.down = set(Backend)
        rig.modern.behaviour = closing()
        await rig.ask()
        rig.modern.behaviour = answering()
        await rig.ask("POST", body=b"{}")

        assert [(one.method, one.shadow is None) for one in rig.edge.captures] == [
            ("GET", False),
            ("POST", True),
        ]


async def asked_until(rig: Rig, condition: Callable[[], bool]) -> int:
    """How many requests it took; each was answered by legacy."""
    deadline = time.monotonic() + 20
    asked = 0
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        assert (await rig.ask()).body == b'{"by":"legacy"}'
        asked += 1
    return asked


@pytest.mark.parametrize("fault", [closing(), hanging()], ids=["breaks off", "hangs"])
async def test_a_shadow_that_is_back_is_found_and_mirrored_to_again(tmp_path: Path, fault: Behaviour) -> None:
    mirror = replace(QUICK_MIRROR, failures=3, cool_down_s=0.3, timeout_s=0.2)
    async with running(tmp_path, stage=Stage.SHADOW, mirror=mirror) as rig:
        assert isinstance(rig.parity.shadow, Completion)
        rig.parity.levels = rig.parity.shadow.levels
        rig.modern.behaviour = fault
        await asked_until(rig, lambda: rig.parity.counts().get("shed/shadow_down", 0) > 0)
        began = time.time()
        asked = await asked_until(rig, lambda: time.time() > began + 1)
        ended = time.time()

        rig.modern.behaviour = answering(b'{"by":"modern"}')
        found = len(rig.parity.exchanges)
        await asked_until(rig, lambda: len(rig.parity.exchanges) >= found + 100)
        rig.parity.assert_the_books_balance()

    assert sum(began < capture.at < ended for capture in rig.parity.captures) < asked / 4
    assert rig.parity.exchanges[-1].modern.body == b'{"by":"modern"}'
