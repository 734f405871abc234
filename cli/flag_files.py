"""`crossfade flags export | plan | apply`: the flag table as a file that is reviewed like code."""

from pathlib import Path
from typing import Any, Unpack

import click
from rich.padding import Padding
from rich.text import Text

from cli.confirming import confirm
from cli.context import Context, pass_context
from cli.files import write_whole
from cli.flag_words import flag_json, step_words, verdict_json
from cli.flips import GRAVE, Forward, forward_options, report_change, require_reason
from cli.output import console, json_option, message, print_json
from proxy.errors import ConflictError
from proxy.flag_files import FlagFile, read_flags, write_flags
from proxy.last_changes import changes_since
from proxy.steps import Step

CHANGES = 1
REFUSED = 4
file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@pass_context
def export(context: Context, file: Path | None) -> None:
    """Write the flag table as TOML, to FILE or to stdout."""
    text = write_flags(context.operations.table(), context.domain_names())
    if file is None:
        click.echo(text, nl=False)
    else:
        write_whole(file, text)


@click.command()
@file_argument
@json_option
@pass_context
def plan(context: Context, file: Path, as_json: bool) -> None:
    """Show what `crossfade flags apply FILE` would change, and what is in its way. Changes nothing.

    Exit code 0 when nothing would change, 1 when something would, 4 when it would be refused.
    """
    wanted = _read(context, file)
    table, steps = context.operations.plan(wanted.rows)
    newer = _changed_since(context, wanted)
    is_refused = bool(newer) or any(step.refused or step.forbidden for step in steps)
    if as_json:
        print_json(
            "crossfade.flags-plan/1",
            {
                "version": table.version,
                "file_version": wanted.version,
                "changed_since": newer,
                "steps": [_step_json(step) for step in steps],
            },
        )
    else:
        _print_plan(steps, newer, table.version)
    if steps:
        raise click.exceptions.Exit(REFUSED if is_refused else CHANGES)


@click.command("apply")
@file_argument
@forward_options
@pass_context
def apply(context: Context, file: Path, **options: Unpack[Forward]) -> None:
    """Make the flag table as FILE says: all of it in one change, or nothing.

    Steps forward need a ready verdict each, as with `crossfade advance`; exit code 4 with everything that is in the way,
    and when flags were changed since the version that the file names.
    """
    require_reason(options["reason"])
    as_json, if_version = options["as_json"], options["if_version"]
    wanted = _read(context, file)
    if newer := _changed_since(context, wanted):
        raise ConflictError(
            f"{file} was made from version {wanted.version}, and flags were changed since: {'; '.join(newer)}; "
            "look again, and write it anew"
        )
    table, steps = context.operations.plan(wanted.rows)
    if not steps:
        _say_nothing(table.version, as_json=as_json)
        return
    grave = [step for step in steps if step.is_forward and step.after.stage in GRAVE]
    if options["force"] or grave:
        what = "\n".join(step_words(step.key, step.before, step.after) for step in steps)
        forced = ", whatever the verdicts say" if options["force"] else ""
        confirm(file.name, f"{what}{forced}", yes=options["yes"], no_input=options["no_input"])
    served = context.operations.apply(
        wanted.rows,
        reason=options["reason"],
        force=options["force"],
        expected_version=table.version if if_version is None else if_version,
    )
    if served.change is None:
        _say_nothing(table.version, as_json=as_json)
    else:
        report_change("crossfade.flags-apply/1", served, as_json=as_json)


def _read(context: Context, file: Path) -> FlagFile:
    return read_flags(file, context.domain_of, context.operations.table())


def _changed_since(context: Context, wanted: FlagFile) -> list[str]:
    """The changes of flags, not of acceptances, that whoever made the file did not know."""
    if wanted.version is None:
        return []
    return [
        f"version {change.version} by {change.actor}: {change.key or change.action}"
        for change in changes_since(context.operations, wanted.version)
        if change.rows
    ]


def _say_nothing(version: int, *, as_json: bool) -> None:
    if as_json:
        print_json("crossfade.flags-apply/1", {"version": version, "changed": [], "ms": 0.0, "workers": []})
    else:
        message(f"nothing to apply: the flag table (version {version}) is so already")


def _print_plan(steps: list[Step], newer: list[str], version: int) -> None:
    if not steps:
        message(f"no change: the flag table (version {version}) is so already")
        return
    out = console()
    for step in steps:
        out.print(step_words(step.key, step.before, step.after), markup=False)
        for line in (step.forbidden, *step.refused):
            if line:
                out.print(Padding(Text(line), (0, 0, 0, 4), expand=False))
    for line in newer:
        out.print(f"changed since the file was made: {line}", markup=False)
    out.print(f"at version {version}; nothing was changed")


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "key": step.key,
        "before": flag_json(step.before),
        "after": flag_json(step.after),
        "forward": step.is_forward,
        "forbidden": step.forbidden,
        "refused": list(step.refused),
        "verdict": verdict_json(step.verdict),
    }
