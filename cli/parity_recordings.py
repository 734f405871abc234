"""`crossfade parity import`, `export` and `diff`: recordings made of other files, made other files, held against each other."""

import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import json_option, message, print_json, warn
from cli.parity_replay import host_option
from parity.errors import RecordingError
from proxy.addresses import Address

if TYPE_CHECKING:
    from parity.recordings.files import Recording
    from parity.recordings.line import BadLine, RecordedExchange

_WRITTEN_SCHEMA = "crossfade.recording-written/1"
_DIFF_SCHEMA = "crossfade.recording-diff/1"
_SHOWN_LABELS = 5
_file = click.Path(path_type=Path, dir_okay=False)


@click.command(name="import")
@click.argument("source", type=_file)
@click.argument("file", type=_file)
@host_option
@json_option
@pass_context
def import_(context: Context, source: Path, file: Path, host: str | None, as_json: bool) -> None:
    """Make a recording FILE (.jsonl) of a HAR or GoReplay file; its form is told by its content.

    Nothing is redacted, or it could not be replayed: FILE is readable by its owner only. None is ever replaced.
    """
    from parity.recordings.files import Form, form_of_name

    if form_of_name(file) is not Form.OWN:
        raise UsageError(f"{file}: expected a name that ends in .jsonl")
    _convert(context, source, file, host=host, base_url="", as_json=as_json)


@click.command()
@click.argument("file", type=_file)
@click.argument("target", type=_file)
@click.option("--base-url", default="", metavar="URL", help="Where the requests went, for a HAR's addresses.")
@json_option
@pass_context
def export(context: Context, file: Path, target: Path, base_url: str, as_json: bool) -> None:
    """Write a recording as HAR 1.2 (.har) or GoReplay file (.gor); TARGET is readable by its owner only.

    GoReplay has no place for names and users: requests that need them are sent without.
    """
    if base_url:
        try:
            Address.of(base_url)
        except ValueError as error:
            raise UsageError(f"--base-url {base_url!r}: {error}") from error
    _convert(context, file, target, host=None, base_url=base_url, as_json=as_json)


@click.command()
@click.argument("first", type=_file)
@click.argument("second", type=_file)
@host_option
@json_option
@pass_context
def diff(context: Context, first: Path, second: Path, host: str | None, as_json: bool) -> None:
    """Compare two recordings without any backend; the first stands for legacy, the second for modern.

    Exit code 0 when nothing differs beyond what was accepted and every line has its counterpart, else 1.
    """
    from cli.replaying import end_with, show_results
    from parity.recordings.differing import compare_recordings
    from parity.recordings.files import Recording
    from parity.recordings.results import Results
    from parity.redact import Redactor
    from proxy.routing import RoutingTable

    results = Results()
    unpaired = compare_recordings(
        Recording.open(first, host).lines(),
        Recording.open(second, host).lines(),
        rules=context.rules(),
        redactor=Redactor(context.settings.key("token")),
        endpoint_of=RoutingTable(context.endpoints).match,
        results=results,
        bounds=context.bounds,
    )
    for which, line in unpaired.bad:
        warn(f"{first if which == 'first' else second}, line {line.number}: {line.problem}")
    for path, labels in ((first, unpaired.only_first), (second, unpaired.only_second)):
        if labels:
            shown = ", ".join(labels[:_SHOWN_LABELS]) + (" …" if len(labels) > _SHOWN_LABELS else "")
            message(f"only in {path}: {len(labels):,} ({shown})")
    values = {
        "first": str(first),
        "second": str(second),
        "only_in_the_first": unpaired.only_first,
        "only_in_the_second": unpaired.only_second,
        "bad": len(unpaired.bad),
        "report": results.report().to_json(),
    }
    show_results(_DIFF_SCHEMA, f"{first} (legacy) and {second} (modern)", values, results, as_json=as_json)
    if unpaired.only_first or unpaired.only_second:
        raise click.exceptions.Exit(1)
    end_with(results)


def _convert(
    context: Context, source: Path, target: Path, *, host: str | None, base_url: str, as_json: bool
) -> None:
    from parity.recordings.files import Recording, form_of_name, write_recording

    del context  # the configuration was read, so that it is right
    form = form_of_name(target)
    bad: list[BadLine] = []
    good = _good(Recording.open(source, host), bad)
    first = next(good, None)
    if first is None:
        why = f"; line {bad[0].number}: {bad[0].problem}" if bad else ""
        raise RecordingError(f"{source}: expected a recording, found no exchange{why}")
    written = write_recording(target, form, chain([first], good), base_url=base_url, began_at=time.time())
    for line in bad:
        warn(f"line {line.number}: {line.problem}")
    message(f"wrote {target}: {written:,} exchanges, {len(bad):,} left out; nothing in it is redacted")
    if as_json:
        values = {"file": str(target), "form": form.value, "exchanges": written}
        print_json(
            _WRITTEN_SCHEMA,
            {**values, "bad_lines": [{"line": one.number, "problem": one.problem} for one in bad]},
        )


def _good(recording: "Recording", bad: "list[BadLine]") -> "Iterator[RecordedExchange]":
    from parity.recordings.line import BadLine

    for line in recording.lines():
        if isinstance(line, BadLine):
            bad.append(line)
        else:
            yield line
