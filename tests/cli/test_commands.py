"""The list of commands."""

from cli.commands import COMMANDS


def test_workers_are_hidden_and_everything_else_has_a_sentence() -> None:
    hidden = {command.name for command in COMMANDS if command.hidden}
    silent = [command.name for command in COMMANDS if not command.help]

    assert hidden == {"proxy-worker", "parity-worker"}
    assert silent == []
