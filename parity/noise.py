"""Noise: paths on which legacy differs from itself, kept day by day with how often and out of how many.

What is noise by enough evidence is compared by shape, until it has not been seen for `WINDOW_DAYS`.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from parity.database import upsert
from parity.errors import StoreError
from parity.legacy_twice import LegacyTwice, Noted
from parity.rules import Compare, Rule, RuleBook
from parity.samples import OTHER_PATHS
from parity.tables import NOISE

WINDOW_DAYS = 7
"""How long a day's evidence counts."""
LEAST_ASKED = 10
LEAST_DIFFERED = 3
LEAST_SHARE = 0.2
"""A path is noise from so many askings of its endpoint on, so many of them and such a share of them differing."""
MAX_PATHS = 100
"""Paths of one endpoint that are kept a day."""
REFRESH_S = 10.0

_DAY_S = 86_400
WHOLES = frozenset({"$", "$status", OTHER_PATHS})
"""Paths for which a rule by shape would let too much pass."""


@dataclass(frozen=True, slots=True)
class NoisyPath:
    """On how many of the reads that legacy answered twice it differed from itself there, and since when."""

    endpoint: str
    path: str
    differed: int
    asked: int
    other_shape: int
    shape: str
    first_seen_at: float
    last_seen_at: float

    @property
    def share(self) -> float:
        """Of the reads of this endpoint that legacy answered twice."""
        return self.differed / self.asked

    @property
    def is_proven(self) -> bool:
        """Whether there is enough evidence to call it noise."""
        return self.asked >= LEAST_ASKED and self.differed >= LEAST_DIFFERED and self.share >= LEAST_SHARE

    @property
    def is_by_shape(self) -> bool:
        """Whether shape checking can stand in: the shape was always the same, and the path is no whole answer."""
        return not self.other_shape and self.path not in WHOLES

    @property
    def is_learned(self) -> bool:
        """Whether it is compared by shape from now on."""
        return self.is_proven and self.is_by_shape

    @property
    def evidence(self) -> str:
        """As a clause: legacy differed from itself in 7 of 12."""
        return f"legacy differed from itself in {self.differed:,} of {self.asked:,}"

    def rule(self) -> Rule:
        """The rule that stands in for comparing by value."""
        return Rule(
            endpoint=self.endpoint,
            path=self.path,
            compare=Compare.SHAPE,
            reason=f"noise: {self.evidence}",
        )


def noise_json(path: NoisyPath) -> dict[str, Any]:
    """A noisy path as JSON values."""
    judged = {"is_proven": path.is_proven, "is_by_shape": path.is_by_shape}
    return {**asdict(path), "share": path.share, **judged}


