"""JSON bodies, read leniently and changed in few places."""

import gzip
import json
from typing import Any

import pytest

from parity.exchange import Observation
from parity.recordings.json_bodies import answer_rewritten, json_of, rewritten
from tests.parity.recordings.factories import answered


def with_b(value: Any) -> Any:
    return value | {"b": 2}


def test_an_answer_is_its_value_and_anything_else_is_none() -> None:
    assert json_of(answered({"a": 1})) == {"a": 1}
    assert [json_of(Observation(200, (), body)) for body in (b"", b"{", b"[" * 200_000, b"\xff")] == [
        None
    ] * 4
    assert json_of(Observation(200, (("content-encoding", "zip"),), b"{}")) is None


def test_only_the_changed_places_are_changed() -> None:
    body = '{"a": 1.10, "t": "é\\ud800", "n": null}'.encode()

    found = rewritten(body, with_b)

    assert json.loads(found) == json.loads(body) | {"b": 2}


@pytest.mark.parametrize("body", [b'{"a":  1}', b"{", b'{"a": 0.10000000000000000555}'])
def test_a_body_stays_byte_for_byte_where_it_is_not_or_cannot_be_changed(body: bytes) -> None:
    unchanged = body == b'{"a":  1}'

    assert rewritten(body, dict if unchanged else with_b) == body


def test_an_answer_that_is_rewritten_is_not_compressed_any_more_and_one_that_cannot_be_read_stays() -> None:
    zipped = Observation(200, (("content-encoding", "gzip"), ("etag", "1")), gzip.compress(b'{"a": 1}'))
    broken = Observation(200, (("content-encoding", "gzip"),), b"no gzip")

    found = answer_rewritten(zipped, with_b)

    assert (json.loads(found.body), found.headers) == ({"a": 1, "b": 2}, (("etag", "1"),))
    assert answer_rewritten(broken, with_b) == broken
