"""What a difference keeps of its values until it is recorded: what its sample will show, and of the rest the size.

A difference may be of a whole subtree, and there may be a thousand of them: as they are, they would hold both parsed
documents of each exchange of a batch. Texts are kept whole; together they are no longer than the bodies.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from parity.outcome import Acceptance, Difference, Excerpt, Kind
from parity.redact import MAX_NODES

MAX_KEPT = 20 * MAX_NODES
"""How many values inside of objects and lists the differences of one exchange keep."""


_WITH_MEMBERS = frozenset({dict, list})


def with_excerpts(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences with excerpts in the place of objects and lists, where these are more than is kept.

    The first difference of a group is its sample; of the others the sizes are then all that anybody asks for.
    """
    return tuple(differences) if _are_small(differences) else tuple(_cut(differences))


def _are_small(differences: Sequence[Difference]) -> bool:
    left = MAX_KEPT
    for one in differences:
        for side in (one.legacy, one.modern):
            if type(side) in _WITH_MEMBERS:
                values = _values_in(side, MAX_NODES)
                left -= values
                if values > MAX_NODES or left < 0:
                    return False
    return True


def _values_in(value: Any, most: int) -> int:
    """How many values an object or list is, itself included; when more than `most`, some number over it."""
    members = value.values() if type(value) is dict else value
    found = 1 + len(value)
    if found <= most and not _WITH_MEMBERS.isdisjoint(map(type, members)):
        for member in members:
            if type(member) in _WITH_MEMBERS:
                found += _values_in(member, most - found) - 1
                if found > most:
                    break
    return found


def _cut(differences: Sequence[Difference]) -> Iterator[Difference]:
    seen: set[tuple[str, Kind, Acceptance | None]] = set()
    left = MAX_KEPT
    for one in differences:
        if _WITH_MEMBERS.isdisjoint((type(one.legacy), type(one.modern))):
            yield one
            continue
        group = (one.folded, one.kind, one.acceptance)
        most = 0 if group in seen else min(MAX_NODES, left // 2)
        seen.add(group)
        legacy, modern = _Cut(most), _Cut(most)
        sides = legacy.of(one.legacy), modern.of(one.modern)
        left -= legacy.kept + modern.kept
        yield Difference(one.steps, one.kind, *sides, one.acceptance)


class _Cut:
    """One value being cut, with the count of what it has kept; redaction goes the same way through it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept = 0

    def of(self, value: Any) -> Any:
        if type(value) not in _WITH_MEMBERS:
            self.kept += 1
            return value
        if self.kept >= self._most:
            return Excerpt(type(value)(), len(value)) if value else value
        self.kept += 1
        beginning = self._members(value) if type(value) is dict else self._items(value)
        return beginning if len(beginning) == len(value) else Excerpt(beginning, len(value))

    def _members(self, value: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, member in value.items():
            if self.kept >= self._most:
                break
            found[key] = self.of(member)
        return found

    def _items(self, value: list[Any]) -> list[Any]:
        found: list[Any] = []
        for item in value:
            if self.kept >= self._most:
                break
            found.append(self.of(item))
        return found
