"""An edit: what a known mutation does to a body, and which differences are the right ones for it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from parity.outcome import Kind
from parity.paths import Steps


class MutationKind(StrEnum):
    """What a mutation does."""

    DROP = "drop"
    ADD = "add"
    RETYPE = "retype"
    CHANGE = "change"
    REORDER = "reorder"
    TRUNCATE = "truncate"
    STATUS = "status"
    HEADER = "header"
    EQUIVALENT = "equivalent"
    """Nothing by meaning: it must not be found."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed body. `before` and `after` stand at `steps`; `expects` are the kinds that are right there."""

    kind: MutationKind
    what: str
    steps: Steps
    expects: frozenset[Kind]
    before: Any
    after: Any
    body: bytes


Editor = Callable[[Random], Edit | None]
"""Makes one edit; None where the body has no place for it."""
