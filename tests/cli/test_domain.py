"""`crossfade domain`: a generated room works as it is, and the audit says how things stand."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.context import ROOT
from tests.support.command import InProcess

PARTS = ("proxy", "legacy_bridge", "domains", "parity", "loadtests", "cli", "tests")
FILES = ("pyproject.toml", "conftest.py")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout's code, with what Python and `make check` know already of files that stay as they are."""
    root = tmp_path_factory.mktemp("domain") / "checkout"
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part)
    for file in FILES:
        shutil.copy2(ROOT / file, root / file)
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache")
    return root


def run(checkout: Path, tool: str, *arguments: str, **environment: str) -> str:
    command = (
        [str(Path(sys.executable).parent / tool)] if tool == "lint-imports" else [sys.executable, "-m", tool]
    )
    done = subprocess.run(
        [*command, *arguments],
        cwd=checkout,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_generated_room_passes_its_checks_and_tests_as_it_is_and_mounted(
    crossfade: InProcess, checkout: Path, database_url: str
) -> None:
    ran = crossfade("domain", "new", "site-visits", "--root", str(checkout), "--json")
    made = json.loads(ran.out)
    folder = "domains/site_visits"
    tests = (folder, "tests/domains/test_routes.py")
    quiet = ("-q", "-p", "no:cacheprovider")

    run(checkout, "ruff", "format", "--check", folder)
    run(checkout, "ruff", "check", "--no-cache", folder)
    run(checkout, "mypy", folder)
    run(checkout, "lint-imports")
    run(checkout, "pytest", *quiet, *tests, CROSSFADE_TEST_DATABASE_URL=database_url)
    rooms = checkout / "domains" / "rooms.py"
    rooms.write_text(rooms.read_text().replace("ROOMS = (\n", f"ROOMS = (\n    {made['mount']}\n"))
    run(checkout, "pytest", *quiet, *tests, CROSSFADE_TEST_DATABASE_URL=database_url)
    served = run(checkout, "cli.main", "domain", "audit", "--json")

    assert made["schema"] == "crossfade.domain-new/1"
    assert {f"{folder}/services.py", f"{folder}/tests/test_services.py"} < set(made["files"])
    [room] = [row for row in json.loads(served)["rooms"] if row["name"] == "site_visits"]
    assert room["mounted"]
    assert room["missing"] == []
    assert room["on_service"] == room["controllers"] == ["SiteVisitController"]


def test_a_name_that_cannot_be_one_is_exit_code_2(crossfade: InProcess, checkout: Path) -> None:
    ran = crossfade("domain", "new", "Reviews!", "--root", str(checkout))

    assert ran.code == 2
    assert "'Reviews!' cannot name a room" in ran.err


def test_a_new_room_is_listed_and_says_how_it_is_mounted(crossfade: InProcess, checkout: Path) -> None:
    ran = crossfade("domain", "new", "staff", "--singular", "colleague", "--root", str(checkout))

    assert ran.code == 0
    assert "domains/staff/services.py" in ran.out.split()
    assert '"staff",' in ran.err


def test_the_audit_shows_both_sides_and_the_rooms(crossfade: InProcess) -> None:
    ran = crossfade("domain", "audit")
    told = json.loads(crossfade("domain", "audit", "--json").out)

    assert ran.code == 0
    assert "only modern: GET /v1/escrows/export" in ran.out
    assert "controllers on a service: 100 %" in ran.out
    assert told["schema"] == "crossfade.domain-audit/1"
    assert told["service_coverage"] == 100
