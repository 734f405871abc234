"""A replay with everything that it stands on, for tests."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from parity.exchange import Backend, Observation
from parity.outcome import Outcome
from parity.recordings.journal import Journal
from parity.recordings.line import BadLine, RecordedExchange
from parity.recordings.replay import Ground, Replay, Replayed, ReplaySettings
from parity.recordings.results import Results
from parity.recordings.sides import Side
from parity.recordings.variables import wanted_of
from parity.redact import Redactor
from parity.rules import RuleBook
from tests.parity.recordings.factories import FakeSide, answered, endpoint_of

MAX = ReplaySettings(speed=None)
L = "e5c00000-0000-4000-8000-000000000001"


class Stand:
    """A replay and everything that it stands on; runs may follow one another."""

    def __init__(self, directory: Path, rules: RuleBook | None = None) -> None:
        self.rules = rules or RuleBook()
        self.results = Results()
        self.stop = asyncio.Event()
        self.journal = Journal(directory / "a.progress", Redactor(b"key"), {})
        self.advanced = 0
        self.credentials: Callable[[str], Mapping[str, str]] = lambda _: {}

    async def run(
        self,
        lines: Sequence[RecordedExchange | BadLine],
        settings: ReplaySettings = MAX,
        /,
        **sides: Side,
    ) -> Replayed:
        """One run, which goes on where the last one has ended."""
        self.results = Results()
        ground = Ground(
            rules=self.rules,
            redactor=Redactor(b"key"),
            endpoint_of=endpoint_of,
            credentials=self.credentials,
            results=self.results,
            wanted=wanted_of(line for line in lines if isinstance(line, RecordedExchange)),
            journal=self.journal,
            progress=self.journal.load(),
            stop=self.stop,
            advance=self._advance,
        )
        with self.journal:
            return await Replay({Backend(name): side for name, side in sides.items()}, settings, ground).run(
                iter(lines)
            )

    def _advance(self) -> None:
        self.advanced += 1

    @property
    def outcomes(self) -> dict[str, int]:
        """Those that are not zero, and the reasons."""
        tally = self.results.report().tally
        counted = {outcome.value: n for outcome, n in tally.outcomes.items() if n}
        return counted | dict(tally.reasons.get(Outcome.SKIPPED, {}))

    @property
    def groups(self) -> list[tuple[str, str]]:
        """Path and kind of each group."""
        return [(group.path, group.kind) for group in self.results.report().groups]


class GatedSide(FakeSide):
    """Answers a path only when its gate is open."""

    def __init__(self, **gates: asyncio.Event) -> None:
        super().__init__(lambda _: answered({"id": 1, "data": {"id": L}}, 200))
        self.gates = gates
        self.ended: list[str] = []

    async def send(self, exchange: RecordedExchange) -> Observation:
        answer = await super().send(exchange)
        if gate := self.gates.get(exchange.target.rpartition("/")[2]):
            await gate.wait()
        self.ended.append(exchange.target.rpartition("/")[2])
        return answer
