"""The courier: what is due arrives, what fails is tried again, and one bad channel holds up no other."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from structlog.testing import capture_logs

from parity.database import open_database, writing
from proxy.courier import Courier
from proxy.notification import EventKind, Notification
from proxy.notification_queue import NotificationQueue
from tests.proxy.guarding import Keeps
from tests.proxy.rig import until

SAID = Notification("ledger-7", EventKind.ROLLED_BACK, "rolled back", "error rate 12 %", 1_795_000_000.0)


def put(engine: sa.Engine, queue: NotificationQueue) -> None:
    queue.prepare()
    with writing(engine) as connection:
        queue.put(connection, SAID)


async def test_a_channel_that_refuses_holds_up_no_other_and_gets_it_later(sqlite_engine: sa.Engine) -> None:
    good, bad = Keeps("good"), Keeps("bad", "answered 500")
    moment = [0.0]
    queue = NotificationQueue(sqlite_engine, ["good", "bad"], clock=lambda: moment[0])
    put(sqlite_engine, queue)
    courier = Courier(queue, [good, bad])

    with capture_logs() as logs:
        await courier.deliver()
    bad.problem = ""
    moment[0] += 5
    await courier.deliver()

    assert (good.got, bad.got) == ([SAID], [SAID])
    assert logs == [
        {
            "event": "notification_not_sent",
            "channel": "bad",
            "attempts": 1,
            "error": "answered 500",
            "log_level": "warning",
        }
    ]


async def test_what_waits_for_a_channel_that_is_gone_is_given_up(sqlite_engine: sa.Engine) -> None:
    queue = NotificationQueue(sqlite_engine, ["gone"])
    put(sqlite_engine, queue)

    await Courier(queue, []).deliver()

    [sent] = queue.summary()
    assert (sent.given_up, sent.problem) == (1, "no channel is called so any more")


async def test_it_runs_until_it_is_cancelled_and_goes_on_after_the_store_was_away(tmp_path: Path) -> None:
    directory = tmp_path / "later"
    engine = open_database(f"sqlite:///{directory}/store.db")
    channel = Keeps()
    queue = NotificationQueue(engine, ["kept"])

    with capture_logs() as logs:
        running = asyncio.ensure_future(Courier(queue, [channel]).run())
        await until(lambda: bool(logs))
        directory.mkdir()
        put(engine, queue)
        await until(lambda: bool(channel.got))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert channel.got == [SAID]
    assert [one["event"] for one in logs] == ["notifications_held_up"]
    engine.dispose()


async def test_what_is_told_past_the_queue_says_of_each_channel_what_went_wrong(
    sqlite_engine: sa.Engine,
) -> None:
    courier = Courier(NotificationQueue(sqlite_engine, []), [Keeps("good"), Keeps("bad", "answered 500")])

    assert await courier.tell(SAID) == {"good": "", "bad": "answered 500"}


class Raises:
    """A channel with a fault of its own."""

    name = "odd"

    async def send(self, notification: Notification) -> None:
        """Say something that nobody may see."""
        raise KeyError(f"https://hooks.example/s3cr3t {notification.id}")


async def test_a_fault_in_a_channel_holds_up_no_other_and_its_words_are_shown_to_nobody(
    sqlite_engine: sa.Engine,
) -> None:
    good = Keeps("good")
    queue = NotificationQueue(sqlite_engine, ["good", "odd"])
    put(sqlite_engine, queue)

    await Courier(queue, [good, Raises()]).deliver()

    assert good.got == [SAID]
    assert [one.problem for one in queue.summary()] == ["", "failed (KeyError)"]
