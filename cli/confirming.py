"""Dangerous changes are confirmed: by typing the name of what changes, or by `--yes`."""

import sys
from collections.abc import Callable
from typing import Any

import click

from cli.errors import UsageError


def confirm_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--yes` and `--no-input`."""
    command = click.option("--no-input", is_flag=True, help="Never ask; what needs a confirmation fails.")(
        command
    )
    return click.option("--yes", is_flag=True, help="Do not ask for a confirmation.")(command)


def confirm(name: str, what: str, *, yes: bool, no_input: bool) -> None:
    """Return when the name was typed; raises UsageError where nobody can be asked, or something else was typed."""
    if yes:
        return
    if no_input or not sys.stdin.isatty():
        raise UsageError(f"{what}: nobody can be asked here; expected --yes")
    typed = click.prompt(f"{what}\nType {name} to go on", default="", show_default=False, err=True)
    if typed != name:
        raise UsageError(f"{typed!r} was typed, expected {name!r}; nothing was changed")
