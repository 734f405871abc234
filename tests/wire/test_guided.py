"""What a guided fuzzer would ask, asked of the bytes that were found once and of those of hypothesis."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.wire.guided import check_answers, check_requests
from tests.wire.strategies import ANSWERS, CUTS, REQUESTS
from tests.wire.test_fuzz import CORPUS

MANY = settings(max_examples=500, derandomize=True, database=None)
WIDTHS: tuple[list[int], ...] = ([], [1] * 200, [7] * 40)


@pytest.mark.parametrize("path", sorted((CORPUS / "requests").iterdir()), ids=lambda path: path.name)
def test_requests_that_were_found_once_are_read_as_another_parser_reads_them(path: Path) -> None:
    for widths in WIDTHS:
        check_requests(path.read_bytes(), widths)


@pytest.mark.parametrize("path", sorted((CORPUS / "answers").iterdir()), ids=lambda path: path.name)
def test_answers_that_were_found_once_are_read_as_another_parser_reads_them(path: Path) -> None:
    for widths in WIDTHS:
        check_answers(path.read_bytes(), widths)


@MANY
@given(raw=REQUESTS, widths=CUTS)
def test_requests_are_read_as_another_parser_reads_them(raw: bytes, widths: list[int]) -> None:
    check_requests(raw, widths)


@MANY
@given(raw=ANSWERS, widths=CUTS)
def test_answers_are_read_as_another_parser_reads_them(raw: bytes, widths: list[int]) -> None:
    check_answers(raw, widths)
