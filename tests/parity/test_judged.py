"""Batches of a run that are recorded as one: nothing of any is lost, and the last gives its number."""

from collections import Counter

from parity.exchange import Batch
from parity.judged import JudgedBatch, together
from parity.legacy_twice import LegacyTwice
from parity.outcome import Comparison, Outcome
from parity.settle import AskedAgain
from tests.parity.factories import batch, carried, exchange


def judged(given: Batch, outcome: Outcome, reason: str = "") -> JudgedBatch:
    beside = AskedAgain(Counter({("GET /v1/escrows", "unconfirmed", "limit"): given.seq}))
    beside.twice.append(LegacyTwice(f"of {given.seq}", {}))
    completed = [carried(one) for one in given.captures]
    return JudgedBatch(given, completed, [Comparison(outcome, reason)] * len(completed), beside)


def test_one_alone_is_what_it_was() -> None:
    one = judged(batch(exchange()), Outcome.MATCH)

    assert together([one]) is one


def test_of_several_everything_is_there_in_order_under_the_number_of_the_last() -> None:
    first = judged(batch(exchange(id="a"), exchange(id="b"), seq=7, in_flight=5), Outcome.MATCH)
    then = judged(batch(seq=8, in_flight=4), Outcome.MATCH)
    last = judged(batch(exchange(id="c"), seq=9, in_flight=1), Outcome.SHED, "breaker")

    found = together([first, then, last])

    assert (found.batch.proxy, found.batch.seq, found.batch.in_flight) == ("proxy-1", 9, 1)
    assert [one.id for one in found.batch.captures] == ["a", "b", "c"]
    assert found.batch.counts == (*first.batch.counts, *last.batch.counts)
    assert [*found.completed] == [*first.completed, *last.completed]
    assert [one.outcome for one in found.comparisons] == [Outcome.MATCH, Outcome.MATCH, Outcome.SHED]
    assert found.beside.counts == {("GET /v1/escrows", "unconfirmed", "limit"): 24}
    assert [one.endpoint for one in found.beside.twice] == ["of 7", "of 8", "of 9"]
    assert [one.endpoint for one in first.beside.twice] == ["of 7"]
