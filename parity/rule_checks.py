"""What is wrong between the keys of a row of a rules file, and between its rows.

Keys that exclude each other, endpoints that are not there, rules that never decide because a stronger one says
otherwise.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from parity.paths import TextGlob, covers, path_glob
from parity.rule import OF_LISTS, Rule

T_co = TypeVar("T_co", covariant=True)

_TOLERANCES = ("absolute", "relative", "seconds")
_KEYS_OF = {"tolerance": _TOLERANCES, "keyed": ("key", "sort")}


@dataclass(frozen=True, slots=True)
class Placed(Generic[T_co]):
    """A row and the file and place it stands in, for messages."""

    where: str
    row: T_co


def crossed(row: Mapping[str, Any], *, is_rule: bool) -> Iterator[str]:
    """What is wrong between the keys of one row, each as `.KEY: what`."""
    if "endpoint" in row and "group" in row:
        yield f".group: {row['group']!r} and an endpoint: expected one of the two"
    if "endpoint" not in row and "group" not in row:
        yield ".endpoint: expected an endpoint such as 'GET /v1/escrows', or a group"
    if is_rule:
        compare, path = str(row.get("compare")), str(row.get("path")).strip().lower()
        if path == "$status":
            yield ".path: '$status': the status is always compared; accept the difference instead"
        if compare in OF_LISTS and path.startswith("header:"):
            yield f".compare: {compare!r}: a header is no list: expected value, shape or tolerance"
        yield from _of_compare(row, compare)


def _of_compare(row: Mapping[str, Any], compare: str) -> Iterator[str]:
    for of, keys in _KEYS_OF.items():
        for key in keys:
            if key in row and compare != of:
                yield f".{key}: {row[key]!r}: only a rule that compares by '{of}' has it, this one by {compare!r}"
    if compare == "tolerance" and not any(key in row for key in _TOLERANCES):
        yield f".compare: 'tolerance' without a number: expected {', '.join(_TOLERANCES[:-1])} or {_TOLERANCES[-1]}"
    if compare == "keyed" and "key" not in row:
        yield ".compare: 'keyed' without a key: expected key = a field of the items, such as id"


def unknown_endpoints(scopes: Iterable[Placed[str]], known: Sequence[str]) -> Iterator[str]:
    """The globs over endpoints that hold for none of those that there are."""
    for placed in scopes:
        glob = TextGlob.of(placed.row)
        if not any(glob.matches(name) for name in known):
            close = difflib.get_close_matches(placed.row, known, n=1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            yield f"{placed.where}: {placed.row!r}: no endpoint is called so{hint}"


def contradictions(rows: Sequence[Placed[tuple[Rule, ...]]], known: Sequence[str] | None) -> Iterator[str]:
    """The rules that can never decide, because one stronger rule holds wherever they do and says otherwise."""
    ordered = sorted(
        (placed for placed in rows if placed.row), key=lambda placed: placed.row[0].rank
    )  # the weaker first; among equals as in the book
    for place, weak in enumerate(ordered):
        strong = next((one for one in ordered[place + 1 :] if _overrules(one.row, weak.row, known)), None)
        if strong is not None:
            yield (
                f"{weak.where}.path: {weak.row[0].path!r}: never decides, because {strong.where} "
                f"({strong.row[0].path!r}, {strong.row[0].compare}) is stronger wherever it holds"
            )


def _overrules(strong: tuple[Rule, ...], weak: tuple[Rule, ...], known: Sequence[str] | None) -> bool:
    one, other = strong[0], weak[0]
    return (
        one.of_lists == other.of_lists
        and not one.same_meaning(other)
        and (other.recording_only or not one.recording_only)
        and covers(path_glob(one.path), path_glob(other.path), below=not one.of_lists)
        and _covers_endpoints([rule.endpoint for rule in strong], [rule.endpoint for rule in weak], known)
    )


def _covers_endpoints(wide: Sequence[str], narrow: Sequence[str], known: Sequence[str] | None) -> bool:
    wide_globs = [TextGlob.of(text) for text in wide]
    if known is None:
        return all(
            text in wide
            or "*" in wide
            or ("*" not in text and any(glob.matches(text) for glob in wide_globs))
            for text in narrow
        )
    narrow_globs = [TextGlob.of(text) for text in narrow]
    held = [name for name in known if any(glob.matches(name) for glob in narrow_globs)]
    return bool(held) and all(any(glob.matches(name) for glob in wide_globs) for name in held)
