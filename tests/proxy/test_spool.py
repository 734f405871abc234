"""The queue to a thread: bounds, losses that are counted and reported, and an end."""

import threading
from collections.abc import Callable, Sequence
from time import perf_counter

import pytest
from structlog.testing import capture_logs

from proxy.spool import Spool
from tests.proxy.rig import until


class Sink:
    """Takes what comes while it is open, remembers the batches, and fails if told so."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.items: list[str] = []
        self.entered = threading.Event()
        self.failure: Exception | None = None

    def write(self, items: Sequence[str]) -> int:
        """How many it took."""
        self.entered.set()
        self.open.wait(10)
        if self.failure is not None:
            raise self.failure
        self.items += items
        return len(items)


def spool(
    sink: Sink,
    *,
    clock: Callable[[], float] = perf_counter,
    max_items: int = 20_000,
    max_bytes: int = 1_000_000,
) -> Spool[str]:
    return Spool(
        "things", sink.write, interval_s=0.005, clock=clock, max_items=max_items, max_bytes=max_bytes
    )


def test_what_is_put_is_written_in_order_also_what_waits_at_the_end() -> None:
    sink = Sink()
    one = spool(sink)
    one.start()
    for n in range(2_000):
        one.put(str(n), 1)

    assert one.end(5)
    assert sink.items == [str(n) for n in range(2_000)]
    assert (one.written, one.failed, one.no_room, one.held_bytes) == (2_000, 0, 0, 0)


@pytest.mark.parametrize(("max_items", "max_bytes"), [(3, 1_000), (1_000, 30)])
def test_the_bound_includes_what_is_being_written(max_items: int, max_bytes: int) -> None:
    sink = Sink()
    sink.open.clear()
    one = spool(sink, max_items=max_items, max_bytes=max_bytes)
    one.start()
    assert one.put("first", 10)
    assert sink.entered.wait(5)

    taken = [one.put(str(n), 10) for n in range(4)]

    assert taken == [True, True, False, False]
    assert one.no_room == 2
    sink.open.set()
    assert one.end(5)
    assert sink.items == ["first", "0", "1"]
    assert one.put("after", 10)


def test_a_thread_that_is_stuck_does_not_hold_the_loop_nor_the_end() -> None:
    sink = Sink()
    sink.open.clear()
    one = spool(sink, max_items=100)
    one.start()
    started = perf_counter()
    for n in range(10_000):
        one.put(str(n), 1)
    ended = one.end(0.05)

    assert not ended
    assert perf_counter() - started < 1
    assert one.no_room == 9_900
    sink.open.set()
    assert one.end(5)  # what it reports at its end is not the next test's


async def test_whatever_the_other_end_raises_the_thread_goes_on() -> None:
    sink = Sink()
    sink.failure = OSError(28, "No space left on device")
    one = spool(sink)
    one.start()
    one.put("lost", 1)
    await until(lambda: one.failed == 1)
    sink.failure = None
    one.put("kept", 1)

    assert one.end(5)
    assert (sink.items, one.written, one.failed) == (["kept"], 1, 1)


async def test_a_loss_is_reported_at_once_and_then_once_a_minute() -> None:
    sink = Sink()
    sink.failure = OSError("full")
    now = 0.0
    one = spool(sink, clock=lambda: now)
    with capture_logs() as lines:
        one.start()
        for n in range(1, 4):
            one.put("x", 1)
            await until(lambda n=n: one.failed == n)  # type: ignore[misc]  # bound by the default
        now = 60.0
        await until(lambda: len(lines) == 2)
        one.end(5)

    assert [(line["event"], line["what"], line["failed"], line["no_room"]) for line in lines] == [
        ("not_written", "things", 1, 0),
        ("not_written", "things", 2, 0),
    ]
    assert lines[0]["error"] == "full"


def test_one_that_was_never_started_ends() -> None:
    assert spool(Sink()).end(1)
