"""Notifications that wait to be sent: rows in the store, so that none is lost with a process and each is told once.

A notification has one row for itself, by which it is known that it was made, and one for each channel.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import complete_tables, insert_into, storing, writing
from proxy.notification import Notification

METADATA = sa.MetaData()

NOTIFICATIONS = sa.Table(
    "notifications",
    METADATA,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("channel", sa.String(100), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", sa.Double),
    sa.Column("sent_at", sa.Double),
    sa.Column("problem", sa.String(300), nullable=False),
)
"""`channel` is empty in the row of a notification itself. `next_at` is empty where there is nothing more to do."""

KEPT_S = 7 * 86_400.0
MAX_KEPT = 10_000
MAX_WAITING = 1_000
OF_LEDGER = "ledger-"
"""What the id of a notification of a change in the ledger begins with; its version follows."""
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 600.0
CLAIM_S = 60.0
"""For how long who took a notification has it for itself; longer than any channel may take."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification that one channel is to get now; `attempts` counts this one."""

    notification: Notification
    channel: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the notifications to one channel, of the last days; `problem` is what went wrong last."""

    channel: str
    sent: int = 0
    waiting: int = 0
    given_up: int = 0
    problem: str = ""


class NotificationQueue:
    """The rows. Methods raise StoreError when the database refuses. After `attempts` a channel is given up."""

    def __init__(
        self,
        engine: sa.Engine,
        channels: Sequence[str],
        *,
        attempts: int = 12,
        most: int = MAX_KEPT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._channels = tuple(channels)
        self._attempts = attempts
        self._most = most
        self._clock = clock
        self._prepared = False

    def prepare(self) -> None:
        """Create the table if it is not there."""
        if not self._prepared:
            with storing("make the table of notifications"):
                complete_tables(self._engine, METADATA)
            self._prepared = True

    def put(self, connection: sa.Connection, notification: Notification) -> bool:
        """Let every channel get it, in a transaction of the caller; False if it was put before.

        Beyond a bound of what waits the channels are given up at once, which is counted.
        """
        row = {
            "id": notification.id,
            "content": notification.kept(),
            "made_at": notification.at,
            "attempts": 0,
            "problem": "",
        }
        made = insert_into(NOTIFICATIONS, connection.dialect.name).values(**row, channel="")
        if connection.execute(made.on_conflict_do_nothing().returning(NOTIFICATIONS.c.id)).first() is None:
            return False
        chosen = sa.select(sa.func.count()).where(NOTIFICATIONS.c.next_at.is_not(None))
        is_full = (connection.scalar(chosen) or 0) >= MAX_WAITING
        state = {"next_at": None, "problem": "too many wait"} if is_full else {"next_at": self._clock()}
        rows = [{**row, **state, "channel": channel} for channel in self._channels]
        if rows:
            connection.execute(sa.insert(NOTIFICATIONS), rows)
        return True

    def take(self, limit: int = 20) -> list[Waiting]:
        """What is to be sent now, to nobody else for a minute. It comes again then, unless it is said what came of it."""
        self.prepare()
        now = self._clock()
        with storing("read the notifications"), writing(self._engine) as connection:
            due = (
                sa.select(NOTIFICATIONS)
                .where(NOTIFICATIONS.c.next_at <= now)
                .order_by(NOTIFICATIONS.c.next_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            found = []
            for row in connection.execute(due).all():
                at = _at(row.id, row.channel)
                if row.attempts >= self._attempts:  # and nobody was left to say that the last one failed
                    connection.execute(at.values(next_at=None))
                    continue
                connection.execute(at.values(attempts=row.attempts + 1, next_at=now + CLAIM_S))
                found.append(Waiting(Notification.of(row.content), row.channel, row.attempts + 1))
            return found

    def sent(self, one: Waiting) -> None:
        """The channel has it."""
        with storing("note a notification"), writing(self._engine) as connection:
            done = _at(one.notification.id, one.channel)
            connection.execute(done.values(sent_at=self._clock(), next_at=None, problem=""))

    def failed(self, one: Waiting, problem: str, *, for_good: bool = False) -> None:
        """The channel has not got it, for that reason; `for_good`: there is no use in trying again."""
        is_over = for_good or one.attempts >= self._attempts
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (one.attempts - 1))
        values = {"problem": problem[:300], "next_at": None if is_over else self._clock() + pause_s}
        with storing("note a notification"), writing(self._engine) as connection:
            connection.execute(_at(one.notification.id, one.channel).values(values))

    def forget(self) -> None:
        """Remove what is days old, sent or not, and beyond a bound what is done with."""
        self.prepare()
        table = NOTIFICATIONS.c
        with storing("remove old notifications"), writing(self._engine) as connection:
            connection.execute(sa.delete(NOTIFICATIONS).where(table.made_at < self._clock() - KEPT_S))
            newest = sa.select(table.made_at).order_by(table.made_at.desc())
            beyond = connection.scalar(newest.offset(self._most).limit(1))
            if beyond is not None:
                # that one was told of the ledger is known by its row: it would be told again
                done = table.next_at.is_(None) & ~table.id.startswith(OF_LEDGER)
                connection.execute(sa.delete(NOTIFICATIONS).where(done, table.made_at <= beyond))

    def summary(self) -> list[Sent]:
        """How it went, by channel; channels that have had nothing yet too."""
        self.prepare()
        table = NOTIFICATIONS.c
        with storing("read the notifications"), self._engine.connect() as connection:
            chosen = sa.select(table.channel, table.sent_at, table.next_at, table.problem)
            rows = connection.execute(chosen.where(table.channel != "").order_by(table.made_at)).all()
        found = {channel: Sent(channel) for channel in self._channels}
        for row in rows:
            so_far = found.get(row.channel, Sent(row.channel))
            found[row.channel] = Sent(
                row.channel,
                so_far.sent + (row.sent_at is not None),
                so_far.waiting + (row.next_at is not None),
                so_far.given_up + (row.sent_at is None and row.next_at is None),
                row.problem or so_far.problem,
            )
        return list(found.values())


def _at(notification: str, channel: str) -> sa.Update:
    table = NOTIFICATIONS
    return sa.update(table).where(table.c.id == notification, table.c.channel == channel)
