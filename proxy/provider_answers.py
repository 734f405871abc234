"""What an OpenFeature provider says of a flag: a stage that it evaluated, or why that cannot be taken."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from proxy.stages import Stage

SHARE = "canary_share"
"""The metadatum of a flag that says the canary share, 0 to 1; Crossfade's own OFREP gives it too."""

_NOT_EVALUATED: Mapping[str, str] = {
    "ERROR": "could not evaluate it",
    "DEFAULT": "gives a default, which nobody chose",
    "DISABLED": "has it disabled",
    "STALE": "says that its answer may be out of date",
}
"""By reason, in the words of OpenFeature: what carries no decision of anybody."""
_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider decided; without a share `canary` keeps its own."""

    stage: Stage
    canary_share: float | None = None

    def __str__(self) -> str:
        return self.stage if self.canary_share is None else f"{self.stage} {self.canary_share:.3g}"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing that may be taken; `problem` is what the provider did: `could not evaluate it`."""

    problem: str


ProviderAnswer = Said | NoAnswer


class Source(Protocol):
    """An OpenFeature provider as it is asked; never raises for what the provider does."""

    @property
    def name(self) -> str:
        """How the ledger calls it."""
        ...

    async def ask(self, keys: Sequence[str]) -> dict[str, ProviderAnswer]:
        """An answer for each key of the provider, within the source's deadline."""
        ...

    async def close(self) -> None:
        """Let go of the provider."""
        ...


def read_answer(value: object, reason: str | None, metadata: object) -> ProviderAnswer:
    """The answer in an evaluation; `metadata` is that of the flag."""
    if reason is not None and (problem := _NOT_EVALUATED.get(reason.upper())):
        return NoAnswer(problem)
    if not isinstance(value, str) or value not in set(Stage):
        given = repr(value)
        shown = given if len(given) <= _SHOWN_CHARS else f"{given[:_SHOWN_CHARS]}…"
        return NoAnswer(f"says {shown}: expected a stage ({', '.join(Stage)})")
    stage = Stage(value)
    share = metadata.get(SHARE) if isinstance(metadata, Mapping) else None
    if stage is not Stage.CANARY or share is None:
        return Said(stage)
    is_number = isinstance(share, int | float) and not isinstance(share, bool)
    if not is_number or not (math.isfinite(share) and 0 <= share <= 1):
        return NoAnswer(f"says {SHARE} {str(share)[:_SHOWN_CHARS]!r}: expected a number from 0 to 1")
    return Said(stage, float(share))


def none_of(keys: Sequence[str], problem: str) -> dict[str, ProviderAnswer]:
    """No answer for any of them."""
    return dict.fromkeys(keys, NoAnswer(problem))
