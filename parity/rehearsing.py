"""What a rehearsal answered and would have written, brought to the ids and moments of what legacy then did.

Both backends did the write, so each made its own ids and read its own clock. An id that modern made stands for the one
that legacy's answer has in its place; a moment of these two answers is taken as the other side's. Whatever else
differs is a difference.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parity.exchange import Observation, RowPair
from parity.recordings.entities import Entities, Entity
from parity.recordings.moments import Made, moments_aligned, with_moments
from parity.row_values import comparable
from parity.shape import shape_of
from parity.text_moments import differ_in_moments
from parity.write_sets import WriteSet, WrittenRow, write_set_of

COMPARED, NOT_FOUND = "compared", "not_found"
"""What became of a row: it was held against legacy's, or nobody knows which one of legacy's it is."""
NONE_TOLD = "none_told"
"""Modern answered that it was done, and would have written no row."""
NO_WRITE_SET = "no_write_set"
"""Modern did not say what it would have written, or not so that it can be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of legacy's to be read: `key` are the values of the primary key, which `row` has by name where there is one.

    Where `is_certain` and it is not there, legacy has not written it.
    """

    table: str
    key: tuple[str | int, ...]
    row: dict[str, Any] | None
    is_certain: bool
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A row of legacy's (None: there is none) with the types of its columns as PostgreSQL names them, and its bytes.

    `made` are the columns of a new row that are its own: its key, numbers of a sequence, random ids.
    """

    row: dict[str, Any] | None
    types: Mapping[str, str] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    size: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Modern's answer as if it had been given with legacy's ids and clock, and the rows that are to be read."""

    modern: Observation
    made: Made
    wanted: tuple[Wanted, ...] = ()
    pairs: tuple[RowPair, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    def with_rows(self, found: Sequence[Found | str]) -> tuple[tuple[RowPair, ...], dict[str, int]]:
        """The pairs of rows, and how often what became of one; a text is why a row could not be read."""
        counts = Counter(self.counts)
        pairs = list(self.pairs)
        for wanted, one in zip(self.wanted, found, strict=True):
            if isinstance(one, str):
                counts[one] += 1
            elif one.row is None and not wanted.is_certain:
                counts[NOT_FOUND] += 1
            else:
                counts[COMPARED] += 1
                pairs.append(_pair(wanted, one, self.made))
        return tuple(pairs), {reason: n for reason, n in counts.items() if n}


def prepare(target: str, legacy: Observation, modern: Observation, told: str | None, made: Made) -> Prepared:
    """Hold the answers to one write against each other; `told` is the value of `X-Write-Set`, None without one.

    Raises RecursionError for what is nested too deeply.
    """
    writes = None if told is None else write_set_of(told)
    new = [] if writes is None else [row for row in writes.rows if row.is_new or row.is_perhaps_new]
    keys = {str(part) for row in new for part in row.key}
    entities = Entities()
    named = entities.learn(target, legacy, modern, None)
    # an id that stands in the key of a new row was made, whatever its field is called
    known = [one if one.is_own else replace(one, is_own=str(one.modern) in keys) for one in named]
    for entity in known:
        entities.add(entity)
    answer = with_moments(legacy, entities.aligned(target, legacy, modern), *made)
    if writes is None:
        return Prepared(answer, made, counts={NO_WRITE_SET: 1})
    mapped = {str(one.modern): one.legacy for one in known if one.is_own}
    wanted = [_wanted(row, mapped, entities) for row in writes.rows]
    counts = Counter(writes.left_out)
    counts[NOT_FOUND] = wanted.count(None)
    counts[NONE_TOLD] = int(writes.is_whole and not writes.rows and modern.status < 300)
    pairs = [*_made_again(new, mapped, made), *_never_written(writes, named)]
    return Prepared(answer, made, tuple(one for one in wanted if one is not None), tuple(pairs), counts)


def _wanted(row: WrittenRow, mapped: Mapping[str, str | int], entities: Entities) -> Wanted | None:
    """What is to be read; None where nobody can know the key that legacy gave it."""
    is_made = row.is_new or row.is_perhaps_new
    is_mapped = is_made and _is_named(row, mapped)
    if row.is_new and not is_mapped and len(row.key) == 1 and isinstance(row.key[0], int):
        return None  # a number from a sequence: legacy's is another, and that one may be somebody else's
    key = tuple(mapped.get(str(part), part) for part in row.key) if is_made else row.key
    return Wanted(
        *(row.table, key, _renamed(row.row, entities)),
        is_certain=is_mapped or not is_made,
        is_new=is_made,
    )


def _is_named(row: WrittenRow, mapped: Mapping[str, str | int]) -> bool:
    """Whether the answers say which one of legacy's rows it is."""
    return any(str(part) in mapped for part in row.key)


def _renamed(value: Any, entities: Entities) -> Any:
    match value:
        case dict():
            return {key: _renamed(item, entities) for key, item in value.items()}
        case list():
            return [_renamed(item, entities) for item in value]
        case str():
            return entities.as_legacy(value)
        case _:
            return value


def _pair(wanted: Wanted, found: Found, made: Made) -> RowPair:
    legacy = None if found.row is None else comparable(found.row, found.types)
    modern = None if wanted.row is None else comparable(wanted.row, found.types)
    if legacy is not None and modern is not None:
        if wanted.is_new:
            modern |= {column: legacy[column] for column in found.made if _are_ids(legacy, modern, column)}
        modern = _with_moments_of(legacy, modern, made)
    return RowPair(wanted.table, legacy, modern)


def _are_ids(legacy: Mapping[str, Any], modern: Mapping[str, Any], column: str) -> bool:
    """Whether both have one of the same form there."""
    one, other = legacy.get(column), modern.get(column)
    if not isinstance(one, str | int) or type(one) is not type(other):
        return False
    return shape_of(one).form == shape_of(other).form


def _with_moments_of(one: dict[str, Any], other: dict[str, Any], made: Made) -> Any:
    return moments_aligned(one, other, made, differ_in_moments)


def _made_again(new: Sequence[WrittenRow], mapped: Mapping[str, str | int], made: Made) -> Iterator[RowPair]:
    """Rows that the answers do not speak of, each beside the first new one of its table, as which it may be made."""
    first: dict[str, WrittenRow] = {}
    for row in sorted(new, key=lambda row: not _is_named(row, mapped)):
        one = first.setdefault(row.table, row)
        if one is row or _is_named(row, mapped) or one.row is None or row.row is None:
            continue
        keys = list(zip(one.key, row.key, strict=False))
        own = [column for column, value in row.row.items() if (one.row.get(column), value) in keys]
        alike = row.row | {column: one.row[column] for column in own}
        yield RowPair(row.table, one.row, _with_moments_of(one.row, alike, made), is_again=True)


def _never_written(writes: WriteSet, named: Sequence[Entity]) -> Iterator[RowPair]:
    """What both answers say was made, and modern would not have written anywhere."""
    for entity in named if writes.is_whole else ():
        if entity.is_own and str(entity.modern) not in writes.text:
            yield RowPair(entity.collection, {"id": entity.legacy})
