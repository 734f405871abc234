"""JSON read exactly and within bounds, whichever parser it was."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BodyError
from parity.json_body import BOUNDS, Bounds, _exactly, parse

NUMBERS = st.from_regex(r"\A-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?\Z")


def reason(body: bytes, **bounds: int) -> str:
    with pytest.raises(BodyError) as caught:
        parse(body, Bounds(**bounds))
    return caught.value.reason


def told(read: Any, body: bytes) -> Any:
    """The value with its types, or why there is none."""
    try:
        return repr(read(body))
    except (ValueError, BodyError) as error:
        return type(error)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" * 90_000, "too_deep"),
        (b'{"a":' * 90_000, "too_deep"),
        (b"[" * 1_000_000, "too_many_values"),
        (b'{"a":1,"a":1}', "duplicate_keys"),
        (b'{"b":[{"a":1e5,"a":1}]}', "duplicate_keys"),
        (rb'{"a\"":1,"\u0061\"":1}', "duplicate_keys"),
        (b"[NaN]", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b"[" + b"9" * 1_000_000 + b"]", "number_too_long"),
        (b"[ " + b"9" * 5_000 + b" ]", "number_too_long"),
        (b"[0." + b"9" * 1_000_000 + b"]", "number_too_long"),
        (b"[1e999]", "number_too_large"),
        (b"[1e-99999]", "number_too_large"),
        (b"[1e99999999999999999999]", "number_too_large"),
        (rb'["\ud800"]', "lone_surrogate"),
        (rb'{"\uDFFF": 1}', "lone_surrogate"),
    ],
)
def test_hostile_json_is_a_reason(body: bytes, expected: str) -> None:
    assert reason(body) == expected


def test_numbers_are_exact() -> None:
    assert parse(b"[1.50, 0.10000000000000000001, 12345678901234567890, 1e2, 1e-400]") == [
        1.5,
        Decimal("0.10000000000000000001"),
        12345678901234567890,
        100.0,
        Decimal("1e-400"),
    ]


@given(st.lists(NUMBERS, min_size=1, max_size=4), st.booleans())
def test_every_number_is_what_the_exact_parser_reads(texts: list[str], spaced: bool) -> None:  # noqa: FBT001 - drawn
    body = f"[{', '.join(texts)}]" if spaced else f"[{','.join(texts)}]"

    assert told(parse, body.encode()) == told(lambda found: _exactly(found, BOUNDS), body.encode())


@given(st.text('{}[]",:0123456789eE.-ntfu\\d8 ', max_size=40).map(str.encode) | st.binary(max_size=30))
def test_any_bytes_are_what_the_exact_parser_says(body: bytes) -> None:
    assert told(parse, body) == told(lambda found: _exactly(found, BOUNDS), body)


def test_texts_that_look_like_exotic_numbers_are_texts() -> None:
    body = json.dumps(["4f3e-400-1.0", "1234567890.1234567890", {"1e-999": "1e-999"}] * 50).encode()

    assert parse(body) == json.loads(body)


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse(rb'["\ud83d\ude00"]') == ["\U0001f600"]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_reason_or_no_json(body: bytes) -> None:
    with suppress(BodyError, ValueError):
        parse(body)
