"""The WHERE clause of a list, put together condition by condition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from legacy_bridge.auth import User
from legacy_bridge.errors import Refusal
from legacy_bridge.permissions import ADMIN

_DEFAULT_SCOPES = {"system_admin": "all", "broker": "brokerage"}
NO_BROKER = "User is not associated with a broker"


@dataclass(slots=True)
class Filter:
    """Conditions that must all hold, and their values as `$1`, `$2` and so on."""

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, condition: str, *value: Any) -> None:
        """One more condition; every `?` in it stands for the one value."""
        self.values.extend(value)
        self.conditions.append(condition.replace("?", f"${len(self.values)}"))

    def narrow(
        self, user: User, query: Mapping[str, str], alias: str, without_broker: Callable[[], Refusal]
    ) -> None:
        """Leave the rows of the scope that is asked for, or of the role's default one.

        An admin sees everything outside of scope `user`. The team of everybody else is unknown, so a list of it
        is empty (Q-20), and a broker's default list fails (Q-11): that raises the refusal of `without_broker`.
        """
        match query.get("scope", _DEFAULT_SCOPES.get(user.role or "", "team")):
            case "user":
                self.add(f"{alias}.owner_id = ?", user.id)
            case _ if user.role == ADMIN:
                pass
            case "team":
                self.add(f"{alias}.team_id = ?", None)
            case _:
                raise without_broker()

    @property
    def where(self) -> str:
        """The conditions as SQL."""
        return " AND ".join(self.conditions) or "1=1"

    def next_places(self) -> tuple[str, str]:
        """The places of the two values that come after those of the conditions."""
        return f"${len(self.values) + 1}", f"${len(self.values) + 2}"
