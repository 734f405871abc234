"""Files of flags: the flag table as TOML, for review in git."""

import json
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proxy.errors import FlagFileError, ProxyError
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, check_share
from proxy.stages import Stage

_KEYS = ("stage", "canary_share", "sample_rate")


@dataclass(frozen=True, slots=True)
class FlagFile:
    """Rows that a table should have; what is not named stays as it is. `version` is the table that they were made from."""

    version: int | None = None
    rows: dict[str, Flag] = field(default_factory=dict)


def write_flags(table: FlagTable, domains: Iterable[str]) -> str:
    """The whole table as TOML: every domain, then the endpoints with rows of their own."""
    names = list(domains)
    lines = [
        "# The flag table, written by `crossfade flags export`. What is not named here stays as it is.",
        "# `crossfade flags plan FILE` shows what would change, `crossfade flags apply FILE` changes it.",
        f"version = {table.version}",
    ]
    for key in [*names, *sorted(set(table.rows) - set(names))]:
        flag = table.rows.get(key, DEFAULT_FLAG)
        lines += [
            "",
            # a text of JSON is one of TOML
            f"[flags.{json.dumps(key, ensure_ascii=False)}]",
            f'stage = "{flag.stage}"',
            f"canary_share = {flag.canary_share!r}",
            f"sample_rate = {flag.sample_rate!r}",
        ]
    return "\n".join([*lines, ""])


def read_flags(path: Path, domain_of: Callable[[str], str], present: FlagTable) -> FlagFile:
    """A file of flags; a share that it does not say stays that of `present`. Raises FlagFileError with every fault."""
    try:
        page = tomllib.loads(path.read_text())
    except OSError as error:
        raise FlagFileError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FlagFileError(str(path), [f"not valid TOML: {error}"]) from error
    problems = [
        f"{name}: unknown key (expected: version, flags)" for name in page if name not in {"version", "flags"}
    ]
    version, flags = page.get("version"), page.get("flags", {})
    if version is not None and (type(version) is not int or version < 0):
        problems.append(f"version: {version!r}: expected a whole number from 0")
    if not isinstance(flags, dict) or not flags:
        problems.append("flags: expected tables like [flags.escrows]")
        flags = {}
    rows: dict[str, Flag] = {}
    for key, values in flags.items():
        try:
            domain = domain_of(key)
        except ProxyError as error:
            problems.append(f"flags: {error}")
            continue
        before = present.rows.get(key) or present.rows.get(domain) or DEFAULT_FLAG
        flag, found = _flag(key, values, before)
        problems += found
        rows[key] = flag
    if problems:
        raise FlagFileError(str(path), problems)
    return FlagFile(version, rows)


def _flag(key: str, values: Any, before: Flag) -> tuple[Flag, list[str]]:
    where = f"flags.{json.dumps(key)}"
    if not isinstance(values, dict):
        return before, [f"{where}: {values!r}: expected a table with a stage"]
    problems = [
        f"{where}.{name}: unknown key (expected: {', '.join(_KEYS)})" for name in values if name not in _KEYS
    ]
    stage = before.stage
    if "stage" not in values:
        problems.append(f"{where}: expected a stage")
    else:
        try:
            stage = Stage.parse(str(values["stage"]))
        except ProxyError as error:
            problems.append(f"{where}.stage: {error}")
    shares = {"canary_share": before.canary_share, "sample_rate": before.sample_rate}
    for name in shares:
        if name not in values:
            continue
        value = values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            problems.append(f"{where}.{name}: {value!r}: expected a number from 0 to 1")
            continue
        try:
            shares[name] = check_share(name, value)
        except ProxyError as error:
            problems.append(f"{where}: {error}")
    return Flag(stage, **shares), problems
