"""`crossfade completion`: what a shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class

from cli.errors import UsageError

PROGRAM = "crossfade"
VARIABLE = "_CROSSFADE_COMPLETE"
"""What click asks for under that program's name."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(click_context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    For bash: `eval "$(crossfade completion bash)"` in ~/.bashrc; for zsh the same in ~/.zshrc; for fish:
    `crossfade completion fish > ~/.config/fish/completions/crossfade.fish`.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"shell: {shell!r}: click knows no completion for it")
    click.echo(kind(click_context.find_root().command, {}, PROGRAM, VARIABLE).source())
