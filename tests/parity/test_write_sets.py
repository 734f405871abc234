"""What modern tells of its rows is read within bounds, whatever it is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.write_sets import MAX_ROWS, NO_KEY, NO_ROW, TRUNCATED, WriteSet, WrittenRow, write_set_of


def entry(op: str = "update", key: Any = "e-1", **more: Any) -> dict[str, Any]:
    """One entry, by default an update of a row that has nothing but an id."""
    return {"table": "escrows", "op": op, "key": key, "columns": [], "row": {"id": key}, **more}


def told(*entries: Any) -> WriteSet:
    found = write_set_of(json.dumps(entries))
    assert found is not None
    return found


def test_each_row_is_told_once_as_it_would_be_in_the_end() -> None:
    found = told(
        entry("insert", 7, row={"id": 7, "a": 1}),
        entry("update", 7, row={"id": 7, "a": 2}),
        entry("upsert", "u", row={"id": "u"}),
        entry("delete", "gone", row=None),
        entry("update", ["c", 2], table="roles", row={"a": 1}),
    )

    assert found.rows == (
        WrittenRow("escrows", (7,), {"id": 7, "a": 2}, is_new=True),
        WrittenRow("escrows", ("u",), {"id": "u"}, is_perhaps_new=True),
        WrittenRow("escrows", ("gone",), None),
        WrittenRow("roles", ("c", 2), {"a": 1}),
    )
    assert found.is_whole


def test_a_row_that_came_and_went_leaves_nothing() -> None:
    assert told(entry("insert", row=None), entry("delete", row=None)).rows == ()


def test_an_inserted_row_that_is_not_there_in_the_end_is_told() -> None:
    assert told(entry("insert", row=None)).rows == (WrittenRow("escrows", ("e-1",), None, is_new=True),)


def test_rows_of_which_not_all_is_known_are_counted() -> None:
    without_row = {"table": "escrows", "op": "update", "key": "e-2", "columns": ["city"]}

    found = told(entry(key=None), without_row, entry(key=True), entry(key=[]), {"truncated": 40})

    assert (found.rows, found.is_whole) == ((), False)
    assert found.left_out == {NO_KEY: 3, NO_ROW: 1, TRUNCATED: 40}


def test_there_is_a_bound_for_rows() -> None:
    found = told(*(entry(key=number) for number in range(MAX_ROWS + 3)))

    assert (len(found.rows), found.left_out) == (MAX_ROWS, {TRUNCATED: 3})


@pytest.mark.parametrize(
    "text",
    [
        *("", "none", "{}", "[1]", '[{"op": "update"}]', '[{"table": 1, "op": "update", "key": 1}]'),
        *('[{"table": "t", "op": "merge", "key": 1}]', "[" * 100_000, '[{"truncated": true}]'),
        '[{"table": "t", "op": "update", "key": 1, "row": {"a": "\\ud800"}}]',
    ],
)
def test_what_is_no_write_set_is_none(text: str) -> None:
    assert write_set_of(text) is None


def test_text_of_two_surrogates_is_text() -> None:
    assert told(entry(row={"a": "\U0001f600"})).rows[0].row == {"a": "\U0001f600"}


@settings(max_examples=50)
@given(
    st.text()
    | st.lists(
        st.dictionaries(
            st.sampled_from(["table", "op", "key", "row", "truncated"]),
            st.none()
            | st.integers()
            | st.sampled_from(["insert", "delete", "\ud800"])
            | st.lists(st.text(max_size=3)),
        )
    ).map(json.dumps)
)
def test_whatever_stands_there_it_is_a_set_or_none(text: str) -> None:
    found = write_set_of(text)

    assert found is None or isinstance(found, WriteSet)
