"""`crossfade history`: the ledger, to read and to take along."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.files import write_whole
from cli.flag_words import change_json, step_words, verdict_words
from cli.output import console, json_option, message, print_json
from proxy.flag_rows import Change
from proxy.operations import Operations

_PAGE = 1_000
COLUMNS = ("version", "at", "action", "key", "actor", "reason", "forced", "verdict", "changed", "figures")


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, newest first."
)
@click.option(
    "--export",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all of it, oldest first: FILE.jsonl or FILE.csv.",
)
@json_option
@pass_context
def history(context: Context, limit: int, file: Path | None, as_json: bool) -> None:
    """Show the ledger: who changed which flag, or accepted which difference, when and why."""
    if file is not None:
        _export(context.operations, file)
        return
    changes = context.operations.history(limit)
    if as_json:
        print_json("crossfade.history/1", {"changes": [change_json(change) for change in changes]})
        return
    if not changes:
        message("nothing has been changed yet")
        return
    out = console()
    for change in changes:
        head = (
            f"{change.changed_at:%Y-%m-%d %H:%M:%S} UTC  {change.action} by {change.actor}: {change.reason}"
        )
        out.print(Text(f"{change.version}", style="bold"), Text(f" {head}"))
        for row in change.rows:
            out.print(Text(f"     {step_words(row.key, row.before, row.after)}"))
        if not change.rows:
            out.print(Text(f"     {change.key}"))
        if change.verdict is not None:
            out.print(Text(f"     {verdict_words(change.verdict, forced=change.forced)}"))
        if change.served_ms is not None:
            out.print(Text(f"     served by every proxy worker after {change.served_ms:.0f} ms"))


def _export(operations: Operations, file: Path) -> None:
    match file.suffix.lower():
        case ".jsonl":
            text = "".join(
                json.dumps({"schema": "crossfade.ledger/1", **change_json(one)}) + "\n"
                for one in _oldest_first(operations)
            )
        case ".csv":
            text = _csv(_oldest_first(operations))
        case _:
            raise UsageError(f"--export {file}: expected a name that ends in .jsonl or .csv")
    write_whole(file, text)


def _oldest_first(operations: Operations) -> Iterator[Change]:
    pages: list[list[Change]] = []
    before: int | None = None
    while page := operations.history(_PAGE, before=before):
        pages.append(page)
        before = page[-1].version
    for page in reversed(pages):
        yield from reversed(page)


def _csv(changes: Iterator[Change]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for change in changes:
        values = change_json(change)
        writer.writerow(
            {
                **{name: values[name] for name in COLUMNS[:7]},
                "reason": _as_text(change.reason),
                "actor": _as_text(change.actor),
                "verdict": "" if change.verdict is None else change.verdict.word,
                "changed": "; ".join(step_words(row.key, row.before, row.after) for row in change.rows),
                "figures": "" if change.verdict is None else json.dumps(change.verdict.figures),
            }
        )
    return out.getvalue()


def _as_text(value: str) -> str:
    """What a spreadsheet would take for a formula stays text."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
