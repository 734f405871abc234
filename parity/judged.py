"""A batch whose captures were completed and compared; several of a run are recorded as if they were one."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from parity.completing import Shed
from parity.exchange import Batch, Exchange
from parity.outcome import Comparison
from parity.settle import AskedAgain


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """What is to be recorded of a batch: what its captures became, their comparisons, and what asking again brought."""

    batch: Batch
    completed: Sequence[Exchange | Shed]
    comparisons: Sequence[Comparison]
    beside: AskedAgain


def together(batches: Sequence[JudgedBatch]) -> JudgedBatch:
    """All of them under the number of the last, which says that those before are recorded, too; they follow one another."""
    last = batches[-1]
    if len(batches) == 1:
        return last
    beside = AskedAgain()
    for one in batches:
        beside.counts.update(one.beside.counts)
        beside.twice += one.beside.twice
        beside.fleeting += one.beside.fleeting
    return JudgedBatch(
        structs.replace(
            last.batch,
            counts=tuple(count for one in batches for count in one.batch.counts),
            captures=tuple(capture for one in batches for capture in one.batch.captures),
        ),
        [each for one in batches for each in one.completed],
        [each for one in batches for each in one.comparisons],
        beside,
    )
