"""The last change of each domain's flags: since when its figures count, and whose change it was."""

import sqlalchemy as sa

from proxy.errors import UnknownKeyError
from proxy.flag_rows import FLAG_CHANGES, Change, change_of
from proxy.flag_store import FlagStore


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
                for domain in {self._domain_of(one.key) for one in change.rows} - {None}:
                    self._found[str(domain)] = change
            self._version = version
        return dict(self._found)

    def _domain_of(self, key: str) -> str | None:
        try:
            return self._flags.domain_of(key)
        except UnknownKeyError:  # it was removed from the configuration
            return None
