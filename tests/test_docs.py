"""The documentation is tested: what there is to know is written down, and what is written runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from cli.main import root
from cli.settings import Settings
from parity.outcome import Outcome
from proxy.stages import Stage

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def commands(group: click.Group, prefix: str = "crossfade") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def settings_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


COMMANDS = dict(commands(root))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_is_in_the_reference(name: str) -> None:
    text = (DOCS / "cli.md").read_text()
    section = re.search(rf"^### `{re.escape(name)}.*?(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    options = [
        option.opts[0]
        for option in COMMANDS[name].params
        if isinstance(option, click.Option) and not option.hidden
    ]

    assert section is not None
    assert [option for option in options if f"`{option}" not in section[0]] == []


@pytest.mark.parametrize("key", list(settings_keys(Settings)))
def test_every_setting_is_in_the_reference(key: str) -> None:
    assert f"| `{key}` |" in (DOCS / "configuration.md").read_text()


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_explained(stage: Stage) -> None:
    assert f"| `{stage}` |" in (DOCS / "operating.md").read_text()


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_explained(outcome: Outcome) -> None:
    assert f"| `{outcome}` |" in (DOCS / "parity.md").read_text()


def test_every_link_between_our_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_make_target_that_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for name in re.findall(r"`make ([a-z-]+)", page.read_text())
    }

    assert named <= targets
