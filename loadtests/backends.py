"""`make bench-backends`: how quick modern is beside legacy, by endpoint, with its cache and without.

Both sides run on one database in one run. Round by round every recorded exchange that can be repeated goes to legacy,
to modern and to modern without its cache, the order drawn anew each time; the time of an endpoint is the mean over its
exchanges of their medians over all rounds, of those that both sides answer with the recorded success (else of those
that both answer alike), the interval of a ratio a bootstrap over rounds. What is not told apart from its target by then goes on alone, for
more rounds: on a busy machine that is what narrows an interval, whichever way it falls. The hit rate is measured after
that, on a mix of the recorded reads with five writes in a hundred.

Where legacy sends no statement a bare aiohttp handler takes its turn, too, and where one write is all that any
backend can do, one that commits a row: what that needs is the floor of both sides.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import fmean, median

from rich.console import Console
from rich.table import Table

from loadtests.bare_backend import COMMITTING, HASHING
from loadtests.interval import Interval, ratio_of_mean_medians
from loadtests.measurements import Measurement
from loadtests.recording import Credentials, load_recording
from loadtests.turns import Floor, Side, Taken, in_turns, is_reading, opened
from loadtests.workload import Journey, Template, build_workload

LEGACY, MODERN, COLD, FLOOR = "legacy", "modern", "modern without cache", "floor"
_SIDES = (LEGACY, MODERN, COLD)
ENDPOINT_TARGET, HASHING_TARGET, COLD_TARGET, STATEMENTS_TARGET, HIT_TARGET = 0.8, 1.02, 1.0, 0.7, 0.7
PLAN_TARGETS = {
    "GET /v1/escrows": 0.60,
    "GET /v1/listings": 0.64,
    "GET /v1/clients": 0.61,
    "POST /v1/escrows": 0.67,
}
ONE_WRITE = frozenset({"POST /v1/auth/logout"})
"""Where one statement that commits is all that a success asks of a backend; a sign-in has come before."""
_REPEATS = 15
_MORE = 3
_MIX_REQUESTS = 4_000
_WRITE_SHARE = 0.05
# a request whose median on legacy is above this spends it hashing a password
_HASHING_MS = 40.0


@dataclass(frozen=True, slots=True)
class ExchangeFloor:
    """Medians of one exchange in milliseconds; `floor_ms` is that of the bare handler, with a commit or without."""

    exchange: str
    legacy_ms: float
    modern_ms: float
    floor_ms: float
    commits: bool


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint in milliseconds, over so many exchanges of the recording.

    `low` and `high` bound the warm ratio (95 %). `floors` are those of all its exchanges, where there are any.
    """

    endpoint: str
    exchanges: int
    legacy_ms: float
    modern_ms: float
    cold_ms: float
    low: float
    high: float
    floors: tuple[ExchangeFloor, ...] = ()

    @property
    def floor_ratio(self) -> float | None:
        """What a backend without any logic would reach; None where it was not asked."""
        if not self.floors:
            return None
        return fmean(one.floor_ms for one in self.floors) / self.legacy_ms

    @property
    def ratio(self) -> float:
        """Modern to legacy, warm."""
        return self.modern_ms / self.legacy_ms

    @property
    def is_open(self) -> bool:
        """Whether the target is within the interval."""
        return self.low <= self.target < self.high

    @property
    def cold_ratio(self) -> float:
        """The same without the cache."""
        return self.cold_ms / self.legacy_ms

    @property
    def target(self) -> float:
        """What the ratio may be at most."""
        if self.legacy_ms > _HASHING_MS:
            return HASHING_TARGET
        return PLAN_TARGETS.get(self.endpoint, ENDPOINT_TARGET)


@dataclass(frozen=True, slots=True)
class BackendsResult:
    """What was measured; `statements` are means by side over the recorded mix, `hit_rate` that of reads."""

    rows: tuple[EndpointRow, ...]
    statements: Mapping[str, float]
    hit_rate: float
    hit_rates: Mapping[str, float]
    not_compared: tuple[str, ...]


