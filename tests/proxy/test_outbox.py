"""Batches whose books balance, whatever happens in whatever order."""

import random
from collections import deque
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from parity.exchange import Backend, Batch, Capture, Count
from parity.wire import MAX_FRAME_BYTES, decode_batch
from proxy.counters import Counters, requested_key
from proxy.outbox import NoParity, Outbox
from proxy.settings import HandoverSettings

ENDPOINT = "GET /v1/escrows"


def a_capture(answer_body: bytes = b"{}", number: int = 0, **changes: Any) -> Capture:
    """A capture of a read that legacy answered."""
    fields: dict[str, Any] = {
        "id": str(number),
        "endpoint": ENDPOINT,
        "domain": "escrows",
        "method": "GET",
        "target": "/v1/escrows",
        "head": b"Host: crm.example.test\r\n",
        "body": b"",
        "address": "jwt:1",
        "stage": "shadow",
        "authoritative": Backend.LEGACY,
        "status": 200,
        "answer_head": b"Content-Type: application/json\r\n",
        "answer_body": answer_body,
        "duration_s": 0.01,
        "at": 1.0,
        "mark": (0, 0),
    }
    return Capture(**(fields | changes))


def an_outbox(**bounds: int) -> tuple[Outbox, Counters]:
    counters = Counters()
    return Outbox("proxy-1-run", replace(HandoverSettings(), **bounds), counters), counters


def put(outbox: Outbox, counters: Counters, n: int, body: bytes = b"{}") -> list[bool]:
    taken = []
    for number in range(n):
        counters.mirrored(ENDPOINT)
        taken.append(outbox.put(a_capture(body, number)))
    return taken


def counted(batch: Batch, name: str) -> int:
    return sum(count.n for count in batch.counts if count.name == name)


def next_batch(outbox: Outbox) -> Batch | None:
    """What the next frame says."""
    frame = outbox.next_frame()
    return None if frame is None else decode_batch(b"".join(frame.pieces)[4:])


def acknowledge(outbox: Outbox) -> None:
    """The receipt of the oldest batch comes."""
    assert outbox.receipt_came(outbox.unacknowledged[0].seq)


def test_an_empty_outbox_has_no_batch() -> None:
    outbox, _ = an_outbox()

    assert outbox.next_frame() is None


def test_counts_alone_are_a_batch() -> None:
    outbox, counters = an_outbox()
    counters.add(requested_key(ENDPOINT, Backend.LEGACY))

    batch = next_batch(outbox)

    assert batch is not None
    assert (batch.proxy, batch.seq, batch.captures, counted(batch, "requests")) == ("proxy-1-run", 1, (), 1)
    assert outbox.next_frame() is None


def test_a_worker_with_nothing_to_say_can_say_that_it_is_there() -> None:
    outbox, _ = an_outbox()

    frame = outbox.next_frame(present=True)

    assert frame is not None
    assert decode_batch(b"".join(frame.pieces)[4:]).counts == (Count("(unlisted)", "present", "", 1),)


def test_the_last_batch_says_that_it_is_once() -> None:
    outbox, counters = an_outbox(batch_captures=2)
    put(outbox, counters, 3)

    frames = [outbox.next_frame(closing=True) for _ in range(3)]

    said = [
        {one.name for one in decode_batch(b"".join(frame.pieces)[4:]).counts} for frame in frames if frame
    ]
    assert [("ended" in names) for names in said] == [False, True]


def test_a_worker_that_has_said_its_last_does_not_say_that_it_is_there_while_it_waits_for_the_receipt() -> (
    None
):
    outbox, _ = an_outbox()

    frames = [outbox.next_frame(present=True, closing=True) for _ in range(2)]

    assert [frame is None for frame in frames] == [False, True]


def test_a_batch_takes_the_oldest_up_to_its_bounds() -> None:
    outbox, counters = an_outbox(batch_captures=3, batch_bytes=100_000)
    put(outbox, counters, 4)
    put(outbox, counters, 2, b"x" * 90_000)

    sizes = []
    while (batch := next_batch(outbox)) is not None:
        sizes.append((len(batch.captures), batch.in_flight))
        acknowledge(outbox)

    assert sizes == [(3, 3), (2, 1), (1, 0)]


def test_the_queue_is_bounded_in_items_with_the_batches_on_their_way() -> None:
    outbox, counters = an_outbox(queue_items=4, batch_captures=2)
    taken = put(outbox, counters, 5)
    outbox.next_frame()
    while_unacknowledged = put(outbox, counters, 1)
    acknowledge(outbox)
    after_receipt = put(outbox, counters, 3)

    assert (taken, while_unacknowledged, after_receipt) == (
        [True] * 4 + [False],
        [False],
        [True, True, False],
    )


def test_the_queue_is_bounded_in_bytes_with_the_batches_on_their_way() -> None:
    outbox, counters = an_outbox(queue_bytes=250_000)
    taken = put(outbox, counters, 3, b"x" * 100_000)
    outbox.next_frame()
    while_unacknowledged = put(outbox, counters, 1, b"x" * 100_000)

    assert (taken, while_unacknowledged) == ([True, True, False], [False])
    assert outbox.held_bytes <= 250_000
    acknowledge(outbox)
    assert outbox.held_bytes == 0


