"""How paths are compared, and which differences people have accepted: the rule book, read from TOML files.

A rule holds for its path and everything below it; of several that hold, the last one in the book does.
"""

import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from parity.errors import ParityError, RulesError
from parity.outcome import Acceptance, Difference, Kind
from parity.paths import PathGlob, Steps, TextGlob, path_glob
from parity.value_shapes import takes_shapes


class Compare(StrEnum):
    """How the values at a path are compared."""

    VALUE = "value"
    """Equal, type included: the default."""
    SHAPE = "shape"
    """Same JSON type, format, nullness and length class: for ids and timestamps, which stay checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a path is compared. `recording_only`: only when answers of two runs are compared."""

    endpoint: str
    path: str
    compare: Compare
    reason: str
    recording_only: bool = False


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """What the book says about one endpoint, compiled."""

    rules: tuple[tuple[PathGlob, Rule], ...] = ()
    acceptances: tuple[tuple[PathGlob, Acceptance], ...] = ()

    def compare_at(self, steps: Steps) -> Compare:
        """How the value at this path is compared."""
        for glob, rule in reversed(self.rules):
            if any(glob.matches(steps[:end]) for end in range(len(steps), 0, -1)):
                return rule.compare
        return Compare.VALUE

    def acceptance_of(
        self, difference: Difference, statuses: tuple[int, int], today: date
    ) -> Acceptance | None:
        """The acceptance of this difference in an exchange with these (legacy, modern) statuses."""
        for glob, acceptance in self.acceptances:
            if (
                today <= acceptance.expires
                and acceptance.kind in (None, difference.kind)
                and acceptance.legacy_status in (None, statuses[0])
                and acceptance.modern_status in (None, statuses[1])
                and glob.matches(difference.steps)
                and takes_shapes(acceptance.shapes, difference)
            ):
                return acceptance
        return None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules and acceptances; immutable, but for the compiled view of each endpoint that it keeps."""

    rules: tuple[Rule, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    recording: bool = False
    _views: dict[str, EndpointRules] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def load(cls, paths: Iterable[Path]) -> "RuleBook":
        """Read rules files; raises RulesError with every fault of every file."""
        rules: list[Rule] = []
        acceptances: list[Acceptance] = []
        problems: list[str] = []
        for path in paths:
            try:
                page = _Page.model_validate(tomllib.loads(path.read_text()))
            except OSError as error:
                problems.append(f"{path}: {error.strerror}")
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                problems.append(f"{path}: {error}")
            except ValidationError as error:
                problems.extend(f"{path}: {problem}" for problem in _problems(error))
            else:
                rules.extend(row.rule() for row in page.rules)
                acceptances.extend(Acceptance(**row.model_dump()) for row in page.acceptances)
        if problems:
            raise RulesError(problems)
        return cls(tuple(rules), tuple(acceptances))

    def for_recording(self) -> "RuleBook":
        """The book for comparing answers of two runs, where created ids and times differ."""
        return replace(self, recording=True)

    def with_rules(self, extra: Iterable[Rule]) -> "RuleBook":
        """The book with more rules, which go before those it has."""
        return replace(self, rules=(*self.rules, *extra))

    def with_acceptances(self, extra: Iterable[Acceptance]) -> "RuleBook":
        """The book with more accepted differences."""
        return replace(self, acceptances=(*self.acceptances, *extra))

    def for_endpoint(self, endpoint: str) -> EndpointRules:
        """What the book says about the endpoint of that name; raises ParityError for a broken path."""
        view = self._views.get(endpoint)
        if view is None:
            view = EndpointRules(
                tuple(
                    (path_glob(rule.path), rule)
                    for rule in self.rules
                    if TextGlob.of(rule.endpoint).matches(endpoint)
                    and (self.recording or not rule.recording_only)
                ),
                tuple(
                    (path_glob(acceptance.path), acceptance)
                    for acceptance in self.acceptances
                    if TextGlob.of(acceptance.endpoint).matches(endpoint)
                ),
            )
            self._views[endpoint] = view
        return view


def _readable_path(text: str) -> str:
    try:
        path_glob(text)
    except ParityError as error:
        raise ValueError(str(error)) from error
    return text


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Glob = Annotated[_Text, AfterValidator(_readable_path)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _RuleRow(_Strict):
    endpoint: _Text
    path: _Glob
    compare: Compare
    reason: _Text
    only: Literal["recording"] | None = None

    def rule(self) -> Rule:
        return Rule(
            endpoint=self.endpoint,
            path=self.path,
            compare=self.compare,
            reason=self.reason,
            recording_only=self.only is not None,
        )


class _AcceptanceRow(_Strict):
    endpoint: _Text
    path: _Glob
    kind: Kind | None = None
    legacy_status: int | None = Field(default=None, ge=100, le=599)
    modern_status: int | None = Field(default=None, ge=100, le=599)
    reason: _Text
    quirk: str = ""
    owner: _Text
    expires: date


class _Page(_Strict):
    rules: list[_RuleRow] = []
    acceptances: list[_AcceptanceRow] = []


_KEYS: dict[Any, type[BaseModel]] = {None: _Page, "rules": _RuleRow, "acceptances": _AcceptanceRow}


def _problems(error: ValidationError) -> Iterable[str]:
    for fault in error.errors(include_url=False, include_context=False):
        place = fault["loc"]
        where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(
            "."
        )
        yield f"{where}: {_said(fault['type'], fault['msg'], place)}"


def _said(kind: str, message: str, place: tuple[Any, ...]) -> str:
    if kind != "extra_forbidden":
        return message[:1].lower() + message[1:]
    known = _KEYS[place[0] if len(place) > 1 else None].model_fields
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"unknown key, did you mean {close[0]}?" if close else f"unknown key, known are {', '.join(known)}"
