"""Pages of a list."""

import pytest

from domains.shared.errors import InvalidInputError
from domains.shared.pagination import LARGEST_BIGINT, Page, bounds, counted_page


@pytest.mark.parametrize(
    ("total", "limit", "pages"), [(0, 20, 0), (1, 20, 1), (20, 20, 1), (21, 20, 2), (57, 5, 12)]
)
def test_the_number_of_pages_is_rounded_up(total: int, limit: int, pages: int) -> None:
    assert Page([], total, 1, limit).of == pages


def test_of_pages_without_rows_there_is_no_number() -> None:
    assert Page([], 57, 1, 0).of is None


def test_a_page_is_counted_from_one_and_kept_within_what_postgresql_can_hold() -> None:
    assert bounds(3, 20) == (20, 40)
    assert bounds(10**30, 10**30) == (LARGEST_BIGINT, LARGEST_BIGINT)


@pytest.mark.parametrize(
    ("page", "limit", "counted"),
    [
        ("1", 20, (1, 0)),
        (" 3", 5, (3, 10)),
        ("1.5", 20, (1, 10)),
        ("1e1", 2, (1, 18)),
        (".5e1", 1, (None, 4)),
    ],
)
def test_a_page_is_counted_with_as_javascript_does(page: str, limit: int, counted: tuple[int, int]) -> None:
    assert counted_page(page, limit) == counted


@pytest.mark.parametrize(("page", "limit"), [("", 20), ("0", 1), ("1.5", 5), ("1e300", 20)])
def test_a_page_that_begins_nowhere_is_refused(page: str, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        counted_page(page, limit)
