"""How the guards stand, as Prometheus reads it from any proxy worker: read from the store when somebody asks."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from prometheus_client.samples import Sample

from parity.database import storing
from parity.errors import StoreError
from parity.exposition import Family, FamilyCollector, Kind
from proxy.guard_judge import GuardState
from proxy.guard_states import GUARD_BREACHES, GUARD_STATES, LEASE, Kept, Key, read_states
from proxy.lease import LEASES, Lease

PREFIX = "crossfade_guards"
PATIENCE_S = 1.0
"""How long whoever asks waits for the store."""
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GuardReading:
    """The guards at one moment: whether a process looks after them, where they stand, how often each was breached."""

    is_watched: bool
    states: Mapping[Key, Kept]
    breaches: Mapping[tuple[str, str, str], int]


class GuardMetrics(FamilyCollector):
    """Knows what the last `refresh` found. `engine` is the store that is followed now, None while there is none."""

    def __init__(self, engine: Callable[[], sa.Engine | None], patience_s: float = PATIENCE_S) -> None:
        self._engine = engine
        self._patience_s = patience_s
        self._found: GuardReading | None = None
        self._reading: asyncio.Task[GuardReading | None] | None = None
        self._is_lost = False

    async def refresh(self) -> None:
        """Read the store in a thread; one that does not answer in time says nothing, and one read is under way at most."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(asyncio.to_thread(self._read))
        await asyncio.wait({self._reading}, timeout=self._patience_s)
        self._found = self._reading.result() if self._reading.done() else None

    def families(self) -> Sequence[Family]:
        """What is known now; guards that nobody looks after are not armed, and stand nowhere."""
        found = self._found or GuardReading(is_watched=False, states={}, breaches={})
        states = dict(found.states) if found.is_watched else {}
        return [
            _gauge("known", "1 if the store said how the guards stand.", float(self._found is not None)),
            _gauge("watched", "1 if a process looks after the guards.", float(found.is_watched)),
            Family(
                f"{PREFIX}_armed",
                "1 for each guard that watches now, by what a breach of it comes to.",
                Kind.GAUGE,
                (
                    Sample(f"{PREFIX}_armed", {**_guard(*key), "consequence": kept.consequence}, 1.0)
                    for key, kept in states.items()
                ),
            ),
            Family(f"{PREFIX}_state", "1 at the state in which a guard is.", Kind.GAUGE, _by_state(states)),
            Family(
                f"{PREFIX}_breaches",
                "How often a guard came to be breached, by what that came to.",
                Kind.COUNTER,
                (
                    Sample(
                        f"{PREFIX}_breaches_total", {**_guard(domain, measure), "consequence": consequence}, n
                    )
                    for (domain, measure, consequence), n in found.breaches.items()
                ),
            ),
        ]

    def _read(self) -> GuardReading | None:
        engine = self._engine()
        if engine is None:
            return None
        try:
            found = read_guards(engine)
        except StoreError as error:
            if not self._is_lost:
                log.warning("guards_not_read", error=str(error))
            self._is_lost = True
            return None
        self._is_lost = False
        return found


def read_guards(engine: sa.Engine) -> GuardReading:
    """How the guards stand; a store in which none ever stood is not written to. Raises StoreError."""
    with storing("read the guards"), engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        if not {GUARD_STATES.name, GUARD_BREACHES.name, LEASES.name} <= there:
            return GuardReading(is_watched=False, states={}, breaches={})
        states = read_states(connection)
        breaches = {
            (str(row.domain), str(row.measure), str(row.consequence)): int(row.n)
            for row in connection.execute(sa.select(GUARD_BREACHES))
        }
    return GuardReading(bool(Lease(engine, LEASE, "", 0.0).holder()), states, breaches)


def _gauge(name: str, text: str, value: float) -> Family:
    return Family(f"{PREFIX}_{name}", text, Kind.GAUGE, iter([Sample(f"{PREFIX}_{name}", {}, value)]))


def _by_state(states: Mapping[Key, Kept]) -> Iterator[Sample]:
    for key, kept in states.items():
        for state in GuardState:
            labels = {**_guard(*key), "state": state.value}
            yield Sample(f"{PREFIX}_state", labels, float(kept.watched.state is state))


def _guard(domain: str, measure: str) -> dict[str, str]:
    return {"domain": domain, "guard": measure}
