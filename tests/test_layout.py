"""The repository's rules about itself (CONTRIBUTING.md); a rule that is not checked is not kept."""

import ast
import importlib.metadata
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("proxy", "legacy_bridge", "domains", "parity", "loadtests", "cli")
MAX_LINES = 400
NEEDS_NO_TEST = {"__init__.py", "errors.py", "models.py"}
# the marks that no file may hold; this line is where they are named, and nothing here is left open
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|pytest\.mark\.skip\b")
BARE_IGNORE = re.compile(r"#\s*(type: ignore(\[[\w, -]+\])?|noqa(: [A-Z0-9, ]+)?)\s*$", re.MULTILINE)


def python_files() -> list[Path]:
    return sorted(path for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*.py"))


def source_files() -> Iterator[Path]:
    for path in python_files():
        parts = path.relative_to(ROOT).parts
        if parts[0] in PACKAGES and "tests" not in parts and path.name not in NEEDS_NO_TEST:
            yield path


def mirror_of(source: Path) -> Path:
    parts = source.relative_to(ROOT).parts
    if parts[0] == "domains" and len(parts) == 3 and parts[1] != "shared":
        return source.parent / "tests" / f"test_{source.name}"
    return ROOT.joinpath("tests", *parts[:-1], f"test_{source.name}")


def test_the_top_level_folders_are_the_architecture() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line}

    assert folders == {*PACKAGES, "tests", "docs", ".ci"}


@pytest.mark.parametrize("source", list(source_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_file_has_the_test_file_that_mirrors_it(source: Path) -> None:
    assert mirror_of(source).exists(), (
        f"{source.relative_to(ROOT)} wants {mirror_of(source).relative_to(ROOT)}"
    )


def test_every_test_file_mirrors_a_source_file() -> None:
    wanted = {mirror_of(source) for source in source_files()}
    # replays of the recorded API and of what it lacks, and both backends beside each other
    own_subject = {"test_recording.py", "test_unrecorded.py", "test_differential.py"}
    strays = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.name.startswith("test_")
        and path.parent != ROOT / "tests"
        and path.parent != ROOT / "tests" / "wire"  # the rules of the wire, whatever the data plane is
        and path.name not in own_subject
        and path not in wanted
    ]

    assert strays == []


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in python_files()
        if (n := len(p.read_text().splitlines())) > MAX_LINES
    }

    assert long == {}


def test_every_module_opens_with_a_docstring() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_nothing_is_left_open_in_the_code() -> None:
    marks = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in python_files()
        if path != Path(__file__)
        for match in MARKS.finditer(path.read_text())
    ]

    assert marks == []


def test_every_ignore_carries_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in python_files()
        if path != Path(__file__)
        for match in BARE_IGNORE.finditer(path.read_text())
    ]

    assert bare == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_top_level_names(package: str) -> None:
    owners = {name.lower() for name in importlib.metadata.packages_distributions().get(package, [])}

    assert owners <= {"crossfade"}


def test_only_the_command_line_reads_the_environment() -> None:
    allowed = {ROOT / "loadtests" / "locustfile.py"}  # Locust's own process, whose arguments come that way
    readers = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if path.relative_to(ROOT).parts[0] != "cli"
        and path not in allowed
        and re.search(r"os\.(environ|getenv)", path.read_text())
    ]

    assert readers == []


def test_the_lock_has_hashes_and_no_download_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", lock, re.MULTILINE)

    assert len(pins) > 40
    assert "http" not in re.sub(r"^[\w-]*http[\w-]*==.*$", "", lock, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", lock.strip()))


def test_the_wheel_takes_our_packages_and_no_tests() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]

    compiled = [ROOT / file.removeprefix("/") for file in wheel.pop("hooks")["mypyc"]["include"]]

    assert wheel == {"packages": list(PACKAGES), "exclude": ["**/tests"]}
    assert compiled == [file for file in compiled if file.is_file()]


def test_nothing_compiled_lies_beside_the_sources() -> None:
    assert [str(path) for package in PACKAGES for path in (ROOT / package).rglob("*.so")] == []


def test_make_takes_no_target_for_made_that_there_is_no_rule_for() -> None:
    makefile = (ROOT / "Makefile").read_text()

    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)

    assert set(phony.split()) == set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))


def test_ci_runs_what_the_readme_says_and_nothing_else() -> None:
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]

    assert commands == ["exec make test"]


def test_what_make_starts_keeps_what_python_compiles() -> None:
    command = ["make", "--silent", "--eval=environment: ; @env", "environment"]
    inherited = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    said = subprocess.run(command, cwd=ROOT, env=inherited, capture_output=True, text=True, check=True).stdout

    assert "PATH=" in said
    assert "PYTHONDONTWRITEBYTECODE" not in said


def test_the_glossary_has_an_avoid_line_for_every_word() -> None:
    rows = [
        line for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| **")
    ]

    assert len(rows) >= 30
    assert all(len(row.strip("|").split("|")) == 4 for row in rows)
