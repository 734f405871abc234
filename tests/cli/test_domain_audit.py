"""What the audit reads from the code."""

from pathlib import Path

import pytest
from coverage import Coverage

from cli.context import ROOT
from cli.domain_audit import Block, audited, duplicates
from domains.rooms import ROOMS
from domains.routes import ROUTES
from legacy_bridge.endpoints import ENDPOINTS

RULES = "\n".join(f"value_{number} = {number}" for number in range(8))


def room(root: Path, name: str, **modules: str) -> Path:
    folder = root / "domains" / name
    folder.mkdir(parents=True)
    for module, text in {"__init__": '"""A room."""\n', **modules}.items():
        (folder / f"{module}.py").write_text(text)
    return folder


def test_every_endpoint_of_both_sides_is_counted_once() -> None:
    found = audited(ROOT)

    assert sum(len(side.modern) for side in found.domains) == len(ROUTES)
    assert sum(len(side.legacy) for side in found.domains) == len(ENDPOINTS)
    assert all("legacy_bridge" not in module for side in found.domains for module in side.legacy_modules)


def test_each_endpoint_of_legacy_is_shown_with_its_handler() -> None:
    sides = {side.name: side for side in audited(ROOT).domains}

    assert all(list(side.handlers) == side.legacy for side in sides.values())
    assert sides["escrows"].handlers["DELETE /v1/escrows/{id}"] == "escrow_removal.delete_escrow"


def test_every_mounted_room_is_whole_and_on_services() -> None:
    rooms = {row.name: row for row in audited(ROOT).rooms if row.mounted}

    assert rooms.keys() == set(ROOMS)
    assert {name: row.missing for name, row in rooms.items() if row.missing} == {}
    assert {name for name, row in rooms.items() if row.controllers != row.on_service} == set()


@pytest.mark.parametrize(
    ("controller", "on_service"),
    [
        ("class AController(CrudController):\n    ...\n", ["AController"]),
        ("class AController:\n    def __init__(self, service: AService) -> None: ...\n", ["AController"]),
        ("class AController:\n    def __init__(self, database: Database) -> None: ...\n", []),
        ("import sqlalchemy\nclass AController(CrudController): ...\n", []),
        ("from sqlalchemy import insert\nclass AController(CrudController): ...\n", []),
        ("from sqlalchemy import RowMapping\nclass AController(CrudController): ...\n", ["AController"]),
    ],
)
def test_a_controller_without_a_service_or_with_sql_of_its_own_is_seen(
    tmp_path: Path, controller: str, on_service: list[str]
) -> None:
    room(tmp_path, "nowhere", controllers=controller)

    [row] = audited(tmp_path).rooms

    assert (row.controllers, row.on_service) == (["AController"], on_service)
    assert row.missing == ["models.py", "validators.py", "services.py", "routes.py"]
    assert not row.mounted


def test_without_a_controller_everything_is_on_a_service(tmp_path: Path) -> None:
    room(tmp_path, "nowhere")

    assert audited(tmp_path).service_coverage == 100


def test_equal_blocks_of_two_rooms_are_named_once_with_their_length(tmp_path: Path) -> None:
    one = room(tmp_path, "one", services=f"import os\n\n{RULES}\n")
    other = room(tmp_path, "other", utils=f"# a comment\nfirst = 1\n{RULES}\n", services=RULES[:40])

    found = duplicates(tmp_path, [one, other])

    assert found == [Block("domains/one/services.py:3", "domains/other/utils.py:3", 8)]


def test_what_is_written_twice_in_one_room_is_that_rooms_own_business(tmp_path: Path) -> None:
    one = room(tmp_path, "one", services=RULES, utils=RULES)

    assert duplicates(tmp_path, [one]) == []


def test_imports_are_no_duplicates(tmp_path: Path) -> None:
    names = "from x import (\n" + "".join(f"    name_{number},\n" for number in range(9)) + ")\n"
    folders = [room(tmp_path, name, services=names) for name in ("one", "other")]

    assert duplicates(tmp_path, folders) == []


def test_the_coverage_of_a_room_is_that_of_the_last_measurement(tmp_path: Path) -> None:
    folder = room(tmp_path, "one", services="a = 1\nb = 2\nif a > b:\n    c = 3\n")
    without = audited(tmp_path).rooms[0].coverage
    measured = Coverage(data_file=tmp_path / ".coverage", config_file=False)
    measured.get_data().add_lines({str((folder / "services.py").resolve()): {1, 2, 3}})
    measured.save()

    [row] = audited(tmp_path).rooms

    assert without is None
    assert row.coverage == pytest.approx(75)
