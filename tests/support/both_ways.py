"""An operator's command beside the store, and by the API of a console that stands on the same store."""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace

from cli.console import sources_of
from cli.context import Context
from cli.settings import load_settings
from proxy.console.server import Console
from proxy.console.settings import ConsoleSettings
from proxy.console.tokens import Role, Tokens
from tests.support.command import InProcess, Ran
from tests.support.threads import in_thread

_MOMENTS = re.compile(
    r"\b\d{2}:\d{2}:\d{2}(\.\d+)?( UTC)?|\d{4}-\d{2}-\d{2}T[\d:.+]+|\b1\d{9}(\.\d+)?\b|\b\d+(\.\d+)? ms\b"
    r'|(?<="ms": )[\d.]+|(?<="seen_s_ago": )[\d.]+|(?<="requests_per_s": )[\d.]+|(?<="missing_s": )[\d.]+'
    r"|about [\d.,]+ \w+|[\d.,]+ an? (second|minute|hour|day)\b"
)


@dataclass(frozen=True, slots=True)
class Ways:
    """Runs a command both ways."""

    crossfade: InProcess
    url: str
    tokens: dict[Role, str]

    def by_store(self, *arguments: str) -> Ran:
        """As whoever is on the machine of the store."""
        return self.crossfade(*arguments)

    def by_another_store(self, *arguments: str) -> Ran:
        """The same on another store, which was as this one is when it was first asked for: changes have something to change."""
        other = self.crossfade.state_dir / "other"
        if not other.exists():
            other.mkdir()
            with closing(sqlite3.connect(self.crossfade.state_dir / "store.sqlite3")) as connection:
                connection.execute("VACUUM INTO ?", [str(other / "store.sqlite3")])
        return self.crossfade(*arguments, CROSSFADE_STATE_DIR=str(other))

    def by_server(self, *arguments: str, role: Role = Role.ADMIN) -> Ran:
        """As whoever is not."""
        return self.crossfade("--server", self.url, *arguments, CROSSFADE_TOKEN=self.tokens[role])


def timeless(ran: Ran) -> Ran:
    """Without what is another one each time: moments and durations."""
    return replace(ran, out=_MOMENTS.sub("…", ran.out), err=_MOMENTS.sub("…", ran.err))


@contextmanager
def both_ways(crossfade: InProcess) -> Iterator[Ways]:
    """A console on the store of that state directory, with the configuration that stands there."""
    file = crossfade.state_dir / "crossfade.toml"
    settings = load_settings(file if file.exists() else None)
    context = Context(settings, None, jwt_secret="", actor="olivia")
    tokens = Tokens(context.engine, context.flags)
    secrets = {role: tokens.create("olivia", role, days=1, actor="olivia")[0] for role in Role}
    with in_thread(lambda: _serving(context)) as port:
        yield Ways(crossfade, f"http://127.0.0.1:{port}", secrets)
    context.engine.dispose()


@asynccontextmanager
async def _serving(context: Context) -> AsyncIterator[int]:
    console = Console(ConsoleSettings(port=0), sources_of(context))
    port = await console.start()
    try:
        yield port
    finally:
        await console.close()
