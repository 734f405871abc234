"""How far a replay has come, in a file beside the recording, so that it can go on after it was ended.

A JSON line for each step: a write is noted, and on the disk, before it is sent, and every line of the recording when it
is done, with its comparison (redacted), and with what later requests need of its answer. A step that was torn by a kill
is as if it had not been written. A write that was begun and is not done may have been applied: it is never sent again.

What redaction would not leave as it is, such as a token that a sign-in gave, is not kept; lines that need it are
`skipped` after a resumption.
"""

import errno
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from parity.errors import RecordingError
from parity.exchange import Backend
from parity.paths import BODY
from parity.recordings.entities import Entity, Id
from parity.recordings.results import Judged, judged_of
from parity.recordings.variables import Reference
from parity.redact import Redactor

SCHEMA = "crossfade.replay-progress/1"

Values = Mapping[Backend, Mapping[Reference, Any]]


@dataclass(slots=True)
class Progress:
    """What an earlier run has left: lines that are done, writes in doubt, what was learned, and what was not kept."""

    done: dict[int, Judged] = field(default_factory=dict)
    in_doubt: set[int] = field(default_factory=set)
    values: dict[Backend, dict[Reference, Any]] = field(default_factory=lambda: {one: {} for one in Backend})
    entities: list[Entity] = field(default_factory=list)
    not_kept: set[str] = field(default_factory=set)
    """Tokens of recorded ids whose entities are not known any more."""


class Journal:
    """Written by one replay; used as a context."""

    def __init__(self, path: Path, redactor: Redactor, subject: Mapping[str, Any]) -> None:
        """`subject` says what is replayed, and against what: a progress of anything else is refused."""
        self.path = path
        self._redactor = redactor
        self._subject = dict(subject)
        self._file = -1

    def load(self) -> Progress:
        """What is there already; raises RecordingError when that is the progress of another replay."""
        progress = Progress()
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return progress
        head = _row(lines[0])
        if head.get("schema") != SCHEMA or head.get("subject") != self._subject:
            raise RecordingError(
                f"{self.path} is the progress of another replay (another recording, other backends or options): "
                "remove it to begin anew"
            )
        for line in lines[1:]:
            try:
                self._take(progress, _row(line))
            except (KeyError, TypeError, ValueError):
                continue  # torn: the step counts as not done
        progress.in_doubt -= progress.done.keys()
        return progress

    def _take(self, progress: Progress, row: Mapping[str, Any]) -> None:
        if "begun" in row:
            progress.in_doubt.add(int(row["begun"]))
        if "done" in row:
            progress.done[int(row["done"])] = judged_of(row["judged"])
            for backend, name, path, value in row.get("values", ()):
                progress.values[Backend(backend)][name, path] = value
            progress.entities += [Entity(**one) for one in row.get("entities", ())]
            progress.not_kept |= set(row.get("not_kept", ()))

    def __enter__(self) -> Self:
        is_new = not self.path.exists()
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        # what was torn before must not spoil the first step of this run
        self._put({"schema": SCHEMA, "subject": self._subject} if is_new else {})
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def begin(self, number: int) -> None:
        """That write will be sent now."""
        self._put({"begun": number})
        os.fdatasync(self._file)

    def finish(self, number: int, judged: Judged, values: Values, entities: Iterable[Entity]) -> None:
        """That line is done."""
        row: dict[str, Any] = {"done": number, "judged": judged.to_json()}
        kept = [
            (backend, name, path, value)
            for backend, found in values.items()
            for (name, path), value in found.items()
            if self._is_harmless(path, value)
        ]
        made = list(entities)
        whole = [
            one for one in made if all(map(self._is_harmless_id, (one.legacy, one.modern, one.recorded)))
        ]
        lost = [self._redactor.token(str(one.recorded)) for one in made if one not in whole and one.recorded]
        row |= {"values": kept, "entities": [asdict(one) for one in whole], "not_kept": lost}
        self._put({key: value for key, value in row.items() if value != []})

    def remove(self) -> None:
        """The replay is complete: there is nothing to go on with."""
        self.path.unlink(missing_ok=True)

    def _is_harmless(self, path: str, value: Any) -> bool:
        steps = (*BODY, *path.replace("[", ".").replace("]", "").split("."))
        return bool(self._redactor.value(steps, value) == value)

    def _is_harmless_id(self, value: Id | None) -> bool:
        return value is None or self._redactor.value((*BODY, "id"), value) == value

    def _put(self, row: Mapping[str, Any]) -> None:
        before = b"" if "schema" in row else b"\n"
        line = before + json.dumps(row).encode()
        if os.write(self._file, line) != len(line):
            raise OSError(errno.ENOSPC, "cannot write the progress", str(self.path))


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}
