"""Bodies on the wire: where they end (RFC 9112 section 6), decoded strictly as they come and framed anew.

Chunk extensions and trailers are read within bounds and dropped, as RFC 9112 section 7.1.1 and RFC 9110 section
6.5.1 allow an intermediary to do.
"""

import re

from proxy.wire.errors import FramingError

MAX_SIZE_LINE_BYTES = 256
MAX_TRAILER_BYTES = 16_384
MAX_EXTENSION_BYTES = 16_384
"""Of all chunks of a body."""
LAST_CHUNK = b"0\r\n\r\n"
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_MAX_SIZE_DIGITS = 15
# RFC 9110 sections 5.1 and 5.5: a token, and text without control characters
_FIELD_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*").fullmatch


Content = bytes | memoryview
"""Bytes of a body."""


class SizedBody:
    """A body of a known length (RFC 9112 section 6.2).

    As of each kind of body: `done` says that it is all there, `rest` is what came behind it, `eof` is told that the
    sender has closed and says whether the body is whole then.
    """

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.rest = b""

    def feed(self, data: Content) -> Content:
        """What of it belongs to the body."""
        left = self._left - len(data)
        if left > 0:
            self._left = left
            return data
        self.done = True
        if left == 0:
            self._left = 0
            return data
        content, self.rest = data[: self._left], bytes(data[self._left :])
        self._left = 0
        return content

    def eof(self) -> bool:
        """Whole only if all came."""
        return self.done


class OpenBody:
    """A body that ends when the connection does (RFC 9112 section 6.3, number 8); answers only."""

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def feed(self, data: Content) -> Content:
        """All of it."""
        return data

    def eof(self) -> bool:
        """That is how it ends."""
        self.done = True
        return True


class ChunkedBody:
    """A body in chunks (RFC 9112 section 7.1): sizes in hexadecimal digits alone, every line ended by CR LF."""

    def __init__(self) -> None:
        self._buffer = b""
        self._left = -1  # bytes of the chunk and its CR LF that are still to come; -1: a size line is next
        self._reads_trailer = False
        self._trailer_bytes = self._extension_bytes = 0
        self.done = False
        self.rest = b""

    def feed(self, data: Content) -> Content:
        """The content of the chunks in these bytes. Raises FramingError."""
        held = self._buffer + bytes(data) if self._buffer else bytes(data)
        pieces: list[bytes] = []
        at = 0
        while not self.done:
            taken = self._take_chunk(held, at, pieces) if self._left > 0 else self._take_line(held, at)
            if taken < 0:
                break
            at = taken
        if self.done:
            self.rest, self._buffer = held[at:], b""
        else:
            self._buffer = held[at:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def eof(self) -> bool:
        """Whole only with its last chunk."""
        return self.done

    def _take_chunk(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """The position behind what was taken, or -1: more bytes are wanted."""
        available = len(data) - at
        if self._left > 2:
            size = min(self._left - 2, available)
            if size:
                pieces.append(data[at : at + size])
                self._left -= size
                return at + size
            return -1
        if available < 2:
            return -1
        if data[at : at + 2] != b"\r\n":
            raise FramingError("a chunk is longer than its size")
        self._left = -1
        return at + 2

    def _take_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        bound = MAX_TRAILER_BYTES - self._trailer_bytes if self._reads_trailer else MAX_SIZE_LINE_BYTES
        if (len(data) if end < 0 else end) - at > bound:
            raise FramingError("a chunk's size line or trailer is over its bound")
        if end < 0:
            return -1
        line = (
            data[at : end - 1] if end > at else b""
        )  # compiled, a slice that ends before it begins is an error
        if end == at or data[end - 1] != 0x0D or b"\r" in line or b"\0" in line:
            raise FramingError("a line of a chunked body does not end in CR LF")
        if self._reads_trailer:
            self._trailer_bytes += end + 1 - at
            self._take_trailer(line)
        else:
            self._take_size(line)
        return end + 1

    def _take_size(self, line: bytes) -> None:
        digits, _, extension = line.partition(b";")
        self._extension_bytes += len(extension)
        if self._extension_bytes > MAX_EXTENSION_BYTES:
            raise FramingError("the extensions of chunks are over their bound")
        # RFC 9112 section 7.1.1 has "bad" white space before the semicolon: no sender needs it
        if not digits or len(digits) > _MAX_SIZE_DIGITS or not _HEX_DIGITS.issuperset(digits):
            raise FramingError("a chunk's size is no hexadecimal number")
        size = int(digits, 16)
        if size:
            self._left = size + 2
        else:
            self._reads_trailer = True

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        if not _FIELD_LINE(line):
            raise FramingError("a trailer is no field line")


Body = SizedBody | ChunkedBody | OpenBody
"""Decodes one body."""


def chunk(content: Content) -> bytes:
    """Content, which is not empty, as one chunk."""
    return b"".join((b"%x\r\n" % len(content), content, b"\r\n"))
