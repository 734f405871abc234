"""Who of several processes acts: a lease in the store, which ends by itself when its holder is gone."""

import time
from collections.abc import Callable

import sqlalchemy as sa

from parity.database import complete_tables, insert_into, storing, writing

METADATA = sa.MetaData()

LEASES = sa.Table(
    "leases",
    METADATA,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("ends_at", sa.Double, nullable=False),
)
"""Who may act in what name, until when: a row a name."""


class Lease:
    """The right to act in a name, for `ttl_s` seconds after each `hold`. Methods raise StoreError when the store refuses.

    A process that is stopped in the middle may go on after its lease has ended: what it does must be refused by
    what it acts on (`expected_version` of the flag table). PostgreSQL's own clock counts; SQLite is on one machine.
    """

    def __init__(
        self,
        engine: sa.Engine,
        name: str,
        holder: str,
        ttl_s: float,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._name = name
        self._holder = holder
        self._ttl_s = ttl_s
        self._clock = clock
        self._prepared = False

    def hold(self) -> bool:
        """Take the lease or renew it; False while another has it."""
        with storing(f"take the lease of {self._name}"):
            self._prepare()
            with writing(self._engine) as connection:
                now = self._now(connection)
                insert = insert_into(LEASES, connection.dialect.name).values(
                    name=self._name, holder=self._holder, ends_at=now + self._ttl_s
                )
                taken = insert.on_conflict_do_update(
                    index_elements=["name"],
                    set_={"holder": insert.excluded.holder, "ends_at": insert.excluded.ends_at},
                    where=(LEASES.c.holder == self._holder) | (LEASES.c.ends_at <= now),
                ).returning(LEASES.c.name)
                return connection.execute(taken).first() is not None

    def holder(self) -> str:
        """Who has it now; empty: nobody."""
        with storing(f"read the lease of {self._name}"):
            self._prepare()
            with self._engine.connect() as connection:
                chosen = sa.select(LEASES.c.holder).where(
                    LEASES.c.name == self._name, LEASES.c.ends_at > self._now(connection)
                )
                return connection.scalar(chosen) or ""

    def release(self) -> None:
        """Give it back, if it is ours: another need not wait until it ends."""
        with storing(f"give back the lease of {self._name}"):
            self._prepare()
            with writing(self._engine) as connection:
                own = (LEASES.c.name == self._name) & (LEASES.c.holder == self._holder)
                connection.execute(sa.delete(LEASES).where(own))

    def _prepare(self) -> None:
        if not self._prepared:
            complete_tables(self._engine, METADATA)
            self._prepared = True

    def _now(self, connection: sa.Connection) -> float:
        if connection.dialect.name == "postgresql":
            return float(connection.scalar(sa.select(sa.extract("epoch", sa.func.clock_timestamp()))) or 0.0)
        return self._clock()
