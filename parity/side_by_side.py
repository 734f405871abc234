"""Two texts beside each other, line by line, with what differs in a line marked, and long runs of equal lines folded."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_LINES = 200
"""Lines of a side that are held against the other's; longer texts are shown without marks."""

_CONTEXT = 3
"""Equal lines that stay in sight before and after what differs."""

_FOLDED_FROM = 10
_ALIKE = 0.3
"""Lines that have less in common than this share have nothing worth marking within them."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")

Marked = tuple[tuple[str, bool], ...]
"""The pieces of a line, and of each whether the other side has it not."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each side, None where a side has none there."""

    legacy: Marked | None
    modern: Marked | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that follow each other; `folded`: equal ones, too many to stay in sight."""

    rows: tuple[Row, ...]
    folded: bool = False

    @property
    def equal_text(self) -> str | None:
        """The lines that both sides have, when that is all; a page shows them as one."""
        if any(row.differs or row.legacy != row.modern for row in self.rows):
            return None
        return "\n".join(text for row in self.rows for text, _ in row.legacy or ())


def side_by_side(legacy: str | None, modern: str | None) -> tuple[Rows, ...]:
    """The rows of two texts; None is a side that has nothing, which has no rows of its own."""
    left, right = (() if text is None else text.splitlines() for text in (legacy, modern))
    if max(len(left), len(right)) > MAX_LINES:
        return (Rows(tuple(_unmarked(left, right))),)
    return tuple(_folded(list(_rows(left, right))))


def _unmarked(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    for at in range(max(len(left), len(right))):
        yield Row(
            _unmarked_line(left[at] if at < len(left) else None),
            _unmarked_line(right[at] if at < len(right) else None),
            differs=False,
        )


def _rows(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for what, begin, end, other_begin, other_end in matcher.get_opcodes():
        if what == "equal":
            yield from (Row(((line, False),), ((line, False),), differs=False) for line in left[begin:end])
            continue
        ours, others = left[begin:end], right[other_begin:other_end]
        for at in range(max(len(ours), len(others))):
            yield _changed(ours[at] if at < len(ours) else None, others[at] if at < len(others) else None)


def _changed(legacy: str | None, modern: str | None) -> Row:
    if legacy is None or modern is None:  # the other side is empty, which marks enough
        return Row(_unmarked_line(legacy), _unmarked_line(modern), differs=True)
    words, others = _WORDS.findall(legacy), _WORDS.findall(modern)
    matcher = difflib.SequenceMatcher(None, words, others, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return Row(_whole(legacy), _whole(modern), differs=True)
    pieces: list[tuple[str, bool]] = []
    other_pieces: list[tuple[str, bool]] = []
    for what, begin, end, other_begin, other_end in matcher.get_opcodes():
        pieces.append(("".join(words[begin:end]), what != "equal"))
        other_pieces.append(("".join(others[other_begin:other_end]), what != "equal"))
    return Row(_without_empty(pieces), _without_empty(other_pieces), differs=True)


def _unmarked_line(line: str | None) -> Marked | None:
    return None if line is None else ((line, False),)


def _whole(line: str) -> Marked:
    text = line.lstrip()
    return _without_empty([(line[: len(line) - len(text)], False), (text, True)])


def _without_empty(pieces: Sequence[tuple[str, bool]]) -> Marked:
    return tuple(piece for piece in pieces if piece[0])


def _folded(rows: Sequence[Row]) -> Iterator[Rows]:
    begin = 0
    while begin < len(rows):
        end = begin
        while end < len(rows) and rows[end].differs == rows[begin].differs:
            end += 1
        run = tuple(rows[begin:end])
        before = 0 if begin == 0 else _CONTEXT
        after = 0 if end == len(rows) else _CONTEXT
        if run[0].differs or len(run) - before - after < _FOLDED_FROM or len(run) == len(rows):
            yield Rows(run)
        else:
            for part, is_folded in (
                (run[:before], False),
                (run[before : len(run) - after], True),
                (run[len(run) - after :], False),
            ):
                if part:
                    yield Rows(part, is_folded)
        begin = end
