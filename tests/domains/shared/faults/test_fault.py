"""The table of faults: whole, in the words of parity, and as the page of faults has it."""

from pathlib import Path

import pytest

from domains.routes import ROUTES
from domains.shared.faults import FAULTS, Fault, Shown
from parity.outcome import Kind
from parity.paths import path_glob

PAGE = Path(__file__).parents[4] / "docs" / "faults.md"
ENDPOINTS = {f"{route.method} {route.path}" for route in ROUTES}
COMPARED = [fault for fault in FAULTS if fault.shown is not Shown.NOT_AT_ALL]


def row(fault: Fault) -> str:
    where = f"`{fault.kind}` at `{fault.path}` of `{fault.endpoint}`" if fault.kind else "`error`"
    return f"| `{fault.name}` | {fault.does} | {where} | {fault.shown} |"


def test_there_are_at_least_forty_that_a_comparison_has_to_find() -> None:
    assert len(COMPARED) >= 40


def test_each_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", COMPARED, ids=lambda fault: fault.name)
def test_each_names_a_group_that_there_can_be(fault: Fault) -> None:
    assert fault.kind in set(Kind)
    assert [path_glob(path).text for path in (fault.path, *fault.also)]
    assert any(fault.spoils(endpoint) for endpoint in ENDPOINTS)


def test_the_page_of_faults_has_each_of_them_as_it_is() -> None:
    lines = PAGE.read_text().splitlines()
    start = lines.index("| fault | what modern then does | where Crossfade shows it | shown by |")

    assert lines[start + 2 : start + 2 + len(FAULTS)] == [row(fault) for fault in FAULTS]
    assert "|" not in lines[start + 2 + len(FAULTS)]
