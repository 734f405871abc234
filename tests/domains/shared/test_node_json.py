"""Values as Node has them."""

from datetime import UTC, date, datetime

import pytest

from domains.shared import node_json


def test_json_has_no_ascii_escapes_and_no_spaces() -> None:
    assert (
        node_json.dumps({"a": "é</b>", "b": [1, 2.5, None, True]})
        == '{"a":"é</b>","b":[1,2.5,null,true]}'.encode()
    )


def test_a_whole_number_is_whole_however_it_was_written() -> None:
    assert repr(node_json.loads("[10375.0, 1e3, 1.50, -0.5, 1e300]")) == "[10375, 1000, 1.5, -0.5, 1e+300]"


def test_dates_and_times_are_iso_with_milliseconds() -> None:
    moment = datetime(2025, 1, 8, 17, 2, 0, 648999, tzinfo=UTC)

    written = [
        node_json.column_value(value) for value in (date(2025, 8, 3), moment, "450000.00", None, {"a": 1})
    ]

    assert written == ["2025-08-03T00:00:00.000Z", "2025-01-08T17:02:00.648Z", "450000.00", None, {"a": 1}]


@pytest.mark.parametrize(
    ("values", "chosen"),
    [((0, 5), 5), (("", None), None), (([], 1), []), (({}, 1), {}), ((False, 0, "x"), "x"), ((0, 0), 0)],
)
def test_either_is_the_or_of_javascript(values: tuple[object, ...], chosen: object) -> None:
    assert node_json.either(*values) == chosen


def test_a_field_of_something_without_fields_is_nothing() -> None:
    assert [node_json.field(value, "a") for value in ({"a": 1}, {}, [1], "a", None)] == [
        1,
        None,
        None,
        None,
        None,
    ]


def test_a_numeric_as_a_number() -> None:
    assert [node_json.number(text) for text in ("450000.00", "2.50", None, "NaN")] == [450000, 2.5, 0, 0]


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({"n": 5}, 5.0),
        ({"n": "-5"}, -5.0),
        ({"n": None}, 0.0),
        ({"n": "x"}, None),
        ({"n": [1]}, None),
        ({}, None),
    ],
)
def test_a_number_of_a_body(body: dict[str, object], number: float | None) -> None:
    assert node_json.number_of(body, "n") == number


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2027-05-01", datetime(2027, 5, 1, tzinfo=UTC)),
        ("2027-05-01T10:00:00+00:00", datetime(2027, 5, 1, 10, tzinfo=UTC)),
        ("soon", None),
        (None, None),
        (5, None),
    ],
)
def test_a_moment_of_a_body(value: object, moment: datetime | None) -> None:
    assert node_json.moment_of(value) == moment


@pytest.mark.parametrize(
    ("value", "is_true"), [([], True), ({}, True), ("0", True), ("", False), (0, False), (None, False)]
)
def test_an_empty_array_is_true(value: object, *, is_true: bool) -> None:
    assert node_json.truthy(value) is is_true
