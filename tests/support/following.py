"""One installation that follows a provider, as tests of it need it: a real store, a provider that says what a test wants."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.control import Control, ControlSettings
from proxy.flag_rows import Judged
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.freeze import FreezeWindow
from proxy.openfeature import OpenFeatureWatch
from proxy.openfeature_states import KeyState
from proxy.provider_answers import NoAnswer, ProviderAnswer
from proxy.settings import OpenFeatureSettings
from proxy.stages import Stage

LIST = Endpoint("escrows", "GET", "/v1/escrows")
ENDPOINTS = (LIST, Endpoint("leads", "GET", "/v1/leads"))
READY, NOT_YET = Judged("ready"), Judged("not yet", ("comparisons: 12, wanted 100 at least",))
POLL_S = 5.0
HOLIDAYS = FreezeWindow("closing", datetime(2026, 12, 20, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC))


@dataclass
class Provider:
    """A source that says what a test wants."""

    says: dict[str, ProviderAnswer] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    is_closed: bool = False
    name: str = "acme"
    before_answer: Callable[[], None] = lambda: None

    async def ask(self, keys: Sequence[str]) -> dict[str, ProviderAnswer]:
        self.asked.append(list(keys))
        self.before_answer()
        return {key: self.says.get(key, NoAnswer("answered 404 FLAG_NOT_FOUND")) for key in keys}

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class Desk:
    """One installation: a store, a provider, and a clock."""

    engine: sa.Engine
    store: FlagStore
    provider: Provider = field(default_factory=Provider)
    verdict: Callable[[str], Judged] = lambda _key: READY
    now: float = datetime(2026, 11, 29, tzinfo=UTC).timestamp()
    judged: int = 0
    settings: OpenFeatureSettings = field(
        default_factory=lambda: OpenFeatureSettings({"escrows": "acme-escrows"}, POLL_S, 30.0, 60.0)
    )

    def clock(self) -> float:
        return self.now

    def judge(self, key: str) -> Judged:
        self.judged += 1
        return self.verdict(key)

    def watch(self, holder: str = "one") -> OpenFeatureWatch:
        control = Control(self.store, self.judge, ControlSettings((HOLIDAYS,)), clock=self.clock)
        return OpenFeatureWatch(
            self.engine, self.store, control, self.provider, self.settings, holder=holder, clock=self.clock
        )

    def at(self, stage: Stage, share: float = 0.5, key: str = "escrows") -> None:
        """Bring a flag there, by hand and long ago."""
        for one in Stage:
            if one.position in range(1, stage.position + 1):
                self.store.flip(key, one, canary_share=share, actor="ada", reason="by hand")

    def flag(self, key: str = "escrows") -> Flag:
        return self.store.table().rows.get(key, DEFAULT_FLAG)

    async def hear(
        self, watch: OpenFeatureWatch, answer: ProviderAnswer, polls: int = 1, flag: str = "acme-escrows"
    ) -> KeyState:
        """Let the provider say that for so many polls; the state after the last."""
        self.provider.says[flag] = answer
        for _ in range(polls):
            await watch.poll()
            self.now += POLL_S
        key = next(key for key, name in self.settings.keys.items() if name == flag)
        return watch.figures.states[key]


@contextmanager
def open_desk(tmp_path: Path) -> Iterator[Desk]:
    """One with everything at `off`."""
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield Desk(engine, FlagStore(engine, ENDPOINTS))
    engine.dispose()
