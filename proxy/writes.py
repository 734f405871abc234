"""How many writes were finished, for modern's cache: each request to it says so (`X-Crossfade-Writes`, docs/adopting.md).

A cached answer must never be older than a write that was finished through the proxy before the request began, whoever
committed it. So the value of the header is part of the key under which modern keeps an answer.

`epoch=<run> *=<writes at no endpoint> <domain>=<writes>.<removals> … row=<all>.<this>`; `row` is there where the
request is at one row (a UUID in the place of the first `{…}`) below the path that is named like the domain. A write to
one row changes that row and lists; one to the collection itself changes lists; any other may have changed every row,
and removed any: it is a removal, as a deletion is.
"""

import re
import secrets
from collections.abc import Iterable
from uuid import UUID

from parity.exchange import Endpoint

HEADER = "X-Crossfade-Writes"
_BUCKETS = 1024
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Writes:
    """Counts the finished writes of one proxy worker; memory is bounded by the number of domains."""

    __slots__ = ("_all_rows", "_epoch", "_everywhere", "_finished", "_items", "_removals", "_rows", "_shared")

    def __init__(self, endpoints: Iterable[Endpoint], epoch: str | None = None) -> None:
        self._epoch = epoch or secrets.token_hex(6)
        self._everywhere = 0
        self._finished: dict[str, int] = {}
        self._removals: dict[str, int] = {}
        self._all_rows: dict[str, int] = {}
        self._rows: dict[tuple[str, int], int] = {}
        self._shared = ""
        paths: dict[str, list[str]] = {}
        for endpoint in endpoints:
            paths.setdefault(endpoint.domain, []).append(endpoint.path)
        self._items = {domain: _item_prefix(domain, listed) for domain, listed in paths.items()}
        self._renew()

    def finished(self, endpoint: Endpoint | None, target: str) -> None:
        """A write may have been committed; to be called before its client hears of it."""
        if endpoint is None:
            self._everywhere += 1
        else:
            domain = endpoint.domain
            self._finished[domain] = self._finished.get(domain, 0) + 1
            bucket = self._bucket(endpoint, target)
            if endpoint.method == "DELETE" or (bucket is None and not self._creates(endpoint)):
                self._removals[domain] = self._removals.get(domain, 0) + 1
            if bucket is not None:
                self._rows[domain, bucket] = self._rows.get((domain, bucket), 0) + 1
            elif not self._creates(endpoint):
                self._all_rows[domain] = self._all_rows.get(domain, 0) + 1
        self._renew()

    def stamp(self, endpoint: Endpoint | None, target: str) -> str:
        """What a request has to have seen that begins now."""
        bucket = None if endpoint is None else self._bucket(endpoint, target)
        if bucket is None or endpoint is None:
            return self._shared
        domain = endpoint.domain
        return f"{self._shared} row={self._all_rows.get(domain, 0)}.{self._rows.get((domain, bucket), 0)}"

    def _renew(self) -> None:
        counts = "".join(
            f" {domain}={count}.{self._removals.get(domain, 0)}"
            for domain, count in sorted(self._finished.items())
        )
        self._shared = f"epoch={self._epoch} *={self._everywhere}{counts}"

    def _creates(self, endpoint: Endpoint) -> bool:
        return f"{endpoint.path}/" == self._items.get(endpoint.domain)

    def _bucket(self, endpoint: Endpoint, target: str) -> int | None:
        item = self._items.get(endpoint.domain)
        if not item or not endpoint.path.startswith(f"{item}{{"):
            return None
        key = target[len(item) :].partition("?")[0].partition("/")[0]
        return UUID(key).int % _BUCKETS if _UUID.fullmatch(key) else None


def _item_prefix(domain: str, paths: Iterable[str]) -> str | None:
    """Below which path the domain's own rows are: the one that is named like it, else the only one."""
    found = {path[: path.index("{")] for path in paths if "{" in path}
    named = [prefix for prefix in found if prefix.endswith(f"/{domain}/")]
    return named[0] if len(named) == 1 else found.pop() if len(found) == 1 else None
