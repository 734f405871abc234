"""What every command stands on: the settings, the reference CRM as data, and the store."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from cli.errors import UsageError
from parity.exchange import Endpoint
from proxy.flag_keys import FlagKeys

if TYPE_CHECKING:
    import sqlalchemy

    from cli.server import Server
    from cli.settings import Settings
    from parity.bodies import Bounds
    from parity.holdings import Declared
    from parity.rules import RuleBook
    from proxy.flag_store import FlagStore
    from proxy.operations import Operations

RECORDING_JWT_SECRET = "synthetic-jwt-secret-for-local-tests-only"  # noqa: S105  that of the recording, all synthetic
P = ParamSpec("P")
R = TypeVar("R")
ROOT = Path(__file__).parent.parent


@dataclass
class Context:
    """Made once and passed to the command that runs."""

    settings: "Settings"
    config: Path | None
    jwt_secret: str
    actor: str
    find_server: "Callable[[], Server | None]" = lambda: None
    """Raises UsageError where it is told wrong; asked only by commands that need to know."""
    closing: ExitStack = field(default_factory=ExitStack)
    """What is left behind when the command has ended is closed by it."""

    @property
    def config_arguments(self) -> list[str]:
        """What makes a child process read the same configuration file."""
        return ["--config", str(self.config)] if self.config else []

    @cached_property
    def server(self) -> "Server | None":
        """The console by whose API this operator works; None: the store itself is asked."""
        return self.find_server()

    @cached_property
    def operations(self) -> "Operations":
        """What operators' commands see and change, chosen here alone: by the store, or by a server."""
        if self.server is None:
            from cli.by_store import StoreOperations

            return StoreOperations(self, self.actor)
        from cli.by_server import ServerOperations

        operations = ServerOperations(self.server)
        self.closing.callback(operations.close)
        return operations

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of the configuration, which may say that there are none yet; else those of the reference CRM.

        By a server they are those of its configuration.
        """
        if self.server is not None:
            return self.operations.endpoints()
        if self.settings.lists_endpoints:
            return tuple(Endpoint(**dict(row)) for row in self.settings.endpoints)
        from cli.reference_endpoints import reference_endpoints

        return reference_endpoints()

    @property
    def rule_files(self) -> tuple[Path, ...]:
        """The rule files of the configuration; for the reference CRM those of its domains."""
        if self.settings.parity.rules or self.settings.lists_endpoints:
            return self.settings.parity.rules
        return tuple(sorted((ROOT / "domains").glob("*/parity.toml")))

    def rules(self) -> "RuleBook":
        """The rule book; raises RulesError with every bad row at once, those for endpoints that are not there too."""
        from parity.rules import RuleBook

        return RuleBook.load(self.rule_files, [endpoint.name for endpoint in self.endpoints])

    def declared(self) -> "Declared":
        """The rule book with the acceptances of each of its files; raises RulesError with every bad row at once."""
        from parity.holdings import Declared

        return Declared.load(self.rule_files)

    @property
    def bounds(self) -> "Bounds":
        """How large a body may be to be compared."""
        from parity.bodies import Bounds

        return Bounds(max_values=self.settings.parity.max_values)

    @cached_property
    def engine(self) -> "sqlalchemy.Engine":
        """The store; made on first use. Raises UsageError where a server is to be asked instead."""
        from parity.database import open_database

        if self.server is not None:
            raise UsageError(
                f"this needs the store itself, and cannot be done by the server {self.server.url}: leave out"
                " --server (CROSSFADE_SERVER, remote.url)"
            )
        if not self.settings.store.url:
            self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        return open_database(self.settings.store_url)

    @cached_property
    def flags(self) -> "FlagStore":
        """The flag table and its ledger."""
        from proxy.flag_store import FlagStore

        return FlagStore(self.engine, self.endpoints)

    @cached_property
    def _keys(self) -> FlagKeys:
        return FlagKeys(self.endpoints)

    def domain_names(self) -> list[str]:
        """Every domain that has an endpoint."""
        return sorted({endpoint.domain for endpoint in self.endpoints})

    def domain_of(self, key: str) -> str:
        """The domain that a domain or endpoint name belongs to; raises UnknownKeyError."""
        return self._keys.domain_of(key)

    def require_domain(self, name: str) -> str:
        """The name itself; raises UsageError that lists the known ones."""
        if name not in self.domain_names():
            raise UsageError(f"{name!r} is not a domain; expected one of: {', '.join(self.domain_names())}")
        return name


@dataclass(frozen=True)
class Unread:
    """What the root command was told, before any command has asked for its settings."""

    make: Callable[[], Context]


def pass_context(command: Callable[Concatenate[Context, P], R]) -> Callable[P, R]:
    """Give a command its Context, made only when it runs: its `--help` needs no configuration that is right."""

    @click.make_pass_decorator(Unread)
    @wraps(command)
    def given(unread: Unread, /, *args: P.args, **kwargs: P.kwargs) -> R:
        context = unread.make()
        with context.closing:
            return command(context, *args, **kwargs)

    return given
