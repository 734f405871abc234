"""How many exchanges one core compares a second, by size and by what differs, beside DeepDiff where it is installed.

Counted in the CPU time of this process, before anything else of the run is started: the best of several rounds, beside
DeepDiff in turns. What is measured is all of `compare`: headers, parsing, the walk, the acceptances.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from loadtests.bench.verdicts import Row, at_least, counted, judged
from loadtests.interval import Interval, ratio_of_medians
from parity.compare import compare
from parity.deepdiff_peer import Whole, whole_deepdiff
from parity.exchange import Backend, Exchange, Observation
from parity.rules import Compare, Rule, RuleBook

_TODAY = date(2026, 11, 23)
_ROUNDS = 9
_ITEM_BYTES = 333
_HEADERS = (
    ("content-type", "application/json; charset=utf-8"),
    ("vary", "Origin"),
    ("etag", 'W/"5f0c"'),
    ("x-request-id", "5f0c2d9e"),
)
_RULES = RuleBook(
    rules=tuple(
        Rule(endpoint="*", path=path, compare=Compare.SHAPE, reason="made anew for each answer")
        for path in ("$.timestamp", "$.data[*].updated_at")
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a size must reach with three differences: comparisons a second, and times DeepDiff's."""

    kilobytes: int
    a_second: int
    to_deepdiff: int


TARGETS = (Target(1, 30_000, 20), Target(20, 2_000, 100), Target(200, 200, 100))
JUDGED = "3 differences"


@dataclass(frozen=True, slots=True)
class Case:
    """Two answers that differ in a certain way, and the rules they are compared by."""

    kilobytes: int
    name: str
    exchange: Exchange
    rules: RuleBook


@dataclass(frozen=True, slots=True)
class Speed:
    """Comparisons a second of one case, in the best round; DeepDiff's where it was measured; the target if there is one.

    `ratio` is ours to DeepDiff's: of the medians of rounds that take turns, with its interval.
    """

    kilobytes: int
    name: str
    a_second: float
    deepdiff_a_second: float | None = None
    ratio: Interval | None = None
    target: Target | None = None


def cases(kilobytes: int, seed: int = 1) -> Iterator[Case]:
    """All cases of about one size; the bodies are those of a list of a CRM, the same for the same seed."""
    chance = random.Random(seed)
    count = max(3, kilobytes * 1_000 // _ITEM_BYTES)
    items = [_item(chance, number) for number in range(count)]
    body: dict[str, Any] = {"success": True, "data": items, "timestamp": "2026-11-23T10:00:00.000Z"}
    changed = deepcopy(body)
    changed["data"][0]["price"] += 1
    changed["data"][count // 2]["address"] = "elsewhere"
    changed["data"][-1]["active"] = False
    longer = deepcopy(body)
    longer["data"].insert(count // 3, _item(chance, count))
    shuffled = deepcopy(body)
    chance.shuffle(shuffled["data"])
    later = deepcopy(changed)
    later["timestamp"] = "2026-11-23T10:00:01.000Z"
    for item in later["data"]:
        item["updated_at"] = "2026-11-23T10:00:01.000Z"
    for name, modern, rules in (
        ("the same, keys in another order", dict(reversed(body.items())), RuleBook()),
        (JUDGED, changed, RuleBook()),
        ("3 differences, times by shape", later, _RULES),
        ("one item more", longer, RuleBook()),
        ("shuffled", shuffled, RuleBook()),
    ):
        yield Case(kilobytes, name, _exchange(body, modern), rules)


def _item(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": str(uuid.UUID(int=chance.getrandbits(128))),
        "display_id": f"ESC-2026-{number:04}",
        "address": f"{number} Main Street",
        "price": chance.randint(1, 10**6),
        "rate": round(chance.random(), 3),
        "commission": f"{chance.randint(1, 10**5)}.00",
        "updated_at": "2026-11-23T10:00:00.000Z",
        "active": True,
        "owner": {"id": str(uuid.UUID(int=chance.getrandbits(128))), "name": "Ann Agent"},
        "tags": ["a", "b"],
        "note": None,
    }


def _exchange(legacy: Any, modern: Any) -> Exchange:
    legacy_side, modern_side = (
        Observation(200, (("date", when), *_HEADERS), msgspec.json.encode(body), 0.01, 4)
        for when, body in (
            ("Mon, 23 Nov 2026 10:00:00 GMT", legacy),
            ("Mon, 23 Nov 2026 10:00:01 GMT", modern),
        )
    )
    return Exchange(
        "5f0c2d9e-0000-4000-8000-000000000001", "GET /v1/escrows", "escrows", "GET", "/v1/escrows?page=1",
        "c0ffee", "shadow", Backend.LEGACY, legacy_side, modern_side, 1_795_000_000.0,
    )  # fmt: skip


def measure_comparing(round_s: float, progress: Callable[[str], None]) -> list[Speed]:
    """Measure all cases; a round of one takes about `round_s` of CPU time."""
    deepdiff = whole_deepdiff()
    found: list[Speed] = []
    for size in TARGETS:
        progress(f"{size.kilobytes} KB")
        for case in cases(size.kilobytes):
            target = size if case.name == JUDGED else None
            found.append(_speed(case, round_s, target, deepdiff if target else None))
    return found


def _comparing(case: Case) -> Callable[[], object]:
    return lambda: compare(case.exchange, case.rules, today=_TODAY)


def _diffing(deepdiff: Whole, case: Case) -> Callable[[], object]:
    return lambda: deepdiff(case.exchange.legacy.body, case.exchange.modern.body)


def _speed(case: Case, round_s: float, target: Target | None, deepdiff: Whole | None) -> Speed:
    works = [_comparing(case)] if deepdiff is None else [_comparing(case), _diffing(deepdiff, case)]
    times = [max(1, int(round_s / _lasting(work, 1))) for work in works]
    rounds = [[_lasting(work, n) / n for work, n in zip(works, times, strict=True)] for _ in range(_ROUNDS)]
    ours, *peer = zip(*rounds, strict=True)
    if not peer:
        return Speed(case.kilobytes, case.name, 1 / min(ours), target=target)
    (theirs,) = peer
    ratio = ratio_of_medians([[one] for one in theirs], [[one] for one in ours], seed=1)
    return Speed(case.kilobytes, case.name, 1 / min(ours), 1 / min(theirs), ratio, target)


def _lasting(work: Callable[[], object], times: int) -> float:
    begun_s = time.process_time()
    for _ in range(times):
        work()
    return max(time.process_time() - begun_s, 1e-9)


def compare_rows(speeds: Sequence[Speed]) -> list[Row]:
    """The rows of the sizes, each with its target; that beside DeepDiff is not measured where there is none."""
    rows: list[Row] = []
    for speed in speeds:
        if (target := speed.target) is None:
            continue
        name = f"compare {speed.kilobytes}k"
        rows.append(
            counted(
                f"{name}, a second",
                at_least(target.a_second),
                round(speed.a_second),
                f"{speed.name}, the best of {_ROUNDS} rounds",
            )
        )
        note = "DeepDiff is not here" if speed.ratio is None else speed.name
        rows.append(judged(f"{name} to DeepDiff", at_least(target.to_deepdiff), speed.ratio, note))
    return rows
