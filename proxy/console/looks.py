"""Who was shown samples: they are other people's data, redacted, and still nobody looks at them unseen."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from parity.database import complete_tables, storing, writing
from proxy.console.tables import LOOKS, METADATA

KEPT_DAYS = 400


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody was shown the samples of a group. `at` is in Unix seconds."""

    at: float
    name: str
    token_id: str
    address: str
    group_id: str
    endpoint: str


class Looks:
    """The looks in the store, kept for `KEPT_DAYS`. Raises StoreError."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, *, name: str, token_id: str, address: str, group_id: str, endpoint: str) -> None:
        """Enter one, before anything is shown."""
        self.note_all([(group_id, endpoint)], name=name, token_id=token_id, address=address)

    def note_all(self, groups: Sequence[tuple[str, str]], *, name: str, token_id: str, address: str) -> None:
        """One of each group and its endpoint."""
        if not groups:
            return
        now = self._clock()
        common = {"at": now, "name": name, "token_id": token_id, "address": address[:64]}
        rows = [{**common, "group_id": group_id, "endpoint": endpoint} for group_id, endpoint in groups]
        with storing("note who looks at samples"):
            complete_tables(self._engine, METADATA)
            with writing(self._engine) as connection:
                connection.execute(sa.insert(LOOKS), rows)
                connection.execute(sa.delete(LOOKS).where(LOOKS.c.at < now - KEPT_DAYS * 86_400))

    def latest(self, limit: int) -> list[Look]:
        """Newest first."""
        columns = (LOOKS.c.at, LOOKS.c.name, LOOKS.c.token_id, LOOKS.c.address, LOOKS.c.group_id)
        chosen = sa.select(*columns, LOOKS.c.endpoint).order_by(LOOKS.c.id.desc()).limit(limit)
        with storing("read who looked at samples"):
            complete_tables(self._engine, METADATA)
            with self._engine.connect() as connection:
                return [Look(*row) for row in connection.execute(chosen)]
