"""Masks and tokens of a recording against actual values."""

import gzip
import json
from typing import Any

import msgspec
import pytest

from parity.exchange import Observation
from parity.recordings.masks import masked
from parity.redact import Redactor
from tests.parity.recordings.factories import answered

REDACTOR = Redactor(b"key")


def of(actual: Any, recorded: Any) -> Any:
    return json.loads(masked(answered(actual), answered(recorded), REDACTOR).body)


def test_a_mask_takes_any_text_in_its_place() -> None:
    assert of({"token": "ey.a.b", "list": [{"t": "x"}]}, {"token": "<jwt>", "list": [{"t": "<key>"}]}) == {
        "token": "<jwt>",
        "list": [{"t": "<key>"}],
    }


@pytest.mark.parametrize("actual", ["", None, 5, ["a"]])
def test_a_mask_takes_nothing_else(actual: Any) -> None:
    assert of({"token": actual}, {"token": "<jwt>"}) == {"token": actual}


def test_a_token_takes_its_own_value_alone() -> None:
    token = REDACTOR.token("ann@example.test")

    assert of({"email": "ann@example.test"}, {"email": token}) == {"email": token}
    assert of({"email": "bob@example.test"}, {"email": token}) == {"email": "bob@example.test"}
    assert of({"account": 123}, {"account": REDACTOR.token(123)}) == {"account": REDACTOR.token(123)}


def test_lists_of_another_length_are_left_to_the_comparison() -> None:
    assert of({"list": ["a", "b"]}, {"list": ["<key>"]}) == {"list": ["a", "b"]}


def test_a_compressed_answer_is_masked_too() -> None:
    plain = answered({"t": "a"})
    packed = msgspec.structs.replace(
        plain, headers=(("content-encoding", "gzip"),), body=gzip.compress(plain.body)
    )
    odd = msgspec.structs.replace(plain, headers=(("content-encoding", "zip"),))

    assert json.loads(masked(packed, answered({"t": "<jwt>"}), REDACTOR).body) == {"t": "<jwt>"}
    assert masked(odd, answered({"t": "<jwt>"}), REDACTOR) is odd


def test_an_answer_without_masks_is_not_touched() -> None:
    actual = Observation(200, (), b'{"a":  1}')

    assert masked(actual, answered({"a": 1}), REDACTOR) is actual
