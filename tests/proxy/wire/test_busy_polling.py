"""The loop stays awake for an answer that comes soon, where requests come one by one, and not a moment longer."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from proxy.wire.busy_polling import BusyPolling
from tests.proxy.rig import QUICK_FORWARD
from tests.proxy.wire.rig import Rig, planed

WINDOW_S = 0.02
SOON_S, LATE_S = WINDOW_S / 2, WINDOW_S * 2


class Turns:
    """A loop, of which only the next turn is known."""

    def __init__(self) -> None:
        self.next: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        """In the next turn."""
        self.next.append(callback)

    def turn(self) -> bool:
        """Take one; whether another follows at once."""
        callbacks, self.next = self.next, []
        for callback in callbacks:
            callback()
        return bool(self.next)


class Case:
    """A polling on a loop of which every turn is seen."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self.turns = Turns()
        self.polling = BusyPolling(cast("asyncio.AbstractEventLoop", self.turns), window_s)

    def seldom(self, times: int) -> None:
        """Requests with a pause behind each, answered soon."""
        for _ in range(times):
            self.at_once()
            time.sleep(LATE_S)

    def at_once(self, times: int = 1, took_s: float = SOON_S) -> None:
        """Requests one behind the other, each answered."""
        for _ in range(times):
            self.polling.began()
            self.polling.ended(took_s)
            self.turns.turn()

    def stays_awake(self) -> bool:
        """Whether the loop turns for a request that begins now."""
        self.polling.began()
        return bool(self.turns.next)


def test_the_loop_turns_until_the_answer_is_there_and_no_longer() -> None:
    case = Case()

    case.polling.began()
    turned = [case.turns.turn() for _ in range(3)]
    case.polling.ended(SOON_S)

    assert turned == [True, True, True]
    assert not case.turns.turn()


def test_it_sleeps_when_the_window_is_over_and_the_answer_is_not_there() -> None:
    case = Case()

    case.polling.began()
    time.sleep(LATE_S)

    assert not case.turns.turn()


def test_two_requests_at_once_turn_it_no_faster_and_it_waits_for_both() -> None:
    case = Case()

    case.polling.began()
    case.polling.began()
    scheduled = len(case.turns.next)
    case.polling.ended(SOON_S)
    after_one = case.turns.turn()
    case.polling.ended(SOON_S)

    assert (scheduled, after_one, case.turns.turn()) == (1, True, False)


def test_after_a_late_answer_the_next_is_not_waited_for_and_after_one_in_time_it_is() -> None:
    case = Case()

    case.at_once(took_s=LATE_S)
    time.sleep(LATE_S)
    after_a_late_one = case.stays_awake()
    case.polling.ended(SOON_S)
    time.sleep(LATE_S)

    assert (after_a_late_one, case.stays_awake()) == (False, True)


def test_where_many_requests_come_the_loop_is_not_turned_until_they_come_one_by_one_again() -> None:
    case = Case()

    case.at_once(times=150)
    under_load = case.stays_awake()
    case.polling.ended(SOON_S)
    case.seldom(times=12)

    assert (under_load, case.stays_awake()) == (False, True)


def test_a_stream_that_does_not_end_is_waited_for_once_and_keeps_no_other_answer_from_ending_it() -> None:
    case = Case()
    case.polling.began()
    time.sleep(LATE_S)
    case.turns.turn()

    case.polling.began()
    turned = case.turns.turn()
    case.polling.ended(SOON_S)

    assert (turned, case.turns.turn()) == (True, False)


def test_a_window_of_nothing_is_never() -> None:
    case = Case(0.0)

    assert not case.stays_awake()


@pytest.mark.parametrize("how", ["timer", "socket", "thread"])
async def test_what_else_happens_on_the_loop_happens_meanwhile(how: str) -> None:
    loop = asyncio.get_running_loop()
    polling = BusyPolling(loop, 0.5)
    happened = asyncio.Event()
    polling.began()
    if how == "timer":
        loop.call_later(0.01, happened.set)
    elif how == "thread":
        await asyncio.to_thread(loop.call_soon_threadsafe, happened.set)
    else:
        server = await asyncio.start_server(lambda *_: happened.set(), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.close()
        server.close()
    began_s = time.monotonic()
    await asyncio.wait_for(happened.wait(), 5)
    polling.ended(0.01)

    assert time.monotonic() - began_s < 0.4


async def test_the_worker_stays_awake_for_an_answer_that_comes_soon_until_a_reload_says_otherwise() -> None:
    forward = replace(QUICK_FORWARD, busy_poll_s=0.2)

    async def after_a_while(_: object, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return True

    async def share_of_a_core(rig: Rig) -> float:
        """Of the time in which answers are awaited."""
        shares = []
        for _ in range(9):
            await asyncio.sleep(0.05)
            began_s, had_s = time.perf_counter(), time.process_time()
            await rig.ask()
            shares.append((time.process_time() - had_s) / (time.perf_counter() - began_s))
        return sorted(shares)[len(shares) // 2]

    async with planed(forward=forward) as rig:
        rig.legacy.behaviour = after_a_while
        awake = await share_of_a_core(rig)
        rig.plane.reconfigure(rig.edge, replace(rig.settings, forward=replace(forward, busy_poll_s=0.0)))
        asleep = await share_of_a_core(rig)

        assert awake > 2 * asleep
