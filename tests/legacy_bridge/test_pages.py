"""Pages of a list."""

import math

import pytest

from legacy_bridge.pages import Page, WrittenPage, page_of, written_page_of


def test_a_page_is_the_first_of_twenty_rows_unless_the_query_says_otherwise() -> None:
    assert page_of({}) == Page(1, 20)
    assert page_of({"page": "3rd", "limit": "5.9"}) == Page(3, 5)
    assert page_of({"page": "3", "limit": "5"}).offset == 10


@pytest.mark.parametrize("query", [{"page": "abc"}, {"limit": ""}])
def test_what_is_no_number_is_left_to_the_database(query: dict[str, str]) -> None:
    assert math.isnan(page_of(query).offset)


@pytest.mark.parametrize(
    ("limit", "pages"), [(20, 3), (57, 1), (56, 2), (0, None), (math.nan, None), (math.inf, 0)]
)
def test_the_last_page_may_be_short_and_none_may_be_counted(limit: float, pages: int | None) -> None:
    assert Page(1, limit).pages(57 if limit != math.inf else 0) == pages


def test_three_domains_spell_their_pagination_alike() -> None:
    expected = {"currentPage": 2, "totalPages": 3, "totalCount": 41, "limit": 20}

    assert Page(2, 20).with_total(41) == expected
    assert Page(math.nan, 0).with_total(41) == {
        "currentPage": None,
        "totalPages": None,
        "totalCount": 41,
        "limit": 0,
    }


def test_a_page_as_it_is_written_is_counted_with_as_javascript_does() -> None:
    page = written_page_of({"page": "1.5", "limit": " 20"})

    assert (written_page_of({}), page.offset) == (WrittenPage("1", "20"), 10)
    assert page.with_total(41) == {"currentPage": 1, "totalPages": 3, "totalCount": 41, "limit": 20}
    assert math.isnan(written_page_of({"limit": "2x"}).offset)
