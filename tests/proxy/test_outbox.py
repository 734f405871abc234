"""Batches whose books balance, whatever happens in whatever order."""

import random
from collections import deque
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from parity.exchange import Backend, Batch, Exchange, Observation
from parity.wire import MAX_FRAME_BYTES
from proxy.counters import Counters
from proxy.outbox import NoParity, Outbox
from proxy.settings import HandoverSettings

ENDPOINT = "GET /v1/escrows"


def an_exchange(body: bytes = b"{}", number: int = 0) -> Exchange:
    return Exchange(
        id=str(number),
        endpoint=ENDPOINT,
        domain="escrows",
        method="GET",
        target="/v1/escrows",
        client="token",
        stage="shadow",
        authoritative=Backend.LEGACY,
        legacy=Observation(200, body=body),
        modern=Observation(200),
        at=1.0,
    )


def an_outbox(**bounds: int) -> tuple[Outbox, Counters]:
    counters = Counters()
    return Outbox("proxy-1-run", replace(HandoverSettings(), **bounds), counters), counters


def put(outbox: Outbox, counters: Counters, n: int, body: bytes = b"{}") -> list[bool]:
    taken = []
    for number in range(n):
        counters.mirrored(ENDPOINT)
        taken.append(outbox.put(an_exchange(body, number)))
    return taken


def counted(batch: Batch, name: str) -> int:
    return sum(count.n for count in batch.counts if count.name == name)


def test_an_empty_outbox_has_no_batch() -> None:
    outbox, _ = an_outbox()

    assert outbox.next_batch() is None


def test_counts_alone_are_a_batch() -> None:
    outbox, counters = an_outbox()
    counters.requested(ENDPOINT)

    batch = outbox.next_batch()

    assert batch is not None
    assert (batch.proxy, batch.seq, batch.exchanges, counted(batch, "requests")) == ("proxy-1-run", 1, (), 1)
    assert outbox.next_batch() is None


def test_a_batch_takes_the_oldest_up_to_its_bounds() -> None:
    outbox, counters = an_outbox(batch_exchanges=3, batch_bytes=100_000)
    put(outbox, counters, 4)
    put(outbox, counters, 2, b"x" * 90_000)

    sizes = []
    while (batch := outbox.next_batch()) is not None:
        sizes.append((len(batch.exchanges), batch.in_flight))
        outbox.receipt_came()

    assert sizes == [(3, 3), (2, 1), (1, 0)]


def test_the_queue_is_bounded_in_items_with_the_batch_on_its_way() -> None:
    outbox, counters = an_outbox(queue_items=4, batch_exchanges=2)
    taken = put(outbox, counters, 5)
    outbox.next_batch()
    while_unacknowledged = put(outbox, counters, 1)
    outbox.receipt_came()
    after_receipt = put(outbox, counters, 3)

    assert (taken, while_unacknowledged, after_receipt) == (
        [True] * 4 + [False],
        [False],
        [True, True, False],
    )


def test_the_queue_is_bounded_in_bytes_with_the_batch_on_its_way() -> None:
    outbox, counters = an_outbox(queue_bytes=250_000)
    taken = put(outbox, counters, 3, b"x" * 100_000)
    outbox.next_batch()
    while_unacknowledged = put(outbox, counters, 1, b"x" * 100_000)

    assert (taken, while_unacknowledged) == ([True, True, False], [False])
    assert outbox.held_bytes <= 250_000
    outbox.receipt_came()
    assert outbox.held_bytes == 0


def test_an_exchange_too_large_for_a_frame_is_shed() -> None:
    outbox, counters = an_outbox(queue_bytes=10 * MAX_FRAME_BYTES)

    assert put(outbox, counters, 1, bytes(MAX_FRAME_BYTES // 2)) == [False]
    assert counters.in_flight == 0


def test_without_a_parity_worker_everything_is_shed() -> None:
    counters = Counters()
    counters.mirrored(ENDPOINT)

    assert not NoParity(counters).put(an_exchange())
    assert {(count.name, count.reason) for count in counters.take()} == {
        ("mirrored", ""),
        ("shed", "parity_queue"),
    }


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    queue_items=st.integers(1, 12),
    batch_exchanges=st.integers(1, 6),
    steps=st.integers(1, 200),
)
def test_the_books_balance_in_every_batch(
    seed: int, queue_items: int, batch_exchanges: int, steps: int
) -> None:
    chance = random.Random(seed)
    outbox, counters = an_outbox(queue_items=queue_items, batch_exchanges=batch_exchanges)
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
                outbox.put(an_exchange(number=on_their_way.popleft()))
            case "shed" if on_their_way:
                on_their_way.popleft()
                counters.shed(ENDPOINT, "shadow_queue")
                shed_underway += 1
            case "batch" if (batch := outbox.next_batch()) is not None:
                batches.append(batch)
                assert batch.in_flight == len(on_their_way) + outbox.waiting
            case "receipt":
                outbox.receipt_came()
            case _:
                counters.requested(ENDPOINT)
    while (batch := outbox.next_batch()) is not None:
        batches.append(batch)
        outbox.receipt_came()

    told_mirrored = exchanges = shed = 0
    for batch in batches:
        told_mirrored += counted(batch, "mirrored")
        shed += counted(batch, "shed")
        exchanges += len(batch.exchanges)
        assert told_mirrored == exchanges + shed + batch.in_flight
    assert told_mirrored == mirrored
    assert [batch.seq for batch in batches] == list(range(1, len(batches) + 1))
    assert batches == [] or batches[-1].in_flight == len(on_their_way)
    assert shed >= shed_underway
