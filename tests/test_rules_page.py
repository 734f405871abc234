"""docs/rules.md is right: its files load, its examples come out as they say, and all that there is stands in it."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domains.routes import ROUTES
from parity.answer_headers import COMPARED
from parity.compare import compare
from parity.outcome import Kind
from parity.rule import Compare
from parity.rule_files import _AcceptanceRow, _GroupRow, _RuleRow
from parity.rules import RuleBook
from tests.parity.factories import differing, exchange, observation

PAGE = (Path(__file__).parent.parent / "docs" / "rules.md").read_text()
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ENDPOINTS = [f"{route.method} {route.path}" for route in ROUTES]


def book(tmp_path: Path, *blocks: str) -> RuleBook:
    file = tmp_path / "rules.toml"
    file.write_text("\n".join(blocks))
    return RuleBook.load([file], ENDPOINTS)


def examples() -> Iterator[tuple[str, str, str, str]]:
    """Each row of a table of examples, with the rules of the block before it."""
    for part in PAGE.split("```toml\n")[1:]:
        rules, _, rest = part.partition("```")
        table = re.match(r"\s*\| legacy \| modern \| difference \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", rest)
        for row in table[1].splitlines() if table else ():
            legacy, modern, said = (cell.strip() for cell in row.strip("|").split(" | "))
            yield rules, legacy.strip("`"), modern.strip("`"), said


EXAMPLES = list(examples())


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_is_a_rules_file_for_the_reference_crm(block: str, tmp_path: Path) -> None:
    found = book(tmp_path, block)

    assert found.rules or found.acceptances


@pytest.mark.parametrize(("rules", "legacy", "modern", "said"), EXAMPLES)
def test_every_example_comes_out_as_it_says(
    rules: str, legacy: str, modern: str, said: str, tmp_path: Path
) -> None:
    found = book(tmp_path, rules)
    sides = observation(legacy.encode()), observation(modern.encode())

    compared = compare(exchange(*sides, endpoint=found.rules[0].endpoint), found, today=date(2026, 11, 23))

    expected = (
        [] if said == "none" else [tuple(one.split("` ")) for one in said.replace(" `", "`").split(",")]
    )
    assert differing(compared) == [(path.strip("`"), kind) for path, kind in expected]


def test_each_way_of_comparing_has_its_examples() -> None:
    shown = {compare for compare in Compare if any(f'compare = "{compare}"' in one[0] for one in EXAMPLES)}

    assert shown == set(Compare)
    assert len(EXAMPLES) > 20
    assert all(json.loads(cell) for one in EXAMPLES for cell in one[1:3])


def test_every_key_kind_header_and_way_of_comparing_is_explained() -> None:
    keys = {*_RuleRow.model_fields, *_AcceptanceRow.model_fields, *_GroupRow.model_fields}
    words = {*keys, *COMPARED, *Kind, *Compare}

    assert {word for word in words if f"`{word}`" not in PAGE and f"{word} = " not in PAGE} == set()


def test_every_reason_for_which_a_body_is_not_compared_is_explained() -> None:
    sources = (Path(__file__).parent.parent / "parity").glob("*.py")
    reasons = {
        reason for source in sources for reason in re.findall(r'BodyError\("(\w+)"\)', source.read_text())
    }

    assert len(reasons) > 8
    assert {reason for reason in reasons if f"`{reason}`" not in PAGE} == set()
