"""What an operator's commands send, field for field.

What a change must be is said by what makes it, in the words that a command beside the store has, so here it is bounded only.
"""

from datetime import date
from typing import Annotated

from pydantic import Field

from proxy.console.bodies import Body
from proxy.operations import Turn
from proxy.stages import Stage

_Reason = Annotated[str, Field(max_length=4_000)]
_Key = Annotated[str, Field(min_length=1, max_length=300)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Version = Annotated[int, Field(ge=0, le=2**53, strict=True)]
_LONGEST_SPAN_S = 4_000 * 86_400.0
_DomainName = Annotated[str, Field(max_length=100)]


class _Change(Body):
    """`since_version` makes it safe to ask again: one like it since then is it."""

    since_version: _Version | None = None


class _Forward(_Change):
    """What may go forward; `force` wants an admin."""

    reason: Annotated[_Reason, Field(min_length=1)]
    force: bool = Field(default=False, strict=True)
    expected_version: _Version | None = None


class FlagAdvance(_Forward):
    """One step forward, of a domain or an endpoint."""

    key: _Key
    share: _Number | None = None


class FlagStage(_Forward):
    """Exactly this stage with these shares, of a domain or an endpoint."""

    key: _Key
    stage: Stage
    share: _Number | None = None
    sample_rate: _Number | None = None


class FlagRollback(_Change):
    """Back to a stage; without a key everything. Needs no reason."""

    key: _Key | None = None
    to: Stage = Stage.OFF
    reason: _Reason = ""


class FlagRow(Body):
    """What a row is to be."""

    stage: Stage
    canary_share: _Number
    sample_rate: _Number


class FlagPlan(Body):
    """Rows that are wanted, by domain or endpoint."""

    rows: dict[_Key, FlagRow] = Field(max_length=5_000)


class FlagApply(_Forward):
    """Rows to set, all or none."""

    rows: dict[_Key, FlagRow] = Field(max_length=5_000)


class RunTurn(Body):
    """Pause, resume or stop the run that was seen at that revision."""

    turn: Turn
    revision: _Version
    reason: _Reason = ""


class Wishes(_Change):
    """Groups to accept until the day `expires`, all or none."""

    groups: list[Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=1_000)
    reason: _Reason
    owner: Annotated[str, Field(max_length=200)]
    expires: date
    quirk: str = Field(default="", max_length=10)
    ticket: str = Field(default="", max_length=1_100)
    kind: str | None = Field(default=None, max_length=20)
    path: str = Field(default="", max_length=500)
    by_shape: bool = Field(default=False, strict=True)
    dry_run: bool = Field(default=False, strict=True)


class Withdrawals(_Change):
    """Acceptances to withdraw, all or none."""

    ids: list[Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=1_000)
    reason: _Reason


class TalliesQuery(Body):
    """From which minute on (Unix time divided by 60)."""

    minute: int = Field(default=0, ge=0, le=2**40)


class ReportsQuery(Body):
    """Of which domain, over how many seconds until now; `whole` with samples, for which who asks is noted, and with verdicts."""

    domain: _DomainName | None = None
    since_s: float | None = Field(default=None, ge=0, le=_LONGEST_SPAN_S)
    whole: bool = False


class VerdictsQuery(Body):
    """On which domains, with a comma between them, over how many seconds until now."""

    domains: str = Field(default="", max_length=4_000)
    since_s: float | None = Field(default=None, ge=0, le=_LONGEST_SPAN_S)

    @property
    def names(self) -> list[str]:
        """The domains."""
        return [name for name in self.domains.split(",") if name]
