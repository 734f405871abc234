"""Paths to a place in an answer, and globs over them.

A path is a tuple of steps. The first is its root: `$` for the body, `$status` for the status line,
`header:NAME` for a header (below `header:set-cookie` are the cookies by name, and their attributes), `$rows` for
the rows of a rehearsed write by their tables. Then a
string is an object's key and an integer a list's index. Written out: `$.data.escrows[0].people["a b"]`. Folded,
for grouping: `[*]` for every index, and `.*` for a key that is itself a value (an identifier, an address), so
that a map keyed by record is one group.

A glob is written like a path: `[*]` is any index, `*` in a name any characters of it, `**` any number of
steps. It is matched step by step: a glob from a user cannot become an expensive pattern.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parity.errors import ParityError

Step = str | int
Steps = tuple[Step, ...]

STATUS: Steps = ("$status",)
BODY: Steps = ("$",)
ROWS: Steps = ("$rows",)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
# digits only where a name has them: at its end, or before its next part
_WORDY = re.compile(r"(?=.{1,48}\Z)[A-Za-z_](?:[A-Za-z_-]|[0-9]{1,4}(?![0-9a-z]))*\Z", re.ASCII)
_HEXISH = re.compile(r"(?=.*[0-9])[0-9a-fA-F-]{8,}\Z")
_GLOB_STEP = re.compile(
    r"""\.?(?P<deep>\*\*)
      | \.(?P<name>[A-Za-z0-9_*-]+)
      | \[(?P<index>[0-9]{1,9})\]
      | \[(?P<any>\*)\]
      | \[(?P<quoted>"(?:[^"\\]|\\.)*")\]""",
    re.VERBOSE,
)
_GLOB_ROOT = re.compile(
    r"\$status\Z|\$rows(?![A-Za-z0-9_-])|header:[A-Za-z0-9*_-]+(?=[.\[]|\Z)|\$(?![A-Za-z])|(?=\*\*)"
)


def header(name: str) -> Steps:
    """The path of a header."""
    return (f"header:{name.lower()}",)


def is_word(key: str) -> bool:
    """Whether a key is a name that a programmer gave, and not itself a value such as an identifier."""
    return bool(_WORDY.match(key)) and not _HEXISH.match(key)


def render(steps: Steps) -> str:
    """The path written out."""
    return str(steps[0]) + "".join(_written(step) for step in steps[1:])


def _written(step: Step) -> str:
    match step:
        case int():
            return f"[{step}]"
        case str() if _NAME.match(step):
            return f".{step}"
        case str():
            return f"[{json.dumps(step)}]"


def fold(steps: Steps) -> str:
    """The path written out with indices and keys that are values folded."""
    return str(steps[0]) + "".join(_folded(step) for step in steps[1:])


def _folded(step: Step) -> str:
    if isinstance(step, int):
        return "[*]"
    return f".{step}" if is_word(step) else ".*"


@dataclass(frozen=True, slots=True)
class TextGlob:
    """A glob over a text: `*` is any characters. Found part by part from the left, so linear in the text."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "TextGlob":
        """Compile a glob."""
        return cls(tuple(text.split("*")))

    def matches(self, text: str) -> bool:
        """Whether the whole text is taken."""
        if len(self.parts) == 1:
            return text == self.parts[0]
        first, *middle, last = self.parts
        if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


def takes_any(glob: str, texts: Iterable[str]) -> bool:
    """Whether a glob over texts takes one of them, such as an endpoint of a domain."""
    compiled = TextGlob.of(glob)
    return any(compiled.matches(text) for text in texts)


class AnyIndex:
    """The step `[*]` of a glob."""


ANY_INDEX = AnyIndex()
DEEP = "**"
GlobStep = Step | TextGlob | AnyIndex


@dataclass(frozen=True, slots=True)
class PathGlob:
    """A compiled glob over paths."""

    text: str
    steps: tuple[GlobStep, ...]

    def matches(self, path: Sequence[Step]) -> bool:
        """Whether the whole path is taken."""
        reachable = {0}
        for glob_step in self.steps:
            if glob_step == DEEP:
                reachable = set(range(min(reachable), len(path) + 1))
            else:
                reachable = {at + 1 for at in reachable if at < len(path) and takes(glob_step, path[at])}
            if not reachable:
                return False
        return len(path) in reachable


def takes(glob_step: GlobStep, step: Step) -> bool:
    """Whether a glob's step, which is not `**`, takes this step of a path."""
    match glob_step:
        case AnyIndex():
            return isinstance(step, int)
        case TextGlob():
            return isinstance(step, str) and glob_step.matches(step)
        case _:
            return glob_step == step


def covers(wide: PathGlob, narrow: PathGlob, *, below: bool) -> bool:
    """Whether each path that `narrow` takes is one of `wide`, or with `below` lies under one.

    A cover that only several steps of `wide` make together may be missed; one that is found is one.
    """
    reachable = _with_empty_deeps(wide, {0})
    for step in narrow.steps:
        if below and len(wide.steps) in reachable:
            return True
        reachable = _with_empty_deeps(
            wide,
            {
                at if wide.steps[at] == DEEP else at + 1
                for at in reachable
                if at < len(wide.steps) and _is_as_wide(wide.steps[at], step)
            },
        )
    return len(wide.steps) in reachable


def _with_empty_deeps(glob: PathGlob, reachable: set[int]) -> set[int]:
    for at in range(len(glob.steps)):
        if at in reachable and glob.steps[at] == DEEP:
            reachable.add(at + 1)
    return reachable


def _is_as_wide(wide: GlobStep, narrow: GlobStep) -> bool:
    if wide in (DEEP, narrow):
        return True
    match narrow:
        case TextGlob():
            return wide == TextGlob(("", ""))
        case AnyIndex():
            return False
        case _:
            return narrow != DEEP and takes(wide, narrow)


def path_glob(text: str) -> PathGlob:
    """Compile a glob; raises ParityError that shows the place where it cannot be read."""
    root = _GLOB_ROOT.match(text)
    if root is None:
        raise ParityError(f"path {text!r} starts with none of $, $status, $rows, header:NAME and **")
    steps: list[GlobStep] = [_name(root[0].lower())] if root[0] else []
    at = root.end()
    while at < len(text):
        found = _GLOB_STEP.match(text, at)
        if found is None:
            raise ParityError(f"path {text!r} cannot be read from {text[at:]!r} on")
        steps.append(_glob_step(text, found))
        at = found.end()
    return PathGlob(text, tuple(steps))


def _glob_step(text: str, found: re.Match[str]) -> GlobStep:
    if found["deep"]:
        return DEEP
    if found["any"]:
        return ANY_INDEX
    if found["index"]:
        return int(found["index"])
    if found["quoted"]:
        try:
            return str(json.loads(found["quoted"]))
        except ValueError as error:
            raise ParityError(
                f"path {text!r} has a quoted name that is no JSON string: {found['quoted']}"
            ) from error
    return _name(found["name"])


def _name(name: str) -> Step | TextGlob:
    return TextGlob.of(name) if "*" in name else name
