"""Rows are compared field by field under paths of their own, with rules as everywhere."""

from parity.exchange import RowPair
from parity.outcome import ABSENT
from parity.row_differences import row_differences
from parity.rules import Compare, RuleBook
from parity.walk import MAX_DIFFERENCES
from tests.parity.factories import LIST, brief, by_shape

ROW = {"id": "e-1", "city": "Newtown", "price": 5}


def test_the_same_row_is_no_difference() -> None:
    assert row_differences([RowPair("escrows", ROW, dict(ROW)), RowPair("escrows")]) == []


def test_a_column_that_differs_has_a_path_by_table_and_place() -> None:
    other = ROW | {"city": None}

    found = row_differences(
        [RowPair("escrows", ROW, ROW), RowPair("roles", ROW, other), RowPair("escrows", ROW, other)]
    )

    assert brief(found) == [("$rows.roles[0].city", "type"), ("$rows.escrows[1].city", "type")]
    assert found[0].folded == "$rows.roles[*].city"


def test_a_row_that_one_side_alone_has_is_a_difference_as_a_whole() -> None:
    found = row_differences([RowPair("escrows", ROW, None), RowPair("escrows", None, ROW)])

    assert brief(found) == [("$rows.escrows[0]", "missing"), ("$rows.escrows[1]", "extra")]
    assert (found[0].modern, found[1].legacy) == (ABSENT, ABSENT)


def test_a_row_that_is_made_once_more_is_one_too_many() -> None:
    again = RowPair("escrows", ROW, dict(ROW), is_again=True)
    another = RowPair("escrows", ROW, ROW | {"city": "Oldtown"}, is_again=True)

    found = row_differences([again, another])

    assert [(one.path, one.kind.value, one.modern) for one in found] == [("$rows.escrows[0]", "extra", ROW)]


def test_rules_hold_for_rows_at_their_paths() -> None:
    rules = RuleBook(rules=(by_shape("$rows.escrows[*].city"),)).for_endpoint(LIST)
    pair = RowPair("escrows", ROW, ROW | {"city": "Oldtown", "price": 6})

    assert brief(row_differences([pair], rules.tree)) == [("$rows.escrows[0].price", "value")]
    assert rules.compare_at(("$", "rows", "city")) is Compare.VALUE


def test_there_is_a_bound_for_differences() -> None:
    pairs = [RowPair("escrows", ROW, None)] * (MAX_DIFFERENCES + 5)

    assert len(row_differences(pairs)) == MAX_DIFFERENCES
