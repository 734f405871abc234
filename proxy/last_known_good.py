"""The flags that a worker served last, in a file of its own, for a start without the store."""

import os
from pathlib import Path

import msgspec
import structlog

from proxy.flags import Flag, FlagTable

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

FILE_NAME = "last-known-good-flags.json"


class _Contents(msgspec.Struct):
    version: int
    rows: dict[str, Flag]


class LastKnownGood:
    """One small JSON file in the state directory, replaced as a whole."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME

    def load(self) -> FlagTable | None:
        """What was saved last; None if there is nothing or nothing readable."""
        try:
            contents = msgspec.json.decode(self._path.read_bytes(), type=_Contents)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("last_known_good_unreadable", path=str(self._path), error=str(error))
            return None
        return FlagTable(contents.version, contents.rows)

    def save(self, table: FlagTable) -> None:
        """Replace the file; a disk that refuses is logged, the proxy goes on without."""
        own = self._path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            own.write_bytes(msgspec.json.encode(_Contents(table.version, dict(table.rows))))
            own.replace(self._path)
        except OSError as error:
            log.warning("last_known_good_not_saved", path=str(self._path), error=str(error))
