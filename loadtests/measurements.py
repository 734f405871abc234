"""The convention of every `make bench…` target: a table, and `build/<target>.json` with what was reached.

`{"figures": [{"name", "value", "target", "passed"}]}`; a missed target is `passed: false`. The name in the file is older
than this module's.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured number and its target in words, such as `<= 1.10`."""

    name: str
    value: float
    target: str
    passed: bool


def render_measurements(measurements: Sequence[Measurement], console: Console) -> None:
    """All of them, the missed ones in red."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("measurement")
    for heading in ("value", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for one in measurements:
        mark = "[green]passed[/]" if one.passed else "[red]missed[/]"
        table.add_row(one.name, f"{one.value:g}", one.target, mark)
    console.print(table)


def write_measurements(target: str, measurements: Sequence[Measurement], build_dir: Path) -> Path:
    """Write `<build_dir>/<target>.json`, whole or not at all; the file."""
    build_dir.mkdir(parents=True, exist_ok=True)
    file = build_dir / f"{target}.json"
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps({"figures": [asdict(one) for one in measurements]}, indent=1) + "\n")
    draft.replace(file)
    return file
