"""The threat model is whole: numbered, each with a control and tests that are there; SECURITY.md leads to it."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(
    r"^\| (T-\d\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "THREAT_MODEL.md").read_text(), re.MULTILINE
)


def test_every_threat_has_a_number_of_its_own_and_they_rise() -> None:
    numbers = [number for number, *_ in ROWS]

    assert len(numbers) > 30
    assert numbers == sorted(set(numbers))


def test_every_threat_names_tests_that_are_there() -> None:
    named = {number: re.findall(r"`(tests/[\w/]+\.py)`", tests) for number, _, _, tests in ROWS}

    assert [number for number, files in named.items() if not files] == []
    assert [file for files in named.values() for file in files if not (ROOT / file).exists()] == []


def test_every_row_of_the_page_is_a_threat() -> None:
    rows = re.findall(r"^\| T-", (ROOT / "THREAT_MODEL.md").read_text(), re.MULTILINE)

    assert len(rows) == len(ROWS)


def test_security_leads_to_it() -> None:
    assert "(THREAT_MODEL.md)" in (ROOT / "SECURITY.md").read_text()
