"""Files of recordings: which form one has, its exchanges line by line, and new ones that are written whole or not at all.

Our own form is JSON lines. Its first line says the version; a file without one is taken as version 1, so that
recordings made by hand need none. A last line that was torn by a kill is told and left out.
"""

import gzip
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from parity.errors import RecordingError
from parity.recordings.goreplay import GoReplayWriter, read_goreplay
from parity.recordings.har import read_har
from parity.recordings.har_writing import HarWriter
from parity.recordings.line import BadLine, Lines, RecordedExchange, decoded_line, encoded_line

SCHEMA = "crossfade.recording/1"
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_WHOLE_BYTES = 256 * 1024 * 1024
"""HAR and GoReplay files are read whole."""
_PIECE_BYTES = 65_536
_HAR = re.compile(rb'\{\s*"log"\s*:')
_GZIP = b"\x1f\x8b"


class Form(StrEnum):
    """How a file writes exchanges down."""

    OWN = "own"
    HAR = "har"
    """HTTP Archive 1.2, as browsers, Playwright and proxies write it."""
    GOREPLAY = "goreplay"
    """GoReplay's `--output-file`, compressed or not."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that holds exchanges; `host` chooses among the hosts of a HAR file that has several."""

    path: Path
    form: Form
    host: str | None = None
    max_line_bytes: int = MAX_LINE_BYTES

    @classmethod
    def open(cls, path: Path, host: str | None = None) -> "Recording":
        """The form is told by the content; raises RecordingError when the file cannot be read or holds nothing."""
        try:
            with path.open("rb") as stream:
                head = stream.read(4_096)
        except OSError as error:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
        if not head.strip():
            raise RecordingError(f"{path}: expected a recording, found an empty file")
        recording = cls(path, _form_of(head), host)
        if recording.form is Form.OWN:
            _require_version(path, head)
        return recording

    def lines(self) -> Lines:
        """Every exchange in recorded order, and what could not be read as one."""
        match self.form:
            case Form.OWN:
                return self._own_lines()
            case Form.HAR:
                return read_har(self._whole(), self.path.name, self.host)
            case Form.GOREPLAY:
                return read_goreplay(self._whole())

    def digest(self) -> str:
        """Another file has another one."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def _own_lines(self) -> Lines:
        with self.path.open("rb") as stream:
            number = 0
            while line := stream.readline(self.max_line_bytes + 1):
                number += 1
                if len(line) > self.max_line_bytes:
                    _skip_line(stream, line)
                    yield BadLine(number, f"longer than {self.max_line_bytes} bytes")
                elif line.strip() and not (number == 1 and _schema_of(line)):
                    try:
                        yield decoded_line(line, number)
                    except RecordingError as error:
                        torn = not line.endswith(b"\n")
                        yield BadLine(number, "torn: whoever wrote it was ended" if torn else str(error))

    def _whole(self) -> bytes:
        with self.path.open("rb") as stream:
            is_gzip = stream.read(2) == _GZIP
            stream.seek(0)
            content = (gzip.GzipFile(fileobj=stream) if is_gzip else stream).read(MAX_WHOLE_BYTES + 1)
        if len(content) > MAX_WHOLE_BYTES:
            raise RecordingError(
                f"{self.path}: more than {MAX_WHOLE_BYTES >> 20} MiB: expected a smaller file; split it"
            )
        return content


def _form_of(head: bytes) -> Form:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(_GZIP) or (start[:2] in (b"1 ", b"2 ", b"3 ") and b"HTTP/1" in head):
        return Form.GOREPLAY
    return Form.HAR if _HAR.match(start) else Form.OWN


def _schema_of(line: bytes) -> str | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = row.get("schema") if isinstance(row, dict) else None
    return None if found is None else str(found)


def _require_version(path: Path, head: bytes) -> None:
    found = _schema_of(head.split(b"\n", 1)[0])
    if found is not None and found != SCHEMA:
        raise RecordingError(f"{path}: schema {found!r}: expected {SCHEMA!r}")


def _skip_line(stream: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(_PIECE_BYTES)


_SUFFIXES = {".har": Form.HAR, ".gor": Form.GOREPLAY, ".jsonl": Form.OWN}


def form_of_name(path: Path) -> Form:
    """The form that a new file is to have, by its suffix; raises RecordingError that lists the known ones."""
    form = _SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise RecordingError(f"{path}: expected a name that ends in {', '.join(_SUFFIXES)}")
    return form


def header_line(redacted: str) -> str:
    """The first line of our own form; `redacted` is `none` or `tokens`."""
    return json.dumps({"schema": SCHEMA, "redacted": redacted})


def write_recording(
    path: Path,
    form: Form,
    exchanges: Iterable[RecordedExchange],
    *,
    base_url: str = "",
    began_at: float = 0.0,
) -> int:
    """How many exchanges the new file holds. `base_url` and `began_at` (Unix time) are what HAR and GoReplay want.

    Raises RecordingError when the file is there already, OSError when it cannot be written.
    """
    with whole_file(path) as stream:
        match form:
            case Form.OWN:
                return _write_own(stream, exchanges)
            case Form.HAR:
                return HarWriter(stream, base_url, began_at).write(exchanges)
            case Form.GOREPLAY:
                return GoReplayWriter(stream, base_url, began_at).write(exchanges)


def _write_own(stream: BinaryIO, exchanges: Iterable[RecordedExchange]) -> int:
    stream.write(f"{header_line('none')}\n".encode())
    written = 0
    for exchange in exchanges:
        stream.write(encoded_line(exchange).encode("utf-8", "surrogatepass") + b"\n")
        written += 1
    return written


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file for its owner alone, which is there when it is complete; none is ever replaced (RecordingError)."""
    if path.exists():
        raise RecordingError(f"{path} exists: expected the name of a new file")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, path)
        except FileExistsError as error:
            raise RecordingError(f"{path} exists: expected the name of a new file") from error
    finally:
        Path(draft).unlink()