def measure(
    urls: Mapping[str, str],
    domains: Mapping[str, Sequence[Template]],
    *,
    contract: Path,
    jwt_secret: str,
    rounds: int,
    progress: Callable[[str], None],
    seed: int = 1,
) -> BackendsResult:
    """Go through the recording of these domains; `urls` has the addresses of LEGACY, MODERN, COLD and FLOOR.

    Raises BackendError when one does not answer, RecordingError when there is nothing to send.
    """
    journeys = [
        journey
        for domain, templates in domains.items()
        for journey in build_workload(load_recording(contract, domain), templates).journeys
    ]
    rng = random.Random(seed)
    played: list[list[Taken]] = []
    with opened(urls, Credentials(contract, jwt_secret)) as all_sides:
        sides = [side for side in all_sides if side.name != FLOOR]
        progress("warming up ...")
        first = list(in_turns(sides, journeys, repeats=1, rng=rng))
        floor = next((Floor(side, _bare(first)) for side in all_sides if side.name == FLOOR), None)
        for number in range(1, rounds + 1):
            progress(f"round {number} of {rounds}: {len(journeys)} journeys on {len(sides)} sides ...")
            played.append(list(in_turns(sides, journeys, repeats=_REPEATS, rng=rng, floor=floor)))
            if floor is not None:  # an account that is locked for a while is let in later
                floor.exchanges.update(_bare(played[-1]))
        for number in range(1, _MORE * rounds + 1):
            undecided = {row.endpoint for row in _rows(played) if row.is_open}
            again = [one for one in journeys if any(step.endpoint in undecided for step in one.steps)]
            if not again:
                break
            progress(
                f"more round {number} of {_MORE * rounds}: {len(undecided)} endpoints are near their target ..."
            )
            played.append(list(in_turns(sides, again, repeats=_REPEATS, rng=rng, floor=floor)))
        progress(f"{_MIX_REQUESTS} requests, {_WRITE_SHARE:.0%} of them writes, on modern ...")
        modern = next(side for side in sides if side.name == MODERN)
        mixed = _mix(modern, journeys, rng)
    rows = _rows(played)
    named = {f"{method} {path}" for templates in domains.values() for method, path in templates}
    return BackendsResult(
        rows=tuple(rows),
        statements=_statements([one for taken in played[:rounds] for one in taken if one.side != FLOOR]),
        hit_rate=_hit_rate(mixed),
        hit_rates={
            domain: _hit_rate([one for one in mixed if one.domain == domain])
            for domain in sorted({one.domain for one in mixed if one.cache})
        },
        not_compared=tuple(sorted(named - {row.endpoint for row in rows})),
    )


def _bare(taken: Iterable[Taken]) -> dict[tuple[str, str], Sequence[str]]:
    """The exchanges of which there is a floor, and the paths at which the bare handler does as much."""
    return {
        (one.domain, one.exchange): (HASHING, COMMITTING) if one.query_count else ("/",)
        for one in taken
        if one.side == LEGACY
        and (not one.query_count or (one.endpoint in ONE_WRITE and one.query_count == 1 and one.as_recorded))
    }


def _mix(modern: Side, journeys: Sequence[Journey], rng: random.Random) -> list[Taken]:
    """The recorded reads as often as they were recorded, and writes between them."""
    reads = [journey for journey in journeys if is_reading(journey)]
    writes = [journey for journey in journeys if not is_reading(journey)]
    taken: list[Taken] = []
    owed = 0.0
    while len(taken) < _MIX_REQUESTS:
        taken += modern.play(rng.choice(reads))
        owed += _WRITE_SHARE / (1 - _WRITE_SHARE)
        if owed >= 1:
            played = modern.play(rng.choice(writes))
            taken += played
            owed -= len(played)
    return taken


def _hit_rate(taken: Iterable[Taken]) -> float:
    """Hits among the reads that got as far as the cache."""
    found = [one.cache for one in taken if one.cache]
    return found.count("hit") / len(found) if found else 0.0


def _statements(taken: Sequence[Taken]) -> dict[str, float]:
    """The mean of each side over the recorded mix, in which every exchange counts once."""
    by_exchange: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for one in taken:
        by_exchange[one.side, one.domain, one.exchange].append(one.query_count)
    means: dict[str, list[float]] = defaultdict(list)
    for (side, _, _), counts in by_exchange.items():
        means[side].append(sum(counts) / len(counts))
    return {side: sum(values) / len(values) for side, values in means.items()}


def _rows(played: Sequence[Sequence[Taken]]) -> list[EndpointRow]:
    """The endpoints of which there are exchanges that all sides answer alike; of the rounds in their order."""
    taken = [one for rounds in played for one in rounds]
    number_of = {id(one): number for number, rounds in enumerate(played) for one in rounds}
    statuses: dict[tuple[str, str], set[int]] = defaultdict(set)
    answered: dict[tuple[str, str], set[str]] = defaultdict(set)
    floors: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in taken:
        if one.side == FLOOR:
            floors[one.domain, one.exchange].append(one.duration_ms)
        else:
            statuses[one.domain, one.exchange].add(one.status)
            answered[one.domain, one.exchange].add(one.side)
    alike = [
        one
        for one in taken
        if one.side != FLOOR
        and len(statuses[one.domain, one.exchange]) == 1
        and len(answered[one.domain, one.exchange]) == len(_SIDES)
        and one.status < 500
        and one.status != 429
    ]
    by_endpoint: dict[str, list[Taken]] = defaultdict(list)
    for one in alike:
        by_endpoint[one.endpoint].append(one)
    rows = []
    for endpoint, all_of_it in sorted(by_endpoint.items()):
        succeeded = [one for one in all_of_it if one.status < 300] or all_of_it
        times = _Times(succeeded, number_of, floors)
        warm = times.warm()
        if warm is not None:
            legacy, modern, cold = (times.mean_of_medians(side) for side in _SIDES)
            rows.append(
                EndpointRow(
                    endpoint, len(times.names), legacy, modern, cold, warm.low, warm.high, times.floors()
                )
            )
    return rows


