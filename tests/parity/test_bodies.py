"""Bodies made comparable within bounds; whatever is sent, a value or a reason comes out."""

import gzip
import importlib
import json
import zlib
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bodies import Bounds, Text, decoded, parse, value_of
from parity.errors import BodyError
from parity.outcome import ABSENT
from tests.parity.factories import JSON, observation

brotli: Any = importlib.import_module("brotli")
PLAIN = json.dumps({"rows": [{"id": number} for number in range(2_000)]}).encode()
RAW_DEFLATE = zlib.compressobj(wbits=-15)
ENCODED = {
    "gzip": gzip.compress(PLAIN),
    "deflate": zlib.compress(PLAIN),
    "deflate, identity": RAW_DEFLATE.compress(PLAIN) + RAW_DEFLATE.flush(),
    "br": brotli.compress(PLAIN),
    "deflate, gzip": gzip.compress(zlib.compress(PLAIN)),
}


def reason(body: bytes, **bounds: int) -> str:
    with pytest.raises(BodyError) as caught:
        parse(body, Bounds(**bounds))
    return caught.value.reason


@pytest.mark.parametrize("coding", ENCODED)
def test_a_compressed_body_is_decoded(coding: str) -> None:
    answer = observation(ENCODED[coding], headers=(*JSON, ("content-encoding", coding)))

    assert decoded(answer) == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_inflates_over_the_bound_is_refused_without_being_inflated(coding: str) -> None:
    bomb = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding](b"0" * 50_000_000)
    answer = observation(bomb, headers=(*JSON, ("content-encoding", coding)))

    with pytest.raises(BodyError, match="body_too_large"):
        decoded(answer, Bounds(max_bytes=100_000))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize(
    "spoil", [lambda body: body[:-4], lambda body: b"no " + body, lambda body: body[:20]]
)
def test_a_broken_encoding_is_a_reason(coding: str, spoil: Any) -> None:
    with pytest.raises(BodyError, match="encoding_broken"):
        decoded(observation(spoil(ENCODED[coding]), headers=(("content-encoding", coding),)))


def test_an_unknown_encoding_is_a_reason() -> None:
    with pytest.raises(BodyError, match="encoding_unknown"):
        decoded(observation(b"x", headers=(("content-encoding", "zstd"),)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" * 100 + b"]" * 100, "too_deep"),
        (b"[" * 1_000_000, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
        (b'{"a":1,"a":1}', "duplicate_keys"),
        (b"[NaN]", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b"[" + b"9" * 1_000_000 + b"]", "number_too_long"),
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


def test_a_body_over_the_bound_is_a_reason() -> None:
    with pytest.raises(BodyError, match="body_too_large"):
        value_of(observation(b"[" + b"1," * 100 + b"1]"), Bounds(max_bytes=100))


def test_numbers_are_exact() -> None:
    assert parse(b"[1.50, 0.10000000000000000001, 12345678901234567890, 1e2]") == [
        1.5,
        Decimal("0.10000000000000000001"),
        12345678901234567890,
        100.0,
    ]


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse(rb'["\ud83d\ude00"]') == ["\U0001f600"]


def test_what_claims_to_be_json_and_is_not_is_text() -> None:
    value = value_of(observation(b'{"a": [1, 2'))

    assert (value, type(value)) == ('{"a": [1, 2', Text)


def test_other_types_are_text_or_bytes() -> None:
    assert type(value_of(observation(b"<p>", headers=(("content-type", "text/html"),)))) is Text
    assert value_of(observation(b"\xff\xfe", headers=(("content-type", "image/png"),))) == b"\xff\xfe"
    assert value_of(observation(b"")) is ABSENT


@pytest.mark.parametrize("content_type", ["application/json", "Application/Problem+JSON; charset=utf-8"])
def test_json_is_known_by_its_type(content_type: str) -> None:
    assert value_of(observation(b"[1]", headers=(("content-type", content_type),))) == [1]


@given(st.binary(max_size=200) | st.text('{}[]",:0123456789eE.-ntfu\\d8 ', max_size=60).map(str.encode))
def test_any_bytes_are_a_value_or_a_reason(body: bytes) -> None:
    with suppress(BodyError):
        value_of(observation(body))
