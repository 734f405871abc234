"""Endpoints from a table that somebody wrote: CSV with a header, or TOML with `[[endpoints]]`."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.errors import UsageError
from cli.files import read_whole
from cli.listed import Found, Listed, domain_of, once_each, problem_of
from cli.sections import EndpointRow

MAX_BYTES = 4 * 2**20
_COLUMNS = tuple(EndpointRow.model_fields)
_REQUIRED = ("method", "path")
_GIVEN = frozenset(_COLUMNS) - {"domain", "method", "path"}


def endpoints_in(file: Path) -> Found:
    """The rows of a table, by the ending of its name. Raises UsageError with every bad row at once.

    A row without a domain gets that of its path.
    """
    text = read_whole(file, most_bytes=MAX_BYTES)
    match file.suffix.lower():
        case ".csv" | ".tsv":
            rows = list(_csv_rows(file, text))
        case ".toml":
            rows = list(_toml_rows(file, text))
        case ending:
            raise UsageError(f"{file}: expected a table that ends in .csv, .tsv or .toml, found {ending!r}")
    if not rows:
        raise UsageError(f"{file}: expected at least one endpoint")
    listed, problems = [], []
    for where, values in rows:
        try:
            listed.append(_listed(values))
        except ValidationError as error:
            problems += [
                f"{where}: {'.'.join(map(str, row['loc']))}: {row['input']!r}: {row['msg'].removeprefix('Value error, ')}"
                for row in error.errors()
            ]
        except ValueError as error:
            problems.append(f"{where}: {error}")
    if problems:
        count = "1 field is" if len(problems) == 1 else f"{len(problems)} fields are"
        raise UsageError("\n  ".join([f"{file}: {count} wrong:", *problems]))
    return once_each(listed)


def _csv_rows(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    names = [name.strip() for name in reader.fieldnames or ()]
    unknown = [name for name in names if name not in _COLUMNS]
    missing = [name for name in _REQUIRED if name not in names]
    if unknown or missing:
        said = [
            *(f"unknown column {name!r}" for name in unknown),
            *(f"no column {name!r}" for name in missing),
        ]
        raise UsageError(f"{file}: {'; '.join(said)}; expected a header of {', '.join(_COLUMNS)}")
    reader.fieldnames = names
    try:
        for row in reader:
            if None in row:
                raise UsageError(f"{file}: line {reader.line_num}: expected {len(names)} columns, found more")
            cells = {name: (value or "").strip() for name, value in row.items()}
            if any(cells.values()):
                yield f"line {reader.line_num}", {name: cell for name, cell in cells.items() if cell}
    except csv.Error as error:
        raise UsageError(f"{file}: line {reader.line_num}: not valid CSV: {error}") from error


def _toml_rows(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error
    rows = values.get("endpoints")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise UsageError(f"{file}: expected rows of [[endpoints]] with method and path")
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", dict(row)


def _listed(values: dict[str, Any]) -> Listed:
    if isinstance(values.get("method"), str):
        values["method"] = values["method"].upper()
    if not values.get("domain") and isinstance(values.get("path"), str):
        values["domain"] = domain_of(values["path"])
    row = EndpointRow.model_validate(values)
    if problem := problem_of(row.path):
        raise ValueError(f"path: {row.path!r}: {problem}")
    given = {name: getattr(row, name) for name in _GIVEN & row.model_fields_set}
    return Listed(row.domain, row.method, row.path, given=given)
