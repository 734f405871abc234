"""Bodies made comparable within bounds; whatever is sent, a value or a reason comes out."""

import gzip
import importlib
import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bodies import Body, Bounds, Media, Text, bodies_of, body_of, decoded, media_of, value_of
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


def test_a_body_over_the_bound_is_a_reason() -> None:
    with pytest.raises(BodyError, match="body_too_large"):
        body_of(observation(b"[" + b"1," * 100 + b"1]"), Bounds(max_bytes=100))


def typed(body: bytes, content_type: str) -> Body:
    return body_of(observation(body, headers=(("content-type", content_type),)))


def test_what_claims_to_be_json_and_is_not_is_text() -> None:
    found = body_of(observation(b'{"a": [1, 2'))

    assert found == Body(Media.TEXT, ['{"a": [1, 2'], Text('{"a": [1, 2'))
    assert type(found.whole) is Text


@pytest.mark.parametrize(
    ("content_type", "body", "media", "value"),
    [
        ("application/json", b"[1]", Media.JSON, [1]),
        ("Application/Problem+JSON; charset=utf-8", b"[1]", Media.JSON, [1]),
        ("application/x-www-form-urlencoded", b"a=1", Media.FORM, {"a": ["1"]}),
        ("application/x-www-form-urlencoded", b"a=%ff", Media.TEXT, ["a=%ff"]),
        ("text/html; charset=utf-8", b"<p>a</p>", Media.HTML, [{"p": [{"text": "a"}]}]),
        ("text/plain", b"a\nb", Media.TEXT, ["a", "b"]),
        ("text/plain; charset=ISO-8859-1", b"\xe9", Media.TEXT, ["\u00e9"]),
        ("text/plain", b"\xff\xfe", Media.BINARY, b"\xff\xfe"),
        ("image/png", b"abc", Media.BINARY, b"abc"),
        ("", b"abc", Media.TEXT, ["abc"]),
    ],
)
def test_a_body_is_read_by_its_media_type(content_type: str, body: bytes, media: Media, value: Any) -> None:
    found = typed(body, content_type)

    assert (found.media, found.value) == (media, value)


@pytest.mark.parametrize(
    ("content_type", "media"),
    [
        ("application/problem+JSON; charset=utf-8", Media.JSON),
        ("text/csv; charset=utf-8", Media.CSV),
        ("text/plain", Media.TEXT),
        ("", Media.TEXT),
    ],
)
def test_the_media_of_an_answer_is_that_of_its_content_type(content_type: str, media: Media) -> None:
    assert media_of(observation(headers=(("content-type", content_type),))) is media


def test_a_table_is_read_as_rows_and_columns() -> None:
    found = typed(b"id,n\n1,2\n", "text/csv")

    assert (found.media, found.value["rows"]) == (Media.CSV, [{"id": "1", "n": "2"}])


def test_no_body_is_absent() -> None:
    assert body_of(observation(b"")) == Body(Media.NONE, ABSENT, ABSENT)
    assert value_of(observation(b"")) is ABSENT


def test_the_value_of_a_body_is_what_is_compared() -> None:
    assert value_of(observation({"id": 7})) == {"id": 7}


def test_too_many_lines_are_one_text() -> None:
    assert typed(b"\n" * 200_000, "text/plain").value == Text("\n" * 200_000)


@given(
    st.binary(max_size=200) | st.text('{}[]",:0123456789eE.-ntfu\\d8 ', max_size=60).map(str.encode),
    st.sampled_from(["application/json", "text/csv", "text/html", "application/x-www-form-urlencoded"]),
)
def test_any_bytes_are_a_body_or_a_reason(body: bytes, content_type: str) -> None:
    with suppress(BodyError):
        typed(body, content_type)


def test_two_bodies_are_read_as_each_alone_and_share_what_has_the_same_bytes() -> None:
    items = [{"id": number, "note": "x" * 200} for number in range(40)]
    legacy = observation({"items": items})
    modern = observation(
        gzip.compress(json.dumps({"items": [*items[:-1], {"id": -1}]}).encode()),
        headers=(*JSON, ("content-encoding", "gzip")),
    )

    one, other = bodies_of(legacy, modern)

    assert (one, other) == (body_of(legacy), body_of(modern))
    assert other.value["items"][5] is one.value["items"][5]
