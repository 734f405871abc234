"""The parts that read bytes: what they make of them does not depend on how the bytes are split."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.errors import FramingError, HeadError
from proxy.wire.framing import ChunkedBody, SizedBody, chunk
from proxy.wire.heads import answer_head, request_head
from tests.wire.messages import UnreadableError, dechunked, requests_in
from tests.wire.strategies import ANSWERS, CUTS, REQUESTS, cut
from tests.wire.test_fuzz import SHORT

_NASTY = st.lists(
    st.sampled_from([b"3", b"0", b"a", b"\r\n", b"\r", b"\n", b";", b"x=y", b" ", b"abc", b"0\r\n\r\n", b"3\r\nabc\r\n", b"+", b"0x", b"\0", b"T: 1\r\n"]),
    max_size=12,
).map(b"".join)  # fmt: skip
_GOOD = st.lists(st.binary(min_size=1, max_size=40), max_size=4).map(
    lambda parts: b"".join(map(chunk, parts)) + b"0\r\n\r\n"
)


def outcome(body: ChunkedBody | SizedBody, pieces: list[bytes]) -> tuple[bytes, bool, bytes, bool]:
    """The content, whether it is whole, what is behind it, whether it was refused."""
    content, after = b"", b""
    for piece in pieces:
        if body.done:
            after += piece
            continue
        try:
            content += body.feed(piece)
        except FramingError:
            return content, False, b"", True
        if body.done:
            after = bytes(body.rest)
    return content, body.done, after, False


@SHORT
@given(raw=st.one_of(_NASTY, _GOOD, st.tuples(_GOOD, _NASTY).map(b"".join)), widths=CUTS)
def test_chunks_are_the_same_however_they_are_split(raw: bytes, widths: list[int]) -> None:
    at_once = outcome(ChunkedBody(), [raw])
    split = outcome(ChunkedBody(), cut(raw, widths))
    by_byte = outcome(ChunkedBody(), cut(raw, [1] * len(raw)))

    assert at_once[1:] == split[1:] == by_byte[1:]
    if not at_once[3]:
        assert at_once == split == by_byte


@SHORT
@given(raw=st.one_of(_NASTY, _GOOD, st.tuples(_GOOD, _NASTY).map(b"".join)))
def test_chunks_are_what_a_second_reader_sees(raw: bytes) -> None:
    content, is_done, rest, is_refused = outcome(ChunkedBody(), [raw])

    with suppress(UnreadableError):  # trailers and extensions, which the second reader refuses
        is_whole, body, end = dechunked(raw, 0)
        assert not is_refused or not is_whole
        if is_whole:
            assert (content, is_done, rest) == (body, True, raw[end:])


@SHORT
@given(raw=st.binary(max_size=60), length=st.integers(1, 50), widths=CUTS)
def test_a_length_is_the_same_however_it_is_split(raw: bytes, length: int, widths: list[int]) -> None:
    content, is_done, rest, _ = outcome(SizedBody(length), cut(raw, widths))

    assert content == raw[:length]
    assert is_done == (len(raw) >= length)
    assert rest == raw[length:]


@SHORT
@given(raw=REQUESTS)
def test_a_request_head_is_refused_or_one_that_a_strict_reader_takes(raw: bytes) -> None:
    block = _first_head(raw)
    if block is None:
        return
    try:
        head = request_head(block)
    except HeadError:
        return

    try:
        read = requests_in(block)[0]
    except UnreadableError as error:
        pytest.fail(f"taken, though {error}")
    assert head.line == read.line.replace(b" HTTP/1.0", b" HTTP/1.1")
    assert head.host == read.values.get(b"host")
    assert (head.length == -2) == (read.framing == "chunked")
    if read.framing == "length":
        assert head.length == int(read.values[b"content-length"])


@SHORT
@given(raw=ANSWERS)
def test_an_answer_head_is_refused_or_framed_as_it_says(raw: bytes) -> None:
    block = _first_head(raw)
    if block is None:
        return
    try:
        head = answer_head(block, to_head=False)
    except HeadError:
        return

    assert 100 <= head.status <= 599
    assert b"\n" not in head.fields.replace(b"\r\n", b"")
    assert b"\0" not in block


def _first_head(raw: bytes) -> bytes | None:
    end = raw.find(b"\r\n\r\n")
    return None if end < 0 else raw[: end + 4]
