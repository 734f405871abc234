"""A console that runs: a real store, real sockets, a token of each role, and comparisons to look at."""

import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from cli.by_store import StoreOperations
from cli.context import Context
from cli.settings import Settings
from parity.conditions import Standing
from parity.database import open_database
from parity.exchange import Endpoint, Exchange
from parity.holdings import Declared
from parity.redact import Redactor
from parity.store import ParityStore
from parity.verdict import Verdict, build_verdict
from proxy.console.seams import Sources, Watch
from proxy.console.server import Console
from proxy.console.settings import ConsoleSettings
from proxy.console.tokens import Role, Tokens
from proxy.control import Control, ControlSettings
from proxy.flag_rows import Judged
from proxy.flag_store import FlagStore
from proxy.operations import Operations
from proxy.stages import Stage
from tests.parity.factories import DETAIL, LIST, batch, exchange, observation, record

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("leads", "GET", "/v1/leads"),
)


@dataclass
class Clock:
    """Seconds that a test moves."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass
class Judge:
    """Verdicts by what the store has, or ready where a test says so."""

    engine: sa.Engine
    endpoints: Sequence[Endpoint] = ENDPOINTS
    ready: set[str] = field(default_factory=set)
    asked: int = 0

    def __call__(self, domain: str) -> Verdict:
        """The verdict."""
        self.asked += 1
        found = build_verdict(self.engine, domain, self.endpoints)
        if domain not in self.ready:
            return found
        return replace(found, domain=replace(found.domain, conditions=()))


@dataclass
class Store:
    """A store with three tokens."""

    url: str
    engine: sa.Engine
    flags: FlagStore
    judge: Judge
    tokens: Tokens
    secrets: dict[Role, str]
    endpoints: Sequence[Endpoint] = ENDPOINTS

    @classmethod
    def make(cls, url: str, endpoints: Sequence[Endpoint] = ENDPOINTS) -> "Store":
        """In that database."""
        engine = open_database(url)
        flags = FlagStore(engine, endpoints)
        tokens = Tokens(engine, flags)
        secrets = {
            role: tokens.create(f"the {role}", role, days=1, actor="test")[0] for role in reversed(Role)
        }
        return cls(url, engine, flags, Judge(engine, endpoints), tokens, secrets, endpoints)

    def copied_to(self, directory: Path) -> "Store":
        """The same in a directory of its own, which was in another one."""
        self.engine.dispose()
        for file in Path(str(self.engine.url.database)).parent.iterdir():
            shutil.copy(file, directory / file.name)
        url = f"sqlite:///{directory}/store.sqlite3"
        engine = open_database(url)
        flags = FlagStore(engine, self.endpoints)
        return Store(
            url,
            engine,
            flags,
            Judge(engine, self.endpoints),
            Tokens(engine, flags),
            self.secrets,
            self.endpoints,
        )

    @property
    def sources(self) -> Sources:
        """What a console stands on."""
        return Sources(
            self.engine,
            self.flags,
            Control(self.flags, self.judged, ControlSettings()),
            self.endpoints,
            self.judge,
            Declared,
            self.operations,
            {"proxy.listen": "127.0.0.1:8080", "store.url": "postgresql://crm:***@db/crossfade"},
        )

    def operations(self, actor: str) -> Operations:
        """What an operator's commands do here."""
        rows = [{"domain": one.domain, "method": one.method, "path": one.path} for one in self.endpoints]
        settings = Settings.model_validate({"store": {"url": self.url}, "endpoints": rows})
        return StoreOperations(Context(settings, None, jwt_secret="", actor=actor), actor)

    def judged(self, key: str) -> Judged:
        """The verdict as control asks for it."""
        found = self.judge(self.flags.domain_of(key))
        open_ones = [one for one in found.domain.conditions if one.standing is not Standing.HOLDS]
        return Judged(found.readiness.value, tuple(f"{one.name}: {one.text}" for one in open_ones), {})

    def flip(self, *stages: Stage, key: str = "escrows") -> int:
        """Walk on; the version after it."""
        for stage in stages:
            self.flags.flip(key, stage, actor="walker", reason="a walk")
        return self.flags.version()

    def compare(self, *exchanges: Exchange, at: float | None = None) -> None:
        """Comparisons of these, as the parity worker records them."""
        now = time.time() if at is None else at
        store = ParityStore(self.engine, Redactor(b"k" * 32))
        record(store, batch(*exchanges, proxy=f"proxy-{now}"), now)

    def differ(self, legacy: Any = None, modern: Any = None) -> str:
        """One exchange that differs and twelve that agree; the id of its group."""
        agree = [exchange(None, observation(duration_s=0.008), endpoint=DETAIL) for _ in range(12)]
        one = exchange(
            {"a": 1} if legacy is None else legacy,
            {"a": 2} if modern is None else modern,
            endpoint=LIST,
            id="differs",
        )
        self.compare(one, *agree)
        with self.engine.connect() as connection:
            latest = sa.text("SELECT group_id FROM parity_samples ORDER BY id DESC")
            return str(connection.execute(latest).scalars().first())


@dataclass(frozen=True, slots=True)
class Answer:
    """What the console answered."""

    status: int
    headers: Mapping[str, str]
    text: str
    json: Any = None

    @property
    def code(self) -> str:
        """The word of a refusal."""
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        """The sentence of a refusal."""
        return str(self.json["error"]["message"])


@dataclass
class Rig:
    """The console that runs."""

    store: Store
    console: Console
    port: int
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def bearer(self, role: Role) -> dict[str, str]:
        """The header of a program."""
        return {"Authorization": f"Bearer {self.store.secrets[role]}"}

    async def ask(
        self,
        method: str,
        path: str,
        role: Role | None = Role.ADMIN,
        *,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        cookies: str = "",
    ) -> Answer:
        """One request; with a role by its token."""
        sent = dict(headers or {}) | ({} if role is None else self.bearer(role))
        if cookies:
            sent["Cookie"] = cookies
        request = self.http.request(
            method, f"{self.url}{path}", json=json, data=data, headers=sent, allow_redirects=False
        )
        async with request as answer:
            text = await answer.text()
            is_json = answer.content_type == "application/json"
            return Answer(answer.status, dict(answer.headers), text, await answer.json() if is_json else None)


@asynccontextmanager
async def running(
    tmp_path: Path, *, url: str | None = None, watches: Sequence[Watch] = (), **changes: Any
) -> AsyncIterator[Rig]:
    """A console on a store of its own, or on that at `url`."""
    store = Store.make(url or f"sqlite:///{tmp_path}/store.sqlite3")
    async with serving(store, watches=watches, **changes) as rig:
        yield rig
    store.engine.dispose()


@asynccontextmanager
async def serving(
    store: Store, *, watches: Sequence[Watch] = (), sources: Sources | None = None, **changes: Any
) -> AsyncIterator[Rig]:
    """A console on a store that is there."""
    settings = ConsoleSettings(**({"port": 0, "store_s": 20.0} | changes))
    console = Console(settings, sources or store.sources, watches)
    port = await console.start()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Rig(store, console, port, http)
    finally:
        await console.close()
