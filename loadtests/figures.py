"""The convention of every `make bench…` target: a table, and `build/<target>.json` with what was reached.

`{"figures": [{"name", "value", "target", "passed"}]}`; a missed figure is `passed: false`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number and its target in words, such as `<= 1.10`."""

    name: str
    value: float
    target: str
    passed: bool


def render_figures(figures: Sequence[Figure], console: Console) -> None:
    """All figures, the missed ones in red."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("figure")
    for heading in ("value", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for figure in figures:
        mark = "[green]passed[/]" if figure.passed else "[red]missed[/]"
        table.add_row(figure.name, f"{figure.value:g}", figure.target, mark)
    console.print(table)


def write_figures(target: str, figures: Sequence[Figure], build_dir: Path) -> Path:
    """Write `<build_dir>/<target>.json`, whole or not at all; the file."""
    build_dir.mkdir(parents=True, exist_ok=True)
    file = build_dir / f"{target}.json"
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps({"figures": [asdict(figure) for figure in figures]}, indent=1) + "\n")
    draft.replace(file)
    return file
