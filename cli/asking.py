"""Questions before something that cannot be taken back; their answer may be given beforehand by `--yes`."""

import click

from cli.errors import UsageError


def confirm(question: str) -> None:
    """Ask for a yes on stderr; anything else ends the command. Raises UsageError with `--no-input`, which asks nothing."""
    context = click.get_current_context(silent=True)
    if context is not None and context.find_root().params.get("no_input"):
        raise UsageError(f"{question} With --no-input nobody is asked: give --yes")
    click.confirm(question, abort=True, err=True)
