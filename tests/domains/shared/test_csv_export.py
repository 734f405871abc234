"""Rows as CSV that a spreadsheet can open without computing anything."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Numeric, RowMapping, Text

from domains.shared.csv_export import Export, heading, lines, safe

EXPORT = Export({"name": Column("name", Text), "price": Column("price", Numeric(12, 2))})


def line_of(**row: Any) -> str:
    return lines(EXPORT, [cast("RowMapping", row)]).decode()


def test_the_first_line_names_the_columns() -> None:
    assert heading(EXPORT) == b"name,price\r\n"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (5, "5"),
        (date(2027, 3, 4), "2027-03-04T00:00:00.000Z"),
        (datetime(2027, 3, 4, 5, 6, tzinfo=UTC), "2027-03-04T05:06:00.000Z"),
        (["a", 1], '"[""a"",1]"'),
        ('say "x", y', '"say ""x"", y"'),
    ],
)
def test_a_value_is_written_as_the_api_writes_it(value: Any, cell: str) -> None:
    assert line_of(name=value, price=None) == f"{cell},\r\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", "\uff1d1", '=HYPERLINK("x")']
)
def test_text_that_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_a_negative_number_stays_a_number() -> None:
    assert line_of(name="x", price="-5.00") == "x,-5.00\r\n"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back_and_none_starts_a_formula(text: str) -> None:
    [[cell, _]] = csv.reader(io.StringIO(line_of(name=text, price=None), newline=""))

    assert cell in (text, f"'{text}")
    assert cell[:1] not in set("=+-@\t\r\n")
