"""The last change of each domain's flags: since when its figures count, whose change it was, and what came after a version."""

from collections.abc import Collection, Iterator
from typing import Protocol

import sqlalchemy as sa

from proxy.errors import UnknownKeyError
from proxy.flag_rows import FLAG_CHANGES, Change, RowChange, change_of
from proxy.flag_store import FlagStore

_PAGE = 50


class Ledger(Protocol):
    """Where the entries are: the store, or who reaches it."""

    def history(self, limit: int = 50, *, before: int | None = None) -> list[Change]:
        """The latest, or the latest before a version, newest first."""
        ...


def changes_since(ledger: Ledger, version: int) -> Iterator[Change]:
    """The entries of the ledger after that version, newest first; raises FlagStoreError."""
    before: int | None = None
    while page := ledger.history(_PAGE, before=before):
        for change in page:
            if change.version <= version:
                return
            yield change
        before = page[-1].version


def flips_since(
    flags: FlagStore, domains: Collection[str], version: int
) -> Iterator[tuple[Change, RowChange]]:
    """What changed the flags of these domains, or of endpoints of theirs, after that version, newest first.

    Entries beside the flags, such as an acceptance, raise the version too, and are none of these.
    """
    for change in changes_since(flags, version):
        own = [row for row in change.rows if _domain_of(flags, row.key) in domains]
        if own:
            yield change, own[0]


class LastChanges:
    """Follows the ledger; each entry is read once."""

    def __init__(self, flags: FlagStore) -> None:
        self._flags = flags
        self._version = 0
        self._found: dict[str, Change] = {}

    def read(self, connection: sa.Connection, version: int) -> dict[str, Change]:
        """The last change of each domain (or endpoints of it) that had one, up to that version of the table."""
        if version < self._version:  # another store took its place
            self._version, self._found = 0, {}
        if version > self._version:
            table = FLAG_CHANGES
            chosen = sa.select(table).where(table.c.version > self._version, table.c.version <= version)
            for row in connection.execute(chosen.order_by(table.c.version)).mappings():
                change = change_of(row)
                for domain in {_domain_of(self._flags, one.key) for one in change.rows} - {None}:
                    self._found[str(domain)] = change
            self._version = version
        return dict(self._found)


def _domain_of(flags: FlagStore, key: str) -> str | None:
    try:
        return flags.domain_of(key)
    except UnknownKeyError:  # it was removed from the configuration
        return None
