"""The list of commands."""

import subprocess
import sys
from collections.abc import Iterator

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


WITHOUT_JSON = {
    "crossfade config schema": "it is JSON",
    "crossfade flags export": "it is a file for review, and TOML",
    "crossfade guards watch": "it runs until it is ended",
    "crossfade loadtest worker": "what comes of it is told by the master",
    "crossfade openfeature watch": "it runs until it is ended",
    "crossfade serve": "it serves; with --announce it says where, as JSON",
    "crossfade completion": "it is a script for a shell",
}
"""Commands whose result is no object of ours, and why."""


def visible(group: click.Group, prefix: str = "crossfade") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if found is None or found.hidden:
            continue
        if isinstance(found, click.Group):
            yield from visible(found, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", found


def test_every_command_with_a_result_prints_it_as_json_if_asked() -> None:
    without = {
        name
        for name, one in visible(root)
        if not any("--json" in option.opts for option in one.params if isinstance(option, click.Option))
    }

    assert without == set(WITHOUT_JSON)


def test_only_what_other_commands_start_is_hidden() -> None:
    hidden = {name for name in COMMANDS if command(name).hidden}

    assert hidden == {
        "parity-worker",
        "bench",
        "bench-backends",
        "bench-flags",
        "bench-parity",
        "bench-store",
        "ready",
    }


def test_rolling_back_does_not_wait_for_libraries_that_it_does_not_need() -> None:
    code = "import sys, cli.main, cli.flags; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert HEAVY & set(loaded.split()) == set()
