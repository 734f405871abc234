"""The coverage matrix: which cells of endpoint, status class and query shape have been compared, and which must be.

A query shape is the sorted set of the parameters' names, never a value. Names that are not a programmer's words
are folded to `*`, so neither what a client makes up nor anybody's data becomes a cell.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote_plus

from parity.exchange import NO_READ_BACK, REHEARSE, Endpoint, Exchange
from parity.outcome import Comparison, Kind
from parity.paths import is_word

OTHER_SHAPES = "**"
"""The query shape of what is over the bound of cells of one endpoint."""
MAX_SHAPE = 200
_MAX_NAME = 200  # no word is as long, so that what is cut off would have changed nothing
SUCCESS = "2xx"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One cell of the matrix. `query` is the query shape, like `limit&page`; empty: no parameters."""

    endpoint: str
    status_class: str
    query: str = ""

    @property
    def id(self) -> str:
        """The same for the same cell in every process and run."""
        return hashlib.sha256(self.name.encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def name(self) -> str:
        """For example `GET /v1/escrows 2xx ?limit&page`."""
        query = f" ?{self.query}" if self.query else ""
        return f"{self.endpoint} {self.status_class}{query}"

    def overflowing(self) -> "Cell":
        """The cell that takes this one's place when its endpoint has too many."""
        return replace(self, query=OTHER_SHAPES)


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """A cell that must have been compared; without a `query` any query shape will do."""

    endpoint: str
    status_class: str = SUCCESS
    query: str | None = None

    @property
    def name(self) -> str:
        """For example `GET /v1/escrows 2xx`."""
        return Cell(self.endpoint, self.status_class, self.query or "").name

    def takes(self, cell: Cell) -> bool:
        """Whether a comparison in that cell counts."""
        return (self.endpoint, self.status_class) == (cell.endpoint, cell.status_class) and (
            self.query is None or self.query == cell.query
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """The cells with their comparisons, and how often each requirement was met; `least` times is enough."""

    cells: tuple[tuple[Cell, int], ...]
    required: tuple[tuple[Requirement, int], ...]
    least: int = 1

    @property
    def missing(self) -> tuple[tuple[Requirement, int], ...]:
        """The requirements that were not met, with what has been seen of them."""
        return tuple((one, n) for one, n in self.required if n < self.least)

    def of(self, endpoint: str) -> "Coverage":
        """That of one endpoint."""
        return Coverage(
            tuple((cell, n) for cell, n in self.cells if cell.endpoint == endpoint),
            tuple((one, n) for one, n in self.required if one.endpoint == endpoint),
            self.least,
        )


def cells_of(judged: Iterable[tuple[Exchange, Comparison]]) -> dict[Cell, int]:
    """The cells that exchanges with two answers belong to, counted.

    The status is legacy's, the contract; where another one of modern's is accepted, that is what clients will get. A
    write check covers its write, which is read back only when it was answered with a 2xx.
    """
    counted: dict[tuple[str, int, str], int] = {}
    for exchange, comparison in judged:
        if exchange.check:
            hundreds = _status(exchange, comparison) // 100 if exchange.check == REHEARSE else 2
            key = exchange.write, hundreds, ""
        else:
            key = exchange.endpoint, _status(exchange, comparison) // 100, query_shape(exchange.target)
        counted[key] = counted.get(key, 0) + 1
    cells: dict[Cell, int] = {}
    for (endpoint, hundreds, query), n in counted.items():
        cell = Cell(endpoint, f"{hundreds}xx" if 1 <= hundreds <= 5 else "other", query)
        cells[cell] = cells.get(cell, 0) + n
    return cells


def _status(exchange: Exchange, comparison: Comparison) -> int:
    is_replaced = any(one.kind is Kind.STATUS and one.acceptance for one in comparison.differences)
    return exchange.modern.status if is_replaced else exchange.legacy.status


def query_shape(target: str) -> str:
    """The names of the parameters, sorted, each once; `**` where they are too many to be told."""
    query = target.partition("?")[2]
    if not query:
        return ""
    names = {_folded(pair.partition("=")[0][:_MAX_NAME]) for pair in query.split("&") if pair}
    shape = "&".join(sorted(names))
    return shape if len(shape) <= MAX_SHAPE else OTHER_SHAPES


@lru_cache(maxsize=1_024)
def _folded(name: str) -> str:
    # `filter[status]` and `ids[]` are ways to write several values under one name
    base, bracket, _ = unquote_plus(name).partition("[")
    if not is_word(base):
        return "*"
    return f"{base}[*]" if bracket else base


def within(seen: Mapping[Cell, int], known: Mapping[str, set[str]], max_cells: int) -> dict[Cell, int]:
    """The counts with cells over the bound of their endpoint replaced; `known` has the ids of each endpoint."""
    bounded: dict[Cell, int] = {}
    for cell, n in seen.items():
        ids = known[cell.endpoint]
        taken = cell if cell.id in ids or len(ids) < max_cells else cell.overflowing()
        ids.add(taken.id)
        bounded[taken] = bounded.get(taken, 0) + n
    return bounded


def requirements(
    endpoints: Iterable[Endpoint], extra: Iterable[Requirement] = (), *, writes: bool = True
) -> list[Requirement]:
    """The 2xx class of every endpoint that may be mirrored (with `writes` of those that write too), and `extra`.

    Of a write that no read shows nothing can be required, nor of an endpoint at which legacy never succeeds.
    """
    of_all = [
        Requirement(endpoint.name)
        for endpoint in endpoints
        if endpoint.mirrorable
        and endpoint.required
        and endpoint.read_back != NO_READ_BACK
        and (writes or endpoint.is_read)
    ]
    return list(dict.fromkeys([*of_all, *extra]))


def cover(counts: Mapping[Cell, int], required: Iterable[Requirement], *, least: int = 1) -> Coverage:
    """Hold the cells against what is required of them."""
    return Coverage(
        tuple(sorted(counts.items())),
        tuple((one, sum(n for cell, n in counts.items() if one.takes(cell))) for one in required),
        least,
    )
