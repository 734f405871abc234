"""Frames: what goes in comes out, and what is no frame is refused."""

import asyncio
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import FrameError
from parity.exchange import Receipt
from parity.wire import Frames, decode_batch, decode_receipt, encode, read_batch
from tests.parity.factories import batch, exchange, observation


def reader(content: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(content)
    stream.feed_eof()
    return stream


async def test_batches_come_out_as_they_went_in() -> None:
    sent = [batch(exchange(observation(b"\xff\x00"), raced=True)), batch(seq=2, in_flight=3)]
    stream = reader(b"".join(encode(one) for one in sent))

    assert [await read_batch(stream), await read_batch(stream), await read_batch(stream)] == [*sent, None]


@given(st.lists(st.integers(0, 2**63 - 1), max_size=5), st.lists(st.integers(0, 80), max_size=9))
def test_receipts_come_out_as_they_went_in_wherever_the_stream_is_cut(
    seqs: list[int], cuts: list[int]
) -> None:
    receipts = [Receipt(seq, {"shadow_limit/modern": 7.0}) for seq in seqs]
    stream = b"".join(bytes(encode(one)) for one in receipts)
    places = sorted({0, *cuts, len(stream)})
    frames = Frames()

    came = [payload for begin, end in pairwise(places) for payload in frames.feed(stream[begin:end])]

    assert [decode_receipt(payload) for payload in came] == receipts


@pytest.mark.parametrize("cut", [1, 3, 4, 10])
async def test_a_frame_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(FrameError, match="closed"):
        await read_batch(reader(bytes(encode(batch())[:cut])))


async def test_a_frame_over_the_bound_is_refused_by_both_sides() -> None:
    large = batch(exchange(observation(b"x" * 2_000)))

    with pytest.raises(FrameError, match="over the bound of 1000"):
        encode(large, max_bytes=1_000)
    with pytest.raises(FrameError, match="over the bound of 1000"):
        await read_batch(reader(bytes(encode(large))), max_bytes=1_000)
    with pytest.raises(FrameError, match="over the bound of 1000"):
        Frames(1_000).feed(bytes(encode(large))[:4])


async def test_another_message_is_refused() -> None:
    with pytest.raises(FrameError, match="no batch"):
        await read_batch(reader(bytes(encode(Receipt(1)))))
    with pytest.raises(FrameError, match="no receipt"):
        decode_receipt(b"\x07")


@given(st.binary(max_size=100) | st.binary(max_size=20).map(lambda tail: encode(batch())[4:-5] + tail))
def test_any_bytes_are_a_batch_or_refused(payload: bytes) -> None:
    try:
        decoded = decode_batch(payload)
    except FrameError:
        return
    assert msgspec.msgpack.decode(encode(decoded)[4:]) is not None


def test_what_nests_without_end_is_refused() -> None:
    with pytest.raises(FrameError):
        decode_batch(b"\x91" * 100_000)


def test_a_refusal_quotes_no_value() -> None:
    payload = msgspec.msgpack.encode({"proxy": "p", "seq": "Nettle Brindlefox"})

    with pytest.raises(FrameError) as caught:
        decode_batch(payload)

    assert "Brindlefox" not in str(caught.value)
