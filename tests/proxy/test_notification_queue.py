"""The queue of notifications: none is lost, each is told once, what does not arrive is tried again and then given up."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database, writing
from parity.errors import StoreError
from proxy.notification import EventKind, Notification
from proxy.notification_queue import (
    CLAIM_S,
    KEPT_S,
    MAX_WAITING,
    NOTIFICATIONS,
    NotificationQueue,
    Sent,
)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(engine: sa.Engine, clock: Clock) -> NotificationQueue:
    queue = NotificationQueue(engine, ["one", "other"], attempts=3, clock=clock)
    queue.prepare()
    return queue


def said(name: str = "ledger-1", at: float = 1_795_000_000.0) -> Notification:
    return Notification(name, EventKind.ROLLED_BACK, "title", "text", at)


def put(engine: sa.Engine, queue: NotificationQueue, notification: Notification) -> bool:
    with writing(engine) as connection:
        return queue.put(connection, notification)


def taken(queue: NotificationQueue) -> list[tuple[str, str, int]]:
    return sorted((one.notification.id, one.channel, one.attempts) for one in queue.take())


def test_each_channel_gets_what_is_put_and_a_second_time_changes_nothing(
    engine: sa.Engine, queue: NotificationQueue
) -> None:
    assert put(engine, queue, said())
    assert not put(engine, queue, said())

    assert taken(queue) == [("ledger-1", "one", 1), ("ledger-1", "other", 1)]
    assert taken(queue) == []


def test_what_was_told_is_not_told_again_to_a_channel_that_is_new(
    engine: sa.Engine, queue: NotificationQueue, clock: Clock
) -> None:
    put(engine, queue, said())
    later = NotificationQueue(engine, ["one", "other", "new"], clock=clock)

    assert not put(engine, later, said())
    assert [channel for _, channel, _ in taken(later)] == ["one", "other"]


def test_what_is_put_in_a_transaction_that_fails_was_not_put(
    engine: sa.Engine, queue: NotificationQueue
) -> None:
    with engine.connect() as connection:
        queue.put(connection, said())
        connection.rollback()

    assert put(engine, queue, said())


def test_what_somebody_took_and_never_spoke_of_again_comes_again(
    engine: sa.Engine, queue: NotificationQueue, clock: Clock
) -> None:
    put(engine, queue, said())
    queue.take()

    clock.now += CLAIM_S - 1
    assert taken(queue) == []
    clock.now += 1
    assert taken(queue) == [("ledger-1", "one", 2), ("ledger-1", "other", 2)]


def test_what_was_sent_is_done_and_what_failed_comes_again_after_longer_and_longer_pauses(
    engine: sa.Engine, queue: NotificationQueue, clock: Clock
) -> None:
    put(engine, queue, said())
    one, other = sorted(queue.take(), key=lambda waiting: waiting.channel)
    queue.sent(one)
    queue.failed(other, "answered 500")

    assert taken(queue) == []
    clock.now += 2
    [other] = queue.take()
    queue.failed(other, "answered 502")
    clock.now += 3
    assert taken(queue) == []
    clock.now += 1
    [other] = queue.take()
    queue.failed(other, "answered 503")
    clock.now += 86_400

    assert other.attempts == 3
    assert taken(queue) == []
    assert queue.summary() == [Sent("one", sent=1), Sent("other", given_up=1, problem="answered 503")]


def test_a_channel_whose_last_attempt_was_killed_is_given_up_and_counted(
    engine: sa.Engine, queue: NotificationQueue, clock: Clock
) -> None:
    put(engine, queue, said())
    for _ in range(3):
        queue.take()
        clock.now += CLAIM_S

    assert taken(queue) == []
    assert [(one.waiting, one.given_up) for one in queue.summary()] == [(0, 1), (0, 1)]


def test_what_can_never_arrive_is_given_up_at_once(engine: sa.Engine, queue: NotificationQueue) -> None:
    put(engine, queue, said())
    for one in queue.take():
        queue.failed(one, "no channel is called so any more", for_good=True)

    assert [(one.waiting, one.given_up) for one in queue.summary()] == [(0, 1), (0, 1)]


def test_two_couriers_never_take_the_same(engine: sa.Engine, queue: NotificationQueue) -> None:
    for number in range(20):
        put(engine, queue, said(f"ledger-{number}"))
    gate = threading.Barrier(4)

    def take(_: int) -> list[tuple[str, str, int]]:
        gate.wait(30)
        return taken(queue)

    with ThreadPoolExecutor(4) as pool:
        found = [one for part in pool.map(take, range(4)) for one in part]

    assert len(found) == len(set(found)) == 40


def test_what_waits_is_bounded_and_what_is_beyond_is_counted(
    engine: sa.Engine, queue: NotificationQueue
) -> None:
    row = {"content": said().kept(), "made_at": 0.0, "attempts": 0, "next_at": 1e12, "problem": ""}
    with engine.begin() as connection:
        rows = [{**row, "id": f"old-{number}", "channel": "one"} for number in range(MAX_WAITING)]
        connection.execute(sa.insert(NOTIFICATIONS), rows)

    assert put(engine, queue, said())

    one, other = queue.summary()
    assert (one.waiting, one.given_up, other.given_up) == (MAX_WAITING, 1, 1)
    assert other.problem == "too many wait"


def test_what_is_days_old_is_forgotten(engine: sa.Engine, queue: NotificationQueue, clock: Clock) -> None:
    put(engine, queue, said())
    clock.now += KEPT_S + 1
    put(engine, queue, said("ledger-2", clock.now))

    queue.forget()

    with engine.connect() as connection:
        assert set(connection.scalars(sa.select(NOTIFICATIONS.c.id))) == {"ledger-2"}


def test_beyond_a_bound_what_is_done_with_is_forgotten_but_not_what_was_told_of_the_ledger(
    engine: sa.Engine, clock: Clock
) -> None:
    queue = NotificationQueue(engine, [], most=3, clock=clock)
    queue.prepare()
    for number in range(6):
        put(engine, queue, said(f"breach-{number}", clock.now + number))
    put(engine, queue, said("ledger-1", clock.now))

    queue.forget()

    with engine.connect() as connection:
        kept = sorted(connection.scalars(sa.select(NOTIFICATIONS.c.id)))
    assert kept == ["breach-3", "breach-4", "breach-5", "ledger-1"]


def test_a_store_that_is_away_is_said(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/no/such/directory/store.db")

    with pytest.raises(StoreError, match="cannot make the table of notifications"):
        NotificationQueue(engine, []).take()
