"""How the stages stand that are taken from an OpenFeature provider: a row a flag, for whoever watches next, and for status."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from parity.database import complete_tables, storing, writing
from proxy.provider_answers import Said
from proxy.stages import Stage

METADATA = sa.MetaData()

OPENFEATURE_KEYS = sa.Table(
    "openfeature_keys",
    METADATA,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("provider", sa.String(200), nullable=False),
    sa.Column("flag", sa.String(300), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("stage", sa.String(20), nullable=True),
    sa.Column("canary_share", sa.Double, nullable=True),
    sa.Column("said_since", sa.Double, nullable=False),
    sa.Column("silent_since", sa.Double, nullable=True),
    sa.Column("agreed_version", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("tried_at", sa.Double, nullable=False),
    sa.Column("checked_at", sa.Double, nullable=False),
)


class ProviderState(StrEnum):
    """How a flag stands to what the provider says of it."""

    AGREES = "agrees"
    """The flag table is as the provider says."""
    SETTLING = "settling"
    """It says a step forward, not for long enough yet."""
    REFUSED = "refused"
    """It says a step forward that is not possible, or that the verdict or a freeze window refuses."""
    OVERRULED = "overruled"
    """It says a step forward, and somebody took the flag back since it agreed."""
    UNANSWERED = "unanswered"
    """It gave no answer that may be taken; the flag stays."""
    FROZEN = "frozen"
    """It gave none for so long that somebody should look; the flag stays."""

    @property
    def is_alarming(self) -> bool:
        """Whether a person has to do something."""
        return self in {ProviderState.REFUSED, ProviderState.OVERRULED, ProviderState.FROZEN}


@dataclass(frozen=True, slots=True)
class KeyState:
    """One flag (`key`) and the flag of the provider that it follows. Times are Unix seconds.

    `said` is the last answer that counted, the same since `said_since`; `silent_since` is when it ceased to answer.
    `agreed_version` is the last flag version at which the provider agreed, or went back; -1: none. `tried_at` is when
    the last step was refused by a verdict or a freeze window, 0: none was.
    """

    key: str
    flag: str
    state: ProviderState = ProviderState.UNANSWERED
    said: Said | None = None
    said_since: float = 0.0
    silent_since: float | None = None
    agreed_version: int = -1
    problem: str = ""
    tried_at: float = 0.0
    checked_at: float = 0.0


class KeyStates:
    """The states in the store, of one provider; those of another are not read. Methods raise StoreError."""

    def __init__(self, engine: sa.Engine, provider: str) -> None:
        self._engine = engine
        self._provider = provider[:200]
        self._prepared = False

    def read(self) -> dict[str, KeyState]:
        """By key."""
        with storing("read what a provider said"):
            self._prepare()
            with self._engine.connect() as connection:
                chosen = sa.select(OPENFEATURE_KEYS).where(OPENFEATURE_KEYS.c.provider == self._provider)
                return {row["key"]: _state(row) for row in connection.execute(chosen).mappings()}

    def save(self, states: Iterable[KeyState]) -> None:
        """These, and no others."""
        rows = [self._row(state) for state in states]
        with storing("keep what a provider said"):
            self._prepare()
            with writing(self._engine) as connection:
                connection.execute(sa.delete(OPENFEATURE_KEYS))
                if rows:
                    connection.execute(sa.insert(OPENFEATURE_KEYS), rows)

    def _prepare(self) -> None:
        if not self._prepared:
            complete_tables(self._engine, METADATA)
            self._prepared = True

    def _row(self, state: KeyState) -> dict[str, Any]:
        return {
            "key": state.key,
            "provider": self._provider,
            "flag": state.flag,
            "state": state.state.value,
            "stage": None if state.said is None else state.said.stage.value,
            "canary_share": None if state.said is None else state.said.canary_share,
            "said_since": state.said_since,
            "silent_since": state.silent_since,
            "agreed_version": state.agreed_version,
            "problem": state.problem,
            "tried_at": state.tried_at,
            "checked_at": state.checked_at,
        }


def _state(row: Any) -> KeyState:
    return KeyState(
        key=row["key"],
        flag=row["flag"],
        state=ProviderState(row["state"]),
        said=None if row["stage"] is None else Said(Stage(row["stage"]), row["canary_share"]),
        said_since=row["said_since"],
        silent_since=row["silent_since"],
        agreed_version=row["agreed_version"],
        problem=row["problem"],
        tried_at=row["tried_at"],
        checked_at=row["checked_at"],
    )