class _Times:
    """What one endpoint took, by side, exchange and round."""

    def __init__(
        self,
        taken: Sequence[Taken],
        number_of: Mapping[int, int],
        floors: Mapping[tuple[str, str], Sequence[float]],
    ) -> None:
        self.names = sorted({(one.domain, one.exchange) for one in taken})
        self._numbers = sorted({number_of[id(one)] for one in taken})
        self._floors = floors
        self._committing = {
            (one.domain, one.exchange) for one in taken if one.side == LEGACY and one.query_count
        }
        self._times: dict[tuple[str, tuple[str, str]], dict[int, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for one in taken:
            self._times[one.side, (one.domain, one.exchange)][number_of[id(one)]].append(one.duration_ms)

    def warm(self) -> Interval | None:
        """Modern to legacy."""
        modern, legacy = (
            [[self._times[side, name][number] for number in self._numbers] for name in self.names]
            for side in (MODERN, LEGACY)
        )
        return ratio_of_mean_medians(modern, legacy, seed=1)

    def mean_of_medians(self, side: str) -> float:
        """In milliseconds."""
        return fmean(self._median(side, name) for name in self.names)

    def floors(self) -> tuple[ExchangeFloor, ...]:
        """Those of all exchanges, or of none."""
        if not self._floors.keys() >= set(self.names):
            return ()
        return tuple(
            ExchangeFloor(
                name[1],
                self._median(LEGACY, name),
                self._median(MODERN, name),
                median(self._floors[name]),
                name in self._committing,
            )
            for name in self.names
        )

    def _median(self, side: str, name: tuple[str, str]) -> float:
        return median(chain(*self._times[side, name].values()))


def measurements_of(result: BackendsResult) -> list[Measurement]:
    """All measurements, each against its target."""
    measurements = [
        Measurement(
            f"median, {row.endpoint}, modern / legacy",
            round(row.ratio, 3),
            f"<= {row.target:.2f}",
            row.ratio <= row.target,
        )
        for row in result.rows
    ]
    statements = result.statements[MODERN] / result.statements[LEGACY]
    cold = median(row.cold_ratio for row in result.rows)
    return [
        *measurements,
        Measurement(
            "statements per request, modern / legacy",
            round(statements, 3),
            f"<= {STATEMENTS_TARGET}",
            statements <= STATEMENTS_TARGET,
        ),
        Measurement(
            "cache hit rate of reads, 5 % writes",
            round(result.hit_rate, 3),
            f"> {HIT_TARGET}",
            result.hit_rate > HIT_TARGET,
        ),
        Measurement(
            "cold median over endpoints, modern / legacy",
            round(cold, 3),
            f"<= {COLD_TARGET:.2f}",
            cold <= COLD_TARGET,
        ),
    ]


def _mark(row: EndpointRow) -> str:
    return "?" if row.is_open else "" if row.ratio <= row.target else "!"


def render_backends(result: BackendsResult, console: Console) -> None:
    """An endpoint a line, in 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("endpoint", no_wrap=True)
    for heading in ("legacy", "modern", "ratio", "target", "cold"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result.rows:
        style = "green" if row.ratio <= row.target else "red"
        table.add_row(
            row.endpoint,
            f"{row.legacy_ms:.2f}",
            f"{row.modern_ms:.2f}",
            f"[{style}]{row.ratio:.2f}{_mark(row)}[/]",
            f"{row.target:.2f}",
            f"{row.cold_ratio:.2f}",
        )
    console.print(table)
    rates = ", ".join(f"{domain} {rate:.0%}" for domain, rate in result.hit_rates.items())
    console.print(
        f"\nMedians in ms (the mean of those of its exchanges), one connection, closed loop; cold is modern without its cache to legacy; "
        f"! is a miss, ? a target within the interval of the ratio. Hit rates: {rates}.",
        style="dim",
        highlight=False,
    )
    for row in result.rows:
        for floor in row.floors:
            console.print(
                f"Floor of {row.endpoint}, {floor.exchange}: a bare answer{' and a commit' * floor.commits} "
                f"{floor.floor_ms:.2f} ms, {floor.floor_ms / floor.legacy_ms:.2f} of legacy; "
                f"modern {floor.modern_ms / floor.legacy_ms:.2f}",
                style="dim",
                highlight=False,
            )
        if row.ratio > row.target and row.floor_ratio is not None:
            console.print(
                f"{row.endpoint} misses {row.target:.2f}; a backend without any logic is at {row.floor_ratio:.2f}",
                highlight=False,
            )
    if result.not_compared:
        console.print(
            f"Not compared, nothing recorded of them can be repeated alike: {', '.join(result.not_compared)}",
            style="dim",
            highlight=False,
        )
