"""Where bodies end, however they are cut into pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.errors import FramingError
from proxy.wire.framing import (
    LAST_CHUNK,
    MAX_SIZE_LINE_BYTES,
    MAX_TRAILER_BYTES,
    Body,
    ChunkedBody,
    OpenBody,
    SizedBody,
    chunk,
)


def fed(body: Body, pieces: list[bytes]) -> bytes:
    """The content of a body that comes in these pieces; what comes behind its end goes to its rest."""
    content = b""
    for at, piece in enumerate(pieces):
        content += body.feed(piece)
        if body.done:
            body.rest += b"".join(pieces[at + 1 :])
            break
    return content


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@given(
    st.lists(st.binary(min_size=1, max_size=300), max_size=5),
    st.binary(max_size=20),
    st.lists(st.integers(0)),
)
def test_chunks_are_decoded_however_they_are_cut(
    contents: list[bytes], behind: bytes, places: list[int]
) -> None:
    body = ChunkedBody()
    wire = b"".join(chunk(content) for content in contents) + LAST_CHUNK + behind

    content = fed(body, cut(wire, places))

    assert (content, body.done, body.rest) == (b"".join(contents), True, behind)


@given(st.integers(0, 50), st.binary(max_size=80), st.lists(st.integers(0)))
def test_a_sized_body_ends_where_its_length_says(length: int, wire: bytes, places: list[int]) -> None:
    body = SizedBody(length)

    content = b"" if body.done else fed(body, cut(wire, places))

    assert content == wire[: length or 0]
    assert body.done == (len(wire) >= length)
    if length:
        assert body.rest == wire[length:]


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"00003\r\nabc\r\n000\r\n\r\n", b"abc"),
        (b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2),
        (b'3;name=value;other="quoted"\r\nabc\r\n0;last\r\n\r\n', b"abc"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
        (b"0\r\nX-Sum: 1\r\nX-Other:\r\n\r\n", b""),
    ],
)
def test_what_is_allowed_in_chunks_is_read_and_dropped(wire: bytes, content: bytes) -> None:
    whole, single = ChunkedBody(), ChunkedBody()

    assert (fed(whole, [wire]), whole.done, whole.rest) == (content, True, b"")
    assert (fed(single, bytewise(wire)), single.done, single.rest) == (content, True, b"")


REFUSED = [
    b"\r\n",
    b"\n",
    b";x\r\n",
    b" 3\r\nabc\r\n",
    b"3 \r\nabc\r\n",
    b"3 ;x\r\nabc\r\n",
    b"3\t\r\nabc\r\n",
    b"+3\r\nabc\r\n",
    b"-3\r\nabc\r\n",
    b"0x3\r\nabc\r\n",
    b"3_0\r\nabc\r\n",
    b"\xd9\xa3\r\nabc\r\n",
    b"g\r\n",
    b"3\nabc\r\n",
    b"3\r\nabc\n0\r\n\r\n",
    b"3\r\nabcd\r\n0\r\n\r\n",
    b"3\r\nabc0\r\n\r\n",
    b"3\r\nabc\r0\r\n\r\n",
    b"3\rx\r\nabc\r\n",
    b"3;a\rb\r\nabc\r\n",
    b"3;a\0b\r\nabc\r\n",
    b"1" * 16 + b"\r\n",
    b"ffffffffffffffff\r\n",
    b"0\r\n\n",
    b"0\r\nnot a field\r\n\r\n",
    b"0\r\n: no name\r\n\r\n",
    b"0\r\nX-Sum : 1\r\n\r\n",
    b"0\r\nX-Sum: 1\r\n folded\r\n\r\n",
    b"0\r\n\tX-Sum: 1\r\n\r\n",
    b"0\r\nX-Sum: 1\n\r\n",
    b"0\r\nX-Sum: a\0b\r\n\r\n",
    b"0\r\nX-Sum: a\rb\r\n\r\n",
]


@pytest.mark.parametrize("wire", REFUSED)
def test_chunks_in_doubt_are_refused_whole_and_byte_by_byte(wire: bytes) -> None:
    with pytest.raises(FramingError):
        fed(ChunkedBody(), [wire])
    with pytest.raises(FramingError):
        fed(ChunkedBody(), bytewise(wire))


@given(st.sampled_from(REFUSED), st.lists(st.integers(0), max_size=4))
def test_chunks_in_doubt_are_refused_in_every_split(wire: bytes, places: list[int]) -> None:
    with pytest.raises(FramingError):
        fed(ChunkedBody(), cut(b"4\r\nfine\r\n" + wire, places))


@given(st.binary(max_size=60), st.lists(st.integers(0), max_size=6))
def test_a_split_never_changes_what_bytes_mean(wire: bytes, places: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> tuple[bytes, bool, bytes] | None:
        body = ChunkedBody()
        try:
            return fed(body, pieces), body.done, body.rest
        except FramingError:
            return None

    assert outcome(cut(wire, places)) == outcome([wire])


@pytest.mark.parametrize("pieces", [1, 10_000])
def test_a_size_line_over_its_bound_is_refused_before_its_end(pieces: int) -> None:
    wire = b"3;" + b"x" * (MAX_SIZE_LINE_BYTES - 1)

    with pytest.raises(FramingError):
        fed(ChunkedBody(), [wire] if pieces == 1 else bytewise(wire))


def test_a_size_line_at_its_bound_is_taken() -> None:
    line = b"3;" + b"x" * (MAX_SIZE_LINE_BYTES - 3) + b"\r\n"

    assert fed(ChunkedBody(), bytewise(line + b"abc\r\n" + LAST_CHUNK)) == b"abc"


@pytest.mark.parametrize("line", [b"X: " + b"x" * 100 + b"\r\n", b"X:\r\n", b"X: " + b"x" * 16_300 + b"\r\n"])
def test_trailers_over_their_bound_are_refused(line: bytes) -> None:
    wire = b"0\r\n" + line * (MAX_TRAILER_BYTES // len(line) + 1) + b"\r\n"

    with pytest.raises(FramingError):
        fed(ChunkedBody(), [wire])
    with pytest.raises(FramingError):
        fed(ChunkedBody(), cut(wire, list(range(0, len(wire), 1_000))))


def test_chunked_bodies_hold_no_more_than_a_line() -> None:
    body = ChunkedBody()
    body.feed(b"fffffff\r\n")

    for _ in range(1_000):
        assert len(body.feed(b"x" * 10_000)) == 10_000

    assert len(body._buffer) == 0


@pytest.mark.parametrize("wire", [b"", b"3", b"3\r\nab", b"3\r\nabc\r\n", b"0\r\n", b"0\r\nX: 1\r\n"])
def test_a_chunked_body_without_its_last_chunk_is_not_whole(wire: bytes) -> None:
    body = ChunkedBody()
    body.feed(wire)

    assert not body.eof()


def test_a_sized_body_that_is_short_is_not_whole() -> None:
    short, whole = SizedBody(3), SizedBody(3)
    short.feed(b"ab")
    whole.feed(b"abc")

    assert (short.eof(), whole.eof()) == (False, True)


def test_an_open_body_ends_with_its_connection() -> None:
    body = OpenBody()

    contents = [body.feed(b"abc"), body.feed(b"def")]

    assert (contents, body.done) == ([b"abc", b"def"], False)
    assert (body.eof(), body.done, body.rest) == (True, True, b"")


def test_content_becomes_a_chunk_of_its_size_in_hexadecimal_digits() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
