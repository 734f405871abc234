"""Rules, acceptances and groups of endpoints as they stand in TOML files, checked; docs/rules.md is their manual.

Every fault of every file is found in one go: each row is read by itself, then what rows say of one another.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from parity.errors import ParityError, RulesError
from parity.outcome import Acceptance, Kind
from parity.paths import path_glob
from parity.rule import Compare, Rule, Tolerance
from parity.rule_checks import Placed, contradictions, crossed, unknown_endpoints

_MAX_SHOWN = 60


def _readable_path(text: str) -> str:
    try:
        path_glob(text)
    except ParityError as error:
        raise ValueError(str(error)) from error
    return text


def _field(text: str) -> tuple[str, ...]:
    """The steps to a field of an item: `id`, `owner.id`."""
    try:
        steps = path_glob(f"$.{text}").steps[1:]
    except ParityError:
        steps = ()
    if not steps or not all(isinstance(step, str) and "*" not in step for step in steps):
        raise ValueError("expected a field of the items such as id or owner.id, without a direction")
    return tuple(str(step) for step in steps)


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Glob = Annotated[_Text, AfterValidator(_readable_path)]
_Field = Annotated[_Text, AfterValidator(_field)]
_Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _GroupRow(_Strict):
    name: _Text
    endpoints: Annotated[list[_Text], Field(min_length=1)]


class _Scoped(_Strict):
    endpoint: _Text | None = None
    group: _Text | None = None
    path: _Glob
    reason: _Text


class _RuleRow(_Scoped):
    compare: Compare
    only: Literal["recording"] | None = None
    absolute: _Positive | None = None
    relative: Annotated[_Positive, Field(le=1)] | None = None
    seconds: _Positive | None = None
    key: _Field | None = None
    sort: list[_Field] | None = None

    def rule(self, endpoint: str, source: str) -> Rule:
        zero = Decimal(0)
        return Rule(
            endpoint=endpoint,
            path=self.path,
            compare=self.compare,
            reason=self.reason,
            recording_only=self.only is not None,
            tolerance=Tolerance(
                absolute=self.absolute or zero, relative=self.relative or zero, seconds=self.seconds or zero
            ),
            key=tuple(self.key or ()),
            sort=None if self.sort is None else tuple(tuple(one) for one in self.sort),
            group=self.group or "",
            source=source,
        )


class _AcceptanceRow(_Scoped):
    kind: Kind | None = None
    legacy_status: int | None = Field(default=None, ge=100, le=599)
    modern_status: int | None = Field(default=None, ge=100, le=599)
    quirk: str = ""
    owner: _Text
    expires: date

    def acceptance(self, endpoint: str) -> Acceptance:
        values = self.model_dump(exclude={"group"})
        return Acceptance(**(values | {"endpoint": endpoint}))


_TABLES: dict[str, type[_Strict]] = {"groups": _GroupRow, "rules": _RuleRow, "acceptances": _AcceptanceRow}


@dataclass(slots=True)
class _Files:
    """What has been read so far: the rows of each table that are right by themselves, and what is wrong.

    Of all rows, also of those with faults: the names of groups, the endpoints, and the groups that are wanted.
    """

    groups: list[Placed[_GroupRow]] = field(default_factory=list)
    rules: list[Placed[_RuleRow]] = field(default_factory=list)
    acceptances: list[Placed[_AcceptanceRow]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    scopes: list[Placed[str]] = field(default_factory=list)
    wanted: list[Placed[str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def read(self, path: Path) -> None:
        try:
            page = tomllib.loads(path.read_text(), parse_float=Decimal)
        except OSError as error:
            self.problems.append(f"{path}: {error.strerror}")
            return
        except ValueError as error:  # not TOML, or not UTF-8
            self.problems.append(f"{path}: {error}")
            return
        for table, rows in page.items():
            if table not in _TABLES:
                self.problems.append(f"{path}: {table}: {_unknown_key(table, _TABLES)}")
            elif not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                self.problems.append(f"{path}: {table}: expected tables, each begun by [[{table}]]")
            else:
                for number, row in enumerate(rows, 1):
                    self._row(table, row, f"{path}: {table}[{number}]")

    def _row(self, table: str, row: Mapping[str, Any], where: str) -> None:
        if table == "groups":
            self.named.add(str(row.get("name", "")).strip())
            globs = row.get("endpoints")
            self.scopes += [
                Placed(f"{where}.endpoints", glob)
                for glob in (globs if isinstance(globs, list) else ())
                if isinstance(glob, str)
            ]
        else:
            for key, kept in (("endpoint", self.scopes), ("group", self.wanted)):
                if isinstance(given := row.get(key), str):
                    kept.append(Placed(f"{where}.{key}", given.strip()))
            self.problems += [f"{where}{said}" for said in crossed(row, is_rule=table == "rules")]
        try:
            found = _TABLES[table].model_validate(row)
        except ValidationError as error:
            self.problems += [f"{where}{said}" for said in _faults(error, _TABLES[table])]
            return
        match found:
            case _GroupRow():
                self.groups.append(Placed(where, found))
            case _RuleRow():
                self.rules.append(Placed(where, found))
            case _AcceptanceRow():
                self.acceptances.append(Placed(where, found))

    def endpoints_of_groups(self) -> dict[str, list[str]]:
        """The globs of each group; a name that is given twice, and one that no file gives, become problems."""
        places: dict[str, str] = {}
        globs: dict[str, list[str]] = {}
        for placed in self.groups:
            name = placed.row.name
            if name in places:
                self.problems.append(f"{placed.where}.name: {name!r} is the name of {places[name]} already")
            places.setdefault(name, placed.where)
            globs.setdefault(name, placed.row.endpoints)
        for one in self.wanted:
            if one.row not in self.named:
                known = f"expected one of {', '.join(sorted(self.named))}" if self.named else "there are none"
                self.problems.append(f"{one.where}: {one.row!r} is no group: {known}")
        return globs


def read_rules(
    paths: Iterable[Path], endpoints: Iterable[str] | None = None
) -> tuple[list[Rule], list[Acceptance]]:
    """The rules and acceptances of the files, those of groups once for each of its globs; raises RulesError."""
    files = _Files()
    for path in paths:
        files.read(path)
    groups = files.endpoints_of_groups()
    known = None if endpoints is None else tuple(endpoints)
    rules = [
        Placed(one.where, tuple(one.row.rule(glob, one.where) for glob in _scope(one.row, groups)))
        for one in files.rules
    ]
    if known is not None:
        files.problems += unknown_endpoints(files.scopes, known)
    files.problems += contradictions(rules, known)
    if files.problems:
        raise RulesError(files.problems)
    # the first acceptance that fits decides, so those of groups stand behind those of endpoints
    ordered = sorted(files.acceptances, key=lambda one: one.row.group is not None)
    return [rule for one in rules for rule in one.row], [
        one.row.acceptance(glob) for one in ordered for glob in _scope(one.row, groups)
    ]


def _scope(row: _Scoped, groups: Mapping[str, list[str]]) -> list[str]:
    return [row.endpoint] if row.endpoint is not None else groups.get(row.group or "", [])


def _faults(error: ValidationError, model: type[_Strict]) -> Iterable[str]:
    for fault in error.errors(include_url=False, include_context=False):
        place = fault["loc"]
        where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
        yield f"{where}: {_said(fault['type'], fault['msg'], fault['input'], str(place[-1]), model)}"


def _said(kind: str, message: str, value: Any, key: str, model: type[_Strict]) -> str:
    match kind:
        case "extra_forbidden":
            return _unknown_key(key, model.model_fields)
        case "missing":
            return "this key is required and is not there"
    shown = value if isinstance(value, str) else str(value)
    said = message.removeprefix("Value error, ")
    return f"{shown[:_MAX_SHOWN]!r}: {said[:1].lower()}{said[1:]}"


def _unknown_key(key: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(key, names, n=1)
    if close:
        return f"unknown key, did you mean {close[0]}?"
    if key == "ignore":
        return f"nothing is ignored: compare by shape, or accept the difference; known are {', '.join(names)}"
    return f"unknown key, known are {', '.join(names)}"
