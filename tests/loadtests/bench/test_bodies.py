"""The bodies that the backends serve."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.bench.bodies import DIFFERENT, EQUAL, SIZES, write_bodies


def leaves(value: Any) -> Iterator[Any]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if children is None:
        yield value
        return
    for child in children:
        yield from leaves(child)


@pytest.mark.parametrize("size", SIZES)
def test_a_body_has_its_size_and_its_twin_three_differences(size: str, tmp_path: Path) -> None:
    write_bodies(tmp_path)

    equal, different = ((tmp_path / kind / f"{size}.json").read_text() for kind in (EQUAL, DIFFERENT))
    assert SIZES[size] * 0.9 < len(equal) < SIZES[size] * 1.7
    pairs = zip(leaves(json.loads(equal)), leaves(json.loads(different)), strict=True)
    assert sum(one != other for one, other in pairs) == 3


def test_the_bodies_are_the_same_every_time(tmp_path: Path) -> None:
    for run in ("first", "second"):
        write_bodies(tmp_path / run)

    first, second = (
        {file.name: file.read_bytes() for file in (tmp_path / run / EQUAL).iterdir()}
        for run in ("first", "second")
    )
    assert first == second
