"""Paths as they may be kept: a segment that could be somebody's is a parameter, `{}`.

What is kept is what a programmer could have written into a route: short lower-case words and version numbers. An
identifier, a number, an e-mail address, a token, a name with a capital, whatever stands behind a word such as `token`
or `users`, and anything that is not ASCII is folded. Words of which there are too many at one position are, too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from parity.vocabulary import is_sensitive

PARAMETER = "{}"
MAX_SEGMENTS = 12
MAX_SIBLINGS = 12
"""Different words at one position; with more of them the position is taken for a parameter."""

_PART = r"[a-z]{1,16}"
_KEPT = re.compile(rf"v\d{{1,3}}(\.\d{{1,2}})?|{_PART}([-_.]{_PART}){{0,3}}", re.ASCII)
_VOWEL = re.compile(r"[aeiouy]")
_MAX_MUTE = 4
"""Letters without a vowel that a word may have, like `http`; longer ones are taken for a code."""

_PEOPLE = frozenset(
    """
    accounts authors clients contacts customers employees friends members owners patients people persons profile
    profiles students u user users
    """.split()  # noqa: SIM905  a list of words is read more easily so
)
_OF_NOBODY = frozenset({"me", "self", "current", "search", "export", "count", "new", "stats"})
"""What stands behind people and names none of them."""

Path = tuple[str, ...]


def folded(target: str) -> Path | None:
    """The segments of a raw target without its query; None: it is too long to be an endpoint's."""
    raw = target.partition("?")[0]
    segments = raw.removeprefix("/").split("/")
    if not raw.startswith("/") or len(segments) > MAX_SEGMENTS:
        return None
    kept: list[str] = []
    for segment in segments:
        is_plain = not segment or (_is_word(segment) and not (kept and _names_somebody(kept[-1], segment)))
        kept.append(segment if is_plain else PARAMETER)
    return tuple(kept)


def _names_somebody(before: str, segment: str) -> bool:
    """Whether what stands behind that segment may be somebody's name or secret."""
    if before == PARAMETER or segment in _OF_NOBODY:
        return False
    return before in _PEOPLE or is_sensitive(before)


def _is_word(segment: str) -> bool:
    if not _KEPT.fullmatch(segment):
        return False
    parts = re.split(r"[-_.]", segment)
    return all(len(part) <= _MAX_MUTE or _VOWEL.search(part) for part in parts)


class Position(NamedTuple):
    """Where a segment stands: what is before it, and how many segments the path has."""

    before: Path
    length: int


def thinned(
    paths: Iterable[Path], crowded: Iterable[Position] = (), max_siblings: int = MAX_SIBLINGS
) -> tuple[Mapping[Path, Path], frozenset[Position]]:
    """What becomes of each path when crowded positions are taken for parameters, and all positions that are crowded now.

    A position is crowded for good: the next word there would begin another dozen.
    """
    now = {path: path for path in paths}
    known = frozenset(crowded)
    while positions := _crowded(now.values(), known, max_siblings):
        shortest = min(len(position.before) for position in positions)
        first = {position for position in positions if len(position.before) == shortest}
        known |= first
        for path, is_now in now.items():
            if Position(is_now[:shortest], len(is_now)) in first:
                now[path] = (*is_now[:shortest], PARAMETER, *is_now[shortest + 1 :])
    return now, known


def _crowded(paths: Iterable[Path], known: frozenset[Position], max_siblings: int) -> set[Position]:
    words: dict[Position, set[str]] = {}
    for path in paths:
        for at, segment in enumerate(path):
            if segment != PARAMETER:
                words.setdefault(Position(path[:at], len(path)), set()).add(segment)
    return {position for position, seen in words.items() if position in known or len(seen) > max_siblings}


def written(path: Path) -> str:
    """The path as text, `/v1/orders/{}`; that of no segment at all is empty."""
    return "".join(f"/{segment}" for segment in path)


def read(text: str) -> Path:
    """The path of that text."""
    return tuple(text.split("/")[1:])
