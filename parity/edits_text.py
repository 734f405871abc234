"""Edits of bodies that are not JSON: text, CSV, HTML, forms and bytes.

Only what changes such a body by meaning: the order of a form's fields and white space between tags do not.
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from random import Random

from parity.bodies import Media
from parity.edits import Edit, Editor, MutationKind
from parity.outcome import Kind
from parity.paths import BODY

_ANY = frozenset(Kind) - {Kind.STATUS, Kind.HEADER}
"""A body is one value, or its parts are: which of them differs, and how, is said below the path of the body."""

_TEXT_OF_HTML = re.compile(r">[^<>]*[A-Za-z0-9][^<>]*<")
_VISIBLE = re.compile(r"[A-Za-z0-9]")


def editors_of(body: bytes, media: Media) -> list[Editor]:
    """Every edit of a body that is compared as that."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return [partial(_byte_changed, body), partial(_byte_dropped, body)]
    if media is Media.HTML:
        return [partial(_html_changed, text), *_of_parts(text, "\n", "a line")]
    if media is Media.FORM:
        return [partial(_character_changed, text), *_of_parts(text, "&", "a field")]
    parts = "a row" if media is Media.CSV else "a line"
    return [partial(_character_changed, text), *_of_parts(text, "\n", parts), partial(_reordered, text)]


def _edit(kind: MutationKind, what: str, before: bytes, after: bytes) -> Edit:
    return Edit(kind, what, BODY, _ANY, before, after, after)


def _of_parts(text: str, separator: str, what: str) -> list[Editor]:
    return [partial(_dropped, text, separator, what), partial(_added, text, separator, what)]


def _joined(parts: Sequence[str], separator: str) -> bytes:
    return separator.join(parts).encode()


def _telling(parts: Sequence[str]) -> list[int]:
    return [index for index, part in enumerate(parts) if _VISIBLE.search(part)]


def _dropped(text: str, separator: str, what: str, rng: Random) -> Edit | None:
    parts = text.split(separator)
    telling = _telling(parts)
    if len(telling) < 2:
        return None
    index = rng.choice(telling)
    put = _joined([*parts[:index], *parts[index + 1 :]], separator)
    return _edit(MutationKind.DROP, what, text.encode(), put)


def _added(text: str, separator: str, what: str, rng: Random) -> Edit | None:
    parts = text.split(separator)
    telling = _telling(parts)
    if not telling:
        return None
    index = rng.choice(telling)
    put = _joined([*parts[: index + 1], *parts[index:]], separator)
    return _edit(MutationKind.ADD, f"{what} once more", text.encode(), put)


def _reordered(text: str, rng: Random) -> Edit | None:
    lines = text.split("\n")
    telling = _telling(lines)
    pairs = [(one, other) for one, other in pairwise(telling) if lines[one].split() != lines[other].split()]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    lines[one], lines[other] = lines[other], lines[one]
    return _edit(MutationKind.REORDER, "two lines", text.encode(), _joined(lines, "\n"))


def _character_changed(text: str, rng: Random) -> Edit | None:
    found = [match.start() for match in _VISIBLE.finditer(text)]
    return _with_another_character(text, rng.choice(found)) if found else None


def _html_changed(text: str, rng: Random) -> Edit | None:
    shown = list(_TEXT_OF_HTML.finditer(text))
    if not shown:
        return None
    within = rng.choice(shown)
    found = [match.start() + within.start() for match in _VISIBLE.finditer(within[0])]
    return _with_another_character(text, rng.choice(found))


def _with_another_character(text: str, at: int) -> Edit:
    put = text[:at] + ("y" if text[at] == "x" else "x") + text[at + 1 :]
    return _edit(MutationKind.CHANGE, "a character", text.encode(), put.encode())


def _byte_changed(body: bytes, rng: Random) -> Edit:
    at = rng.randrange(len(body))
    put = body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1 :]
    return _edit(MutationKind.CHANGE, "a byte", body, put)


def _byte_dropped(body: bytes, rng: Random) -> Edit:
    at = rng.randrange(len(body))
    return _edit(MutationKind.DROP, "a byte", body, body[:at] + body[at + 1 :])
