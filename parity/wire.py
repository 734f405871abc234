"""Frames on the Unix socket between a proxy worker and a parity worker.

A frame is four bytes of length (big-endian, of what follows) and one msgpack value: a `Batch` one way,
its `Receipt` the other way.
"""

import asyncio
import struct
from collections.abc import Sequence

import msgspec
from msgspec import structs

from parity.errors import FrameError
from parity.exchange import Batch, Capture, Receipt

MAX_FRAME_BYTES = 64 * 1024 * 1024

_LENGTH = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
_batches = msgspec.msgpack.Decoder(Batch)
_receipts = msgspec.msgpack.Decoder(Receipt)
_EMPTY_ARRAY = b"\x90"
_ARRAY = struct.Struct(">cI")
_EMPTY_BYTES = b"\xc4\x00"
_BYTES = struct.Struct(">cI")
"""How msgpack says that there is nothing, and how many items or bytes follow."""
_LARGE_BYTES = 4_096


def encode(message: Batch | Receipt, *, max_bytes: int = MAX_FRAME_BYTES) -> bytearray:
    """One whole frame; raises FrameError when the message is larger than the receiver takes."""
    frame = bytearray(_LENGTH.size)
    _encoder.encode_into(message, frame, _LENGTH.size)
    length = len(frame) - _LENGTH.size
    if length > max_bytes:
        raise FrameError(f"a frame of {length} bytes is over the bound of {max_bytes}")
    _LENGTH.pack_into(frame, 0, length)
    return frame


def capture_pieces(capture: Capture) -> tuple[bytes, ...]:
    """A capture as it is in a frame; a large body is not copied. Raises UnicodeEncodeError where a text is none."""
    body = capture.answer_body
    if len(body) <= _LARGE_BYTES:
        return (_encoder.encode(capture),)
    head = _encoder.encode(structs.replace(capture, answer_body=b"")).removesuffix(_EMPTY_BYTES)
    return head + _BYTES.pack(b"\xc6", len(body)), body


def batch_pieces(batch: Batch, captures: Sequence[tuple[bytes, ...]]) -> list[bytes]:
    """A whole frame: that batch, which has no captures yet, with these, which are `capture_pieces` already."""
    body = _encoder.encode(batch).removesuffix(_EMPTY_ARRAY) + _ARRAY.pack(b"\xdd", len(captures))
    pieces = [piece for capture in captures for piece in capture]
    return [_LENGTH.pack(len(body) + sum(map(len, pieces))) + body, *pieces]


async def read_batch(reader: asyncio.StreamReader, *, max_bytes: int = MAX_FRAME_BYTES) -> Batch | None:
    """The next batch, or None when the sender has closed between two frames; raises FrameError."""
    length = await read_length(reader, max_bytes=max_bytes)
    return None if length is None else decode_batch(await read_payload(reader, length))


def decode_receipt(payload: bytes) -> Receipt:
    """The receipt of a frame without its length; raises FrameError."""
    try:
        return _receipts.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FrameError(f"no receipt in the frame: {error}") from error


def decode_batch(payload: bytes) -> Batch:
    """The batch of a frame without its length; raises FrameError."""
    try:
        return _batches.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        # the message names the field and the expected type, never the value
        raise FrameError(f"no batch in the frame: {error}") from error


class Frames:
    """Takes a stream apart that comes in pieces."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_bytes = max_bytes
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now, without their lengths; raises FrameError."""
        rest = self._rest + data if self._rest else data
        payloads: list[bytes] = []
        begin = 0
        while len(rest) >= (body := begin + _LENGTH.size):
            end = body + _bounded(rest[begin:body], self._max_bytes)
            if len(rest) < end:
                break
            payloads.append(rest[body:end])
            begin = end
        self._rest = rest[begin:]
        return payloads


async def read_length(reader: asyncio.StreamReader, *, max_bytes: int = MAX_FRAME_BYTES) -> int | None:
    """How many bytes of a frame follow, or None when the sender has closed between two frames; raises FrameError."""
    try:
        head = await reader.readexactly(_LENGTH.size)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise FrameError("the sender closed inside the length of a frame") from error
        return None
    return _bounded(head, max_bytes)


async def read_payload(reader: asyncio.StreamReader, length: int) -> bytes:
    """The rest of a frame whose length was read; raises FrameError."""
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise FrameError(
            f"the sender closed after {len(error.partial)} of {length} bytes of a frame"
        ) from error


def _bounded(head: bytes, max_bytes: int) -> int:
    length = int(_LENGTH.unpack(head)[0])
    if length > max_bytes:
        raise FrameError(f"a frame of {length} bytes is over the bound of {max_bytes}")
    return length