def test_receipts_are_taken_in_order_only() -> None:
    outbox, counters = an_outbox(batch_captures=1, window_batches=2)
    put(outbox, counters, 2)
    frames = [outbox.next_frame(), outbox.next_frame()]

    assert outbox.is_window_full
    assert not outbox.receipt_came(2)
    assert list(outbox.unacknowledged) == frames
    assert [outbox.receipt_came(1), outbox.receipt_came(1), outbox.receipt_came(2)] == [True, False, True]
    assert not outbox.is_window_full


def test_a_capture_too_large_for_a_frame_is_shed() -> None:
    outbox, counters = an_outbox(queue_bytes=10 * MAX_FRAME_BYTES)

    assert put(outbox, counters, 1, bytes(MAX_FRAME_BYTES // 2)) == [False]
    assert counters.in_flight == 0


def test_a_capture_that_cannot_be_written_down_is_shed_and_costs_no_other() -> None:
    outbox, counters = an_outbox()
    put(outbox, counters, 2)
    for capture in (a_capture(target="/v1/\udce9"), a_capture(address="\ud800")):
        counters.mirrored(ENDPOINT)
        outbox.put(capture)

    batch = next_batch(outbox)

    assert batch is not None
    assert (len(batch.captures), counted(batch, "mirrored"), counted(batch, "shed")) == (2, 4, 2)
    assert batch.in_flight == 0
    acknowledge(outbox)
    assert outbox.held_bytes == 0


def test_an_address_in_bytes_that_are_no_utf_8_is_read_as_latin_1() -> None:
    outbox, counters = an_outbox()
    for address in ("caf\udce9", "192.0.2.1"):
        counters.mirrored(ENDPOINT)
        outbox.put(a_capture(address=address))

    batch = next_batch(outbox)

    assert batch is not None
    assert [capture.address for capture in batch.captures] == ["café", "192.0.2.1"]


def test_small_and_large_bodies_arrive_whole() -> None:
    outbox, counters = an_outbox()
    bodies = [b"", b"x" * 4_096, b"y" * 4_097, b"z" * 70_000, b"{}"]
    for body in bodies:
        put(outbox, counters, 1, body)

    batch = next_batch(outbox)

    assert batch is not None
    assert [capture.answer_body for capture in batch.captures] == bodies


def test_a_large_body_is_sent_as_it_lies_there() -> None:
    outbox, counters = an_outbox()
    body = b"z" * 70_000
    put(outbox, counters, 1, body)

    frame = outbox.next_frame()

    assert frame is not None
    assert any(piece is body for piece in frame.pieces)


def test_any_bytes_of_heads_and_bodies_arrive() -> None:
    outbox, counters = an_outbox()
    counters.mirrored(ENDPOINT)
    outbox.put(a_capture(b"\xff\x00", head=b"x: caf\xe9\r\n"))

    batch = next_batch(outbox)

    assert batch is not None
    assert (batch.captures[0].answer_body, batch.captures[0].head) == (b"\xff\x00", b"x: caf\xe9\r\n")


def test_without_a_parity_worker_everything_is_shed() -> None:
    counters = Counters()
    counters.mirrored(ENDPOINT)

    assert not NoParity(counters).put(a_capture())
    assert {(count.name, count.reason) for count in counters.take()} == {
        ("mirrored", ""),
        ("shed", "parity_queue"),
    }


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    queue_items=st.integers(1, 12),
    batch_captures=st.integers(1, 6),
    steps=st.integers(1, 200),
)
def test_the_books_balance_in_every_batch(
    seed: int, queue_items: int, batch_captures: int, steps: int
) -> None:
    chance = random.Random(seed)
    outbox, counters = an_outbox(queue_items=queue_items, batch_captures=batch_captures)
    on_their_way: deque[int] = deque()
    batches: list[Batch] = []
    mirrored = shed_underway = 0

    for step in range(steps):
        match chance.choice(["mirror", "mirror", "finish", "shed", "batch", "receipt", "other"]):
            case "mirror":
                counters.mirrored(ENDPOINT)
                on_their_way.append(step)
                mirrored += 1
            case "finish" if on_their_way:
                outbox.put(a_capture(number=on_their_way.popleft()))
            case "shed" if on_their_way:
                on_their_way.popleft()
                counters.shed(ENDPOINT, "parity_queue")
                shed_underway += 1
            case "batch" if (batch := next_batch(outbox)) is not None:
                batches.append(batch)
                assert batch.in_flight == len(on_their_way) + outbox.waiting
            case "receipt" if outbox.unacknowledged:
                acknowledge(outbox)
            case _:
                counters.add(requested_key(ENDPOINT, Backend.LEGACY))
    while (batch := next_batch(outbox)) is not None:
        batches.append(batch)

    told_mirrored = captures = shed = 0
    for batch in batches:
        told_mirrored += counted(batch, "mirrored")
        shed += counted(batch, "shed")
        captures += len(batch.captures)
        assert told_mirrored == captures + shed + batch.in_flight
    assert told_mirrored == mirrored
    assert [batch.seq for batch in batches] == list(range(1, len(batches) + 1))
    assert batches == [] or batches[-1].in_flight == len(on_their_way)
    assert shed >= shed_underway
