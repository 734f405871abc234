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
        ({"n": [1]}, 1),
        ({"n": []}, 0),
        ({"n": [1, 2]}, None),
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
        (5, datetime(1970, 1, 1, 0, 0, 0, 5000, tzinfo=UTC)),
        (1e300, None),
    ],
)
def test_a_moment_of_a_body(value: object, moment: datetime | None) -> None:
    assert node_json.moment_of(value) == moment


@pytest.mark.parametrize(
    ("value", "is_true"), [([], True), ({}, True), ("0", True), ("", False), (0, False), (None, False)]
)
def test_an_empty_array_is_true(value: object, *, is_true: bool) -> None:
    assert node_json.truthy(value) is is_true


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\xef\xbb\xbf{}", {}),
        (b'{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": 9007199254740993, "b": 1e400}', {"a": 9007199254740992, "b": float("inf")}),
        (b'{"a": 1, "a": 2.0}', {"a": 2}),
    ],
)
def test_a_body_is_parsed_as_node_parses_it(raw: bytes, value: object) -> None:
    parsed = node_json.parse(raw)

    assert (parsed, repr(parsed)) == (value, repr(value))


@pytest.mark.parametrize("raw", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": 1}b', b"[" * 20_000])
def test_what_is_not_json_or_too_deep_is_refused(raw: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        node_json.parse(raw)


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    assert (
        node_json.dumps({"a": ["\ud800", float("inf")], "b": "é"}) == rb'{"a":["\ud800",null],"b":"\u00e9"}'
    )


def test_the_driver_replaces_half_a_surrogate_pair() -> None:
    sent = node_json.well_formed(["a\ud800", ["\ud83d\ude00"], 1, None])

    assert sent == ["a\ufffd", ["\U0001f600"], 1, None]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("a", "a"),
        (True, "true"),
        (0, "0"),
        (1.5e-7, "1.5e-7"),
        (1e300, "1e+300"),
        ({"a": [1]}, '{"a":[1]}'),
        ([1, None, ['q"\\'], {}], r'{"1",NULL,{"q\"\\"},"{}"}'),
    ],
)
def test_a_value_is_text_for_the_database_as_the_recorded_driver_sends_it(
    value: object, text: str | None
) -> None:
    assert node_json.text(value) == text
