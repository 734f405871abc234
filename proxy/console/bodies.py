"""What a caller may send: bodies and queries, field for field, all wrong ones told at once."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from parity.outcome import Kind
from proxy.console.errors import FieldFault, InvalidError
from proxy.stages import Stage

M = TypeVar("M", bound=BaseModel)

_LONGEST_REASON = 500
_LONGEST_SPAN_S = 400 * 86_400.0
_SPAN_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
SPAN = r"^[1-9][0-9]{0,6}[smhd]$"


def _words(text: str) -> str:
    words = " ".join(text.split())
    if not words or not words.isprintable():
        raise ValueError("expected some words")
    return words


def _empty_or_words(text: str) -> str:
    return _words(text) if text.strip() else ""


Reason = Annotated[str, Field(min_length=1, max_length=_LONGEST_REASON), AfterValidator(_words)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Version = Annotated[int, Field(ge=0, le=2**53, strict=True)]


class Body(BaseModel):
    """Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class Advance(Body):
    """One stage forward; at canary with `share` a larger share. `force` overrides the verdict, and wants an admin."""

    reason: Reason
    share: Share | None = None
    force: bool = Field(default=False, strict=True)
    expected_version: Version | None = None


class ShareChange(Body):
    """Another canary share, 0 to 1; a larger one wants what a step forward does, `force` as there."""

    share: Share
    reason: Reason
    force: bool = Field(default=False, strict=True)
    expected_version: Version | None = None


class Rollback(Body):
    """Back to `off`, or to a named earlier stage; needs no reason."""

    to: Stage = Stage.OFF
    reason: Annotated[str, Field(max_length=_LONGEST_REASON), AfterValidator(_empty_or_words)] = ""


class PilotStart(Body):
    """A pilot to a stage, by the text of a policy (TOML) with a name; without one by the policy in the box."""

    to: Stage = Stage.COMPLETE
    policy: str = Field(default="", max_length=20_000)
    policy_name: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,59})?$")


class PilotTurn(Body):
    """Why a pilot is paused or stopped; not required."""

    reason: Annotated[str, Field(max_length=_LONGEST_REASON), AfterValidator(_empty_or_words)] = ""


class AcceptanceWish(Body):
    """A group to accept, or all groups of a cause, until the day `expires`.

    With a group alone `kind` and `path` may be wider than its own.
    """

    group: str | None = Field(default=None, pattern=r"^[0-9a-f]{4,16}$")
    cause: str | None = Field(default=None, pattern=r"^c-[0-9a-f]{8}$")
    reason: Reason
    owner: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_words)]
    expires: date
    quirk: str = Field(default="", pattern=r"^(Q-[0-9]{1,4})?$")
    ticket: str = Field(default="", pattern=r"^(https?://[\x21-\x7e]{1,1000})?$")
    kind: str | None = Field(default=None, json_schema_extra={"enum": [*Kind, "any", None]})
    path: str = Field(default="", max_length=500)
    by_shape: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _fits_together(self) -> "AcceptanceWish":
        if (self.group is None) == (self.cause is None):
            raise ValueError("group: expected either a group or a cause")
        wider = "kind" if self.kind else "path" if self.path else ""
        if self.cause is not None and wider:
            raise ValueError(f"{wider}: expected with one group alone, whose place it widens")
        if self.quirk and self.ticket:
            raise ValueError("ticket: expected either a ticket or a quirk, not both")
        if self.kind not in (None, "any", *Kind):
            raise ValueError(f"kind: {self.kind!r}: expected one of: {', '.join([*Kind, 'any'])}")
        return self


class Withdrawal(Body):
    """Why an acceptance is withdrawn."""

    reason: Reason


class ChangesQuery(Body):
    """How many entries of the ledger, of which domain, and before which version of the flag table."""

    limit: int = Field(default=50, ge=1, le=1_000)
    domain: str | None = Field(default=None, max_length=100)
    before: int | None = Field(default=None, ge=0, le=2**53)


class ReportQuery(Body):
    """Of which domain, and since when: `90s`, `15m`, `2h`, `7d`; without it ever since."""

    domain: str | None = Field(default=None, max_length=100)
    since: str | None = Field(default=None, pattern=SPAN)

    @property
    def since_s(self) -> float | None:
        """In seconds."""
        return None if self.since is None else seconds_of(self.since)


class TimelineQuery(Body):
    """Since when: `90s`, `15m`, `2h`, `7d`."""

    since: str = Field(default="6h", pattern=SPAN)

    @property
    def since_s(self) -> float:
        """In seconds."""
        return seconds_of(self.since)


class LooksQuery(Body):
    """How many, newest first."""

    limit: int = Field(default=100, ge=1, le=1_000)


class LoadTestsQuery(Body):
    """How many, newest first, and of which domain."""

    limit: int = Field(default=50, ge=1, le=200)
    domain: str | None = Field(default=None, max_length=100)


class Nothing(Body):
    """No parameters."""


def seconds_of(span: str) -> float:
    """Of a span such as `15m`; 400 days at most."""
    return min(_LONGEST_SPAN_S, float(int(span[:-1]) * _SPAN_UNITS[span[-1]]))


def checked(model: type[M], values: Mapping[str, Any]) -> M:
    """The values as what they must be; raises InvalidError with every field that is not."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(
            [_fault(row["loc"], row["msg"], row["input"], row["type"]) for row in error.errors()]
        ) from None


def invalid(faults: Sequence[FieldFault]) -> InvalidError:
    """All wrong fields in one sentence, and each by its name."""
    said = "; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in faults)
    return InvalidError(said, fields=faults)


def _fault(loc: tuple[int | str, ...], message: str, value: object, kind: str) -> FieldFault:
    field = ".".join(str(part) for part in loc)
    said = message.removeprefix("Value error, ")
    if kind == "missing":
        return FieldFault(field, "is missing")
    if kind == "extra_forbidden":
        return FieldFault(field[:100], "is not known here")
    named = re.match(r"([a-z_]+): ", said)
    if not field and named:
        return FieldFault(named[1], said[named.end() :])
    return FieldFault(field, f"{str(value)[:60]!r}: {said[:1].lower()}{said[1:]}")
