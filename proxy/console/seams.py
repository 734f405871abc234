"""What the console stands on, and what it runs beside its pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from parity.exchange import Endpoint
from parity.holdings import Declared
from parity.verdict import Verdict
from proxy.control import Control
from proxy.flag_store import FlagStore
from proxy.operations import Operations


class Watch(Protocol):
    """Something that looks after flags for as long as a console runs: a guard, a pilot."""

    async def run(self) -> None:
        """Go on until it is cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class GuardShown:
    """How one guard of a domain stands: a word, and a sentence with its figures."""

    name: str
    state: str
    text: str
    is_alarming: bool = False


def no_guards(_domain: str) -> Sequence[GuardShown]:
    """Nobody guards anything."""
    return ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What the console shows and changes; everything here but `endpoints` may wait for the store."""

    engine: sa.Engine
    flags: FlagStore
    control: Control
    endpoints: Sequence[Endpoint]
    judge: Callable[[str], Verdict]
    declared: Callable[[], Declared]
    operations: Callable[[str], Operations]
    """What an operator's commands do, in the name of whoever asks."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The effective configuration with its secrets masked, by key."""
    guards: Callable[[str], Sequence[GuardShown]] = no_guards

    @property
    def domains(self) -> list[str]:
        """Every domain that has an endpoint, by name."""
        return sorted({endpoint.domain for endpoint in self.endpoints})
