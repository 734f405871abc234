"""Pages of a list."""

import pytest

from domains.shared.pagination import LARGEST_BIGINT, Page, bounds


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
