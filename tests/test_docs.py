"""The documentation is tested: what there is to know is written down, and what is written runs."""

import ast
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
PACKAGES = ("cli", "domains", "legacy_bridge", "loadtests", "parity", "proxy")


def commands(group: click.Group, prefix: str = "crossfade") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{prefix} {name}", command
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


PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


def shown_commands() -> Iterator[tuple[str, str]]:
    """Each command that a page shows in a block, without what the page says beside it."""
    for page in PAGES:
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                shown = re.match(r"(?:\$ )?(?:\.venv/bin/)?(crossfade .*)", line)
                if shown:
                    yield str(page.relative_to(ROOT)), shown[1].partition("   ")[0]


@pytest.mark.parametrize(("page", "line"), list(shown_commands()))
def test_every_command_that_a_page_shows_exists_with_its_options(page: str, line: str) -> None:
    del page  # for the name of the test
    words = re.sub(r'"[^"]*"', "text", line).split()
    name = max(
        (known for known in COMMANDS if f"{' '.join(words)} ".startswith(f"{known} ")), key=len, default=""
    )
    options = {option for one in COMMANDS[name].params for option in one.opts}

    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_names_no_option_that_is_gone(name: str) -> None:
    text = (DOCS / "cli.md").read_text()
    section = re.search(rf"^### `{re.escape(name)}.*?(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| (`--.*?) \|", section[0], re.MULTILINE)
    options = {option for one in COMMANDS[name].params for option in one.opts}

    assert {option for row in rows for option in re.findall(r"`(--[a-z-]+)", row)} <= options


def test_the_reference_names_no_setting_that_is_gone() -> None:
    text = (DOCS / "configuration.md").read_text()
    rows = re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE)

    assert sorted(rows) == sorted(settings_keys(Settings))


def test_every_variable_of_the_environment_that_is_read_is_explained() -> None:
    read = {
        name
        for path in [*(ROOT / "cli").rglob("*.py"), ROOT / "conftest.py"]
        for name in re.findall(r'"(CROSSFADE_[A-Z]+(?:_[A-Z]+)*|NO_COLOR)"', path.read_text())
    }
    explained = (DOCS / "configuration.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()

    assert {name for name in read if name not in explained} == set()


@pytest.mark.parametrize("page", sorted(DOCS.glob("adr/0*.md")), ids=lambda path: path.stem)
def test_every_decision_names_what_forced_it_and_files_that_are_there(page: Path) -> None:
    text = page.read_text()
    files = re.findall(r"`([\w./-]+\.(?:py|toml|md))`", text)

    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []
    assert f"]({page.name})" in (page.parent / "README.md").read_text()


def test_every_quirk_is_marked_in_legacy_and_found_by_the_page_of_quirks() -> None:
    numbers = sorted(
        set(re.findall(r"^\| (Q-\d\d) \|", (ROOT / "tests/contract/deviations.md").read_text(), re.MULTILINE))
    )
    rows = re.findall(r"^\| (Q-\d\d) \|[^|]*\| ([^|]*) \|", (DOCS / "quirks.md").read_text(), re.MULTILINE)
    marked: dict[str, set[str]] = {number: set() for number in numbers}
    for path in (ROOT / "legacy_bridge").glob("*.py"):
        for number in re.findall(r"\bQ-\d\d\b", path.read_text()):
            marked[number].add(path.name)

    assert all(marked.values())
    assert {number: set(re.findall(r"`(\w+\.py)`", files)) for number, files in rows} == marked


def test_every_file_that_a_package_names_is_there() -> None:
    maps = [file for folder in PACKAGES for file in (ROOT / folder).rglob("__init__.py")]
    named = [
        (file.parent, name)
        for file in maps
        for name in re.findall(r"[\w/]+\.py\b", ast.get_docstring(ast.parse(file.read_text())) or "")
    ]

    assert len(named) > 50
    assert [
        (str(folder), name)
        for folder, name in named
        if not ((folder / name).exists() or (ROOT / name).exists())
    ] == []


def test_the_architecture_is_one_page_and_every_file_it_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    files = set(
        re.findall(r"\b(?:cli|domains|legacy_bridge|loadtests|parity|proxy|tests)/[\w/]+\.py\b", text)
    )

    assert len(text.splitlines()) <= 100
    assert len(files) > 50
    assert [file for file in sorted(files) if not (ROOT / file).exists()] == []
