"""What a load test must show: read from a TOML file, or from the one that is shipped (`targets.toml`).

Whatever is wrong with a file is said at once, a line each: the key, the value and what was expected. What a file does
not say is as asked by `Targets`; the endpoints and domains with targets of their own are only those of the file.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from loadtests.errors import TargetsError
from parity.load_results import CACHE, QUERIES, TIME, Targets

SHIPPED = Path(__file__).with_name("targets.toml")
AGAINST_ITSELF = Targets(
    time=None, queries=None, cache=None, not_slower_margin=0.0, domains={"": {TIME: 1.0}}
)
"""Of an A/A run, which must leave all of it undecided: met is faster than itself, missed is slower than itself."""
_AT_MOST = {TIME: 10.0, QUERIES: 10.0, CACHE: 1.0, "not_slower_margin": 1.0, "average_ms": 600_000.0}
"""The keys and the most that each may be; all are above 0."""
_OF_ONE = (TIME, QUERIES, CACHE)
_TABLES = ("domains", "endpoints")


def load_targets(file: Path | None, *, endpoints: Collection[tuple[str, str]] = ()) -> Targets:
    """The targets of the file (None: the shipped ones).

    `endpoints` are all that there are, by domain: where they are given, names of a file that are not among them are
    wrong. Raises TargetsError.
    """
    try:
        values = tomllib.loads((file or SHIPPED).read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetsError(f"{file}: not valid TOML: {error}") from error
    names = {
        "domains": dict.fromkeys(domain for domain, _ in endpoints),
        "endpoints": dict.fromkeys(endpoint for _, endpoint in endpoints),
    }
    if problems := list(_problems(values, names if file else {})):
        count = "1 field is" if len(problems) == 1 else f"{len(problems)} fields are"
        raise TargetsError("\n  ".join([f"{file}: {count} wrong:", *problems]))
    given = {key: None if value is False else value for key, value in values.items()}
    return msgspec.convert(given, Targets)


def _problems(values: Mapping[str, Any], names: Mapping[str, Collection[str]]) -> Iterator[str]:
    for key, value in values.items():
        if key in _TABLES:
            yield from _table_problems(key, value, names.get(key, ()))
        elif key not in _AT_MOST:
            yield f"{key}: unknown key, {_instead(key, (*_AT_MOST, *_TABLES))}"
        elif value is not False or key == "not_slower_margin":
            yield from _wrong_number(key, key, value, or_false=key != "not_slower_margin")


def _table_problems(table: str, rows: Any, known: Collection[str]) -> Iterator[str]:
    if not isinstance(rows, dict):
        yield f"{table}: {rows!r}: expected a table, as in [{table}.{_EXAMPLES[table]}]"
        return
    for name, row in rows.items():
        where = f'{table}."{name}"'
        if known and name not in known:
            yield f"{where}: no such one, {_instead(name, known)}"
        if not isinstance(row, dict):
            yield f"{where}: {row!r}: expected a table of targets by measure ({', '.join(_OF_ONE)})"
            continue
        for measure, value in row.items():
            if measure in _OF_ONE:
                yield from _wrong_number(f"{where}.{measure}", measure, value)
            else:
                yield f"{where}.{measure}: unknown measure, {_instead(measure, _OF_ONE)}"


_EXAMPLES = {"domains": "escrows", "endpoints": '"GET /v1/escrows"'}


def _wrong_number(where: str, key: str, value: Any, *, or_false: bool = False) -> Iterator[str]:
    most = _AT_MOST[key]
    # TOML has inf and nan, which are not above 0 and at most anything
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
        yield f"{where}: {shown}: expected a number above 0, {most:g} at most{', or false' * or_false}"


def _instead(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(names)[:12])}"
