"""The ledger as `crossfade history --export FILE.jsonl` wrote it, read again: on another machine, or years later."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from cli.errors import UsageError
from cli.files import read_whole
from proxy.flag_rows import Change, Judged, RowChange

MAX_BYTES = 256 * 2**20
_MOST_TOLD = 10
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class _Entry(BaseModel):
    schema_: Literal["crossfade.ledger/1"] = Field(alias="schema")
    version: int
    at: Annotated[AwareDatetime, Field(gt=_FIRST, lt=_LAST)]
    action: str
    key: str
    actor: str
    reason: str
    forced: bool
    changed: tuple[RowChange, ...]
    verdict: Judged | None
    served_ms: float | None = None

    def change(self) -> Change:
        return Change(
            *(self.version, self.at.astimezone(UTC), self.action, self.key, self.actor, self.reason),
            rows=self.changed,
            verdict=self.verdict,
            forced=self.forced,
            served_ms=self.served_ms,
        )


def read_ledger(file: Path) -> list[Change]:
    """The entries of an exported ledger, oldest first. Raises UsageError with every bad line (ten at most)."""
    if file.suffix.lower() != ".jsonl":
        raise UsageError(f"{file}: expected a .jsonl file as crossfade history --export FILE.jsonl writes it")
    entries: list[Change] = []
    problems: list[str] = []
    for number, line in enumerate(read_whole(file, most_bytes=MAX_BYTES).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entries.append(_Entry.model_validate(msgspec.json.decode(line)).change())
        except (msgspec.DecodeError, RecursionError) as error:
            problems.append(f"line {number}: not JSON: {error}")
        except ValidationError as error:
            problems += [f"line {number}: {told}" for told in _told(error)]
    if problems:
        more = len(problems) - _MOST_TOLD
        rest = [f"and {more} more"] if more > 0 else []
        raise UsageError("\n  ".join([f"{file}:", *problems[:_MOST_TOLD], *rest]))
    return sorted(entries, key=lambda entry: entry.version)


def _told(error: ValidationError) -> Iterator[str]:
    for row in error.errors():
        where = ".".join(str(part) for part in row["loc"]) or "entry"
        yield f"{where}: {'not there' if row['type'] == 'missing' else _shown(row)}"


def _shown(row: Any) -> str:
    return f"{row['input']!r:.100}: {row['msg']}"
