"""The list of commands."""

import subprocess
import sys

import click
import pytest

from cli.commands import COMMANDS
from cli.main import root

HEAVY = {"aiohttp.web", "jinja2", "locust", "uvloop"}


def command(name: str) -> click.Command:
    found = root.get_command(click.Context(root), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_name_leads_to_its_command_and_each_has_a_sentence(name: str) -> None:
    assert command(name).name == name
    assert command(name).help


def test_only_what_other_commands_start_is_hidden() -> None:
    hidden = {name for name in COMMANDS if command(name).hidden}

    assert hidden == {
        "parity-worker",
        "bench",
        "bench-backends",
        "bench-compare",
        "bench-flags",
        "bench-parity",
    }


def test_rolling_back_does_not_wait_for_libraries_that_it_does_not_need() -> None:
    code = "import sys, cli.main, cli.flags; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert HEAVY & set(loaded.split()) == set()
