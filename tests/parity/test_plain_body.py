"""Forms, tables and texts: what their paths name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.plain_body import MAX_LINES, parse_csv, parse_form, parse_lines
from tests.parity.factories import brief, walked

TABLE = 'id,price,Full name\r\n1,10,"Agent, Ann"\r\n2,20,Ben\r\n'


def test_fields_of_a_form_keep_their_values_and_how_many_there_are() -> None:
    assert parse_form("a=1&b=x+y%21&a=2&c=") == {"a": ["1", "2"], "b": ["x y!"], "c": [""]}


def test_a_form_in_another_order_differs_only_where_a_field_repeats() -> None:
    assert walked(parse_form("a=1&b=2"), parse_form("b=2&a=1")) == []
    assert brief(walked(parse_form("a=1&a=2"), parse_form("a=2&a=1"))) == [("$.a", "order")]
    assert brief(walked(parse_form("a=1&a=1"), parse_form("a=1"))) == [
        ("$.a", "length"),
        ("$.a[1]", "missing"),
    ]


@pytest.mark.parametrize(
    ("text", "why"), [("a=%ff", "codec can't decode"), ("&".join(["a=1"] * 20_000), "number of fields")]
)
def test_what_is_no_form_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_form(text)


def test_cells_are_called_by_row_and_column() -> None:
    assert parse_csv(TABLE)["rows"][0] == {"id": "1", "price": "10", "column_3": "Agent, Ann"}
    assert parse_csv(TABLE)["header"] == ["id", "price", "Full name"]


def test_how_a_table_is_quoted_and_its_lines_end_is_no_difference() -> None:
    assert walked(parse_csv(TABLE), parse_csv(TABLE.replace("\r\n", "\n").replace("20", '"20"'))) == []


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("20", "21", [("$.rows[1].price", "value")]),
        ("2,20,Ben\r\n", "", [("$.rows", "length"), ("$.rows[1]", "missing")]),
        ("2,20,Ben", "2,20,Ben,x", [("$.rows[1].column_4", "extra")]),
        ("id,price", "price,id", [("$.header", "order")]),
    ],
)
def test_a_difference_in_a_table_names_row_and_column(
    was: str, now: str, expected: list[tuple[str, str]]
) -> None:
    found = brief(walked(parse_csv(TABLE), parse_csv(TABLE.replace(was, now))))

    assert found[: len(expected)] == expected


def test_a_delimiter_and_a_byte_order_mark_are_told_once() -> None:
    other = parse_csv("\ufeffid;price\n1;10\n")

    assert brief(walked(parse_csv("id,price\n1,10\n"), other)) == [
        ("$.byte_order_mark", "value"),
        ("$.delimiter", "value"),
    ]


def test_columns_that_are_no_names_or_repeat_are_called_by_their_place() -> None:
    assert parse_csv("a,ann@example.test,a\n1,2,3\n")["rows"] == [
        {"column_1": "1", "column_2": "2", "column_3": "3"}
    ]


@pytest.mark.parametrize(
    ("text", "why"), [('a,b\n"x', "unexpected end"), ("a\n" + "x" * 200_000, "field larger than")]
)
def test_what_is_no_table_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_csv(text)


def test_an_empty_table_has_no_rows() -> None:
    assert parse_csv("")["rows"] == []


@given(st.text('a,;"\n\r\t', max_size=40))
def test_any_text_is_a_table_or_none(text: str) -> None:
    try:
        found = parse_csv(text)
    except ValueError:
        return
    assert set(found) == {"byte_order_mark", "delimiter", "header", "rows"}


def test_lines_keep_what_ends_them_but_the_line_feed() -> None:
    assert parse_lines("a\r\nb\n") == ["a\r", "b", ""]
    assert parse_lines("\n" * (MAX_LINES + 1)) is None