def add_noise(connection: sa.Connection, seen: Sequence[LegacyTwice], at: float) -> None:
    """Add to the day's counts, within the bound of paths."""
    if not seen:
        return
    day = int(at // _DAY_S)
    known = _known(connection, day, {one.endpoint for one in seen})
    rows: dict[str, dict[str, Any]] = {}
    for one in seen:
        for path, noted in {"": Noted("", False), **_bounded(one.paths, known[one.endpoint])}.items():
            found = _row(day, one.endpoint, path, at)
            row = rows.setdefault(found["id"], found)
            row["n"] += 1
            row["other_shape"] += noted.is_other_shape
            row["shape"] = noted.shape
    # always in one order, so that two workers cannot wait for each other's rows
    in_order = [rows[row_id] for row_id in sorted(rows)]
    kept = {"shape": "new", "first_seen_at": "min", "last_seen_at": "max"}
    upsert(connection, NOISE, in_order, add=("n", "other_shape"), **kept)


def _bounded(paths: Mapping[str, Noted], known: set[str]) -> dict[str, Noted]:
    """Those over the bound of their endpoint as one; `known` has those that are kept already."""
    bounded: dict[str, Noted] = {}
    for path, noted in paths.items():
        if path in known or len(known) < MAX_PATHS:
            known.add(path)
            bounded[path] = noted
        else:
            bounded[OTHER_PATHS] = noted
    return bounded


def _row(day: int, endpoint: str, path: str, at: float) -> dict[str, Any]:
    # the path itself can be longer than a database takes in a key
    row_id = hashlib.sha256(f"{endpoint}\0{path}".encode("utf-8", "replace")).hexdigest()[:12]
    return {
        "day": day,
        "id": row_id,
        "endpoint": endpoint,
        "path": path,
        "n": 0,
        "other_shape": 0,
        "shape": "",
        "first_seen_at": at,
        "last_seen_at": at,
    }


def _known(connection: sa.Connection, day: int, endpoints: set[str]) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {endpoint: set() for endpoint in endpoints}
    chosen = sa.select(NOISE.c.endpoint, NOISE.c.path).where(
        NOISE.c.day == day, NOISE.c.endpoint.in_(endpoints), NOISE.c.path != ""
    )
    for endpoint, path in connection.execute(chosen):
        known[endpoint].add(path)
    return known


def forget_noise(connection: sa.Connection, now: float) -> None:
    """Remove what is older than the window."""
    connection.execute(sa.delete(NOISE).where(NOISE.c.day <= int(now // _DAY_S) - WINDOW_DAYS))


def read_noise(connection: sa.Connection, now: float) -> tuple[NoisyPath, ...]:
    """The paths of the window, proven or not, those that differed most often first. A store without them has none."""
    if not sa.inspect(connection).has_table(NOISE.name):
        return ()
    chosen = (
        sa.select(NOISE)
        .where(NOISE.c.day > int(now // _DAY_S) - WINDOW_DAYS)
        .order_by(NOISE.c.day, NOISE.c.id)
    )
    asked: Counter[str] = Counter()
    found: dict[tuple[str, str], NoisyPath] = {}
    for row in connection.execute(chosen):
        if not row.path:
            asked[row.endpoint] += row.n
            continue
        key = row.endpoint, row.path
        before = found.get(key)
        found[key] = NoisyPath(
            row.endpoint,
            row.path,
            row.n + (before.differed if before else 0),
            0,
            row.other_shape + (before.other_shape if before else 0),
            row.shape,
            before.first_seen_at if before else row.first_seen_at,
            row.last_seen_at,
        )
    whole = (replace(path, asked=asked[path.endpoint]) for path in found.values())
    return tuple(sorted(whole, key=lambda path: (-path.differed, path.endpoint, path.path)))


def with_noise(rules: RuleBook, noise: Iterable[NoisyPath]) -> RuleBook:
    """The book in which learned noise is compared by shape, wherever it says nothing itself."""
    learned = tuple(replace(path.rule(), learned=True) for path in noise if path.is_learned)
    return replace(rules, rules=(*learned, *rules.rules))


class NoisyBook:
    """What noise adds to a rule book, read again from the store when it may have changed."""

    def __init__(
        self, read: Callable[[], Sequence[NoisyPath]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._learned: list[NoisyPath] = []
        self._read_at = float("-inf")
        self._plain: RuleBook | None = None
        self._made = RuleBook()

    def changed(self) -> None:
        """There is new evidence: it counts from the next batch on."""
        self._read_at = float("-inf")

    def over(self, plain: RuleBook) -> RuleBook:
        """The book with learned noise as of now, or as it was while the store cannot be read; itself without any."""
        now = self._clock()
        if now - self._read_at >= REFRESH_S:
            self._read_at = now
            with suppress(StoreError):  # recording will find out, and say so
                self._learn([path for path in self._read() if path.is_learned])
        if not self._learned:
            return plain
        if self._plain is not plain:
            self._plain, self._made = plain, with_noise(plain, self._learned)
        return self._made

    def _learn(self, learned: list[NoisyPath]) -> None:
        places = [{(path.endpoint, path.path) for path in paths} for paths in (learned, self._learned)]
        if places[0] != places[1]:  # else the compiled views of the endpoints stay
            self._learned, self._plain = learned, None
