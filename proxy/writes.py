"""How many writes were finished, for modern's cache: each request to it says so (`X-Crossfade-Writes`, docs/adopting.md).

A cached answer must never be older than a write that was finished through the proxy before the request began, whoever
committed it. So the value of the header is part of the key under which modern keeps an answer.

`epoch=<run> *=<writes at no endpoint> <domain>=<writes>.<removals> … row=<all>.<this>`; `row` is there where the
request is at one row (a UUID in the place of the first `{…}`) below the path that is named like the domain. A write to
one row changes that row and lists; one to the collection itself changes lists; any other may have changed every row,
and removed any: it is a removal, as a deletion is.
"""

import re
from collections.abc import Iterable

from parity.exchange import Endpoint
from proxy.shared_counts import EVERYWHERE, ROWS, Counts

HEADER = "X-Crossfade-Writes"
_H = "[0-9a-fA-F]"
_UUID = re.compile(rf"{_H}{{8}}-{_H}{{4}}-{_H}{{4}}-{_H}{{4}}-{_H}{{9}}({_H}{{3}})(?:[/?]|$)")
_SEEN_NOTHING = b"\xff"


class Writes:
    """Tells of the finished writes of all proxy workers, and counts those of this one; without `counts` it is alone."""

    __slots__ = ("_counts", "_domains", "_end", "_first", "_items", "_places", "_row_at", "_seen", "_shared")

    def __init__(self, endpoints: Iterable[Endpoint], counts: Counts | None = None) -> None:
        listed = tuple(endpoints)
        paths: dict[str, list[str]] = {}
        for endpoint in listed:
            paths.setdefault(endpoint.domain, []).append(endpoint.path)
        self._counts = counts or Counts.alone(paths)
        self._items = {domain: _item_prefix(domain, own) for domain, own in paths.items()}
        self._row_at = {
            (endpoint.domain, endpoint.path): len(item)
            for endpoint in listed
            if (item := self._items[endpoint.domain]) and endpoint.path.startswith(f"{item}{{")
        }
        self._places = {domain: self._counts.place_of(domain) for domain in (EVERYWHERE, *paths)}
        names = self._counts.domains
        self._domains = sorted((name, place) for name, place in names.items() if name != EVERYWHERE)
        self._first, self._end = self._counts.finished_stretch(len(names))
        self._seen = _SEEN_NOTHING
        self._shared = ""

    def finished(self, endpoint: Endpoint | None, target: str) -> None:
        """A write may have been committed; to be called before its client hears of it."""
        counts = self._counts
        if endpoint is None:
            counts.finished(self._places[EVERYWHERE], removal=False)
            return
        place, row, creates = (
            self._places[endpoint.domain],
            self._row(endpoint, target),
            self._creates(endpoint),
        )
        if row is not None or not creates:
            counts.changed_row(place, row)
        counts.finished(place, removal=endpoint.method == "DELETE" or (row is None and not creates))

    def stamp(self, endpoint: Endpoint | None, target: str) -> str:
        """What a request has to have seen that begins now."""
        seen = self._counts.read(self._first, self._end)
        if seen != self._seen:
            # the text is made of what was read, not of what is there a moment later
            self._shared = self._text(memoryview(seen).cast("Q"))
            self._seen = seen
        row = None if endpoint is None else self._row(endpoint, target)
        if row is None or endpoint is None:
            return self._shared
        all_rows, this = self._counts.rows(self._places[endpoint.domain], row)
        return f"{self._shared} row={all_rows}.{this}"

    def _text(self, words: memoryview) -> str:
        slots = self._counts.slots

        def total(number: int) -> int:
            return sum(words[number * slots : (number + 1) * slots])

        counted = [(name, total(2 * place), total(2 * place + 1)) for name, place in self._domains]
        domains = "".join(
            f" {name}={finished}.{removals}" for name, finished, removals in counted if finished
        )
        return f"epoch={self._counts.epoch} *={total(2 * self._places[EVERYWHERE])}{domains}"

    def _creates(self, endpoint: Endpoint) -> bool:
        return f"{endpoint.path}/" == self._items.get(endpoint.domain)

    def _row(self, endpoint: Endpoint, target: str) -> int | None:
        at = self._row_at.get((endpoint.domain, endpoint.path))
        if at is None:
            return None
        found = _UUID.match(target, at)
        return int(found[1], 16) % ROWS if found else None


def _item_prefix(domain: str, paths: Iterable[str]) -> str | None:
    """Below which path the domain's own rows are: the one that is named like it, else the only one."""
    found = {path[: path.index("{")] for path in paths if "{" in path}
    named = [prefix for prefix in found if prefix.endswith(f"/{domain}/")]
    return named[0] if len(named) == 1 else found.pop() if len(found) == 1 else None
