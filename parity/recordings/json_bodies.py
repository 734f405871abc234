"""JSON bodies of answers and requests, read leniently, and changed in few places without touching the rest."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from parity.bodies import decoded
from parity.errors import BodyError
from parity.exchange import Observation


def json_of(observation: Observation) -> Any:
    """The JSON value of an answer; None where it has none."""
    try:
        return json.loads(decoded(observation))
    except (BodyError, ValueError, RecursionError):
        return None


def rewritten(body: bytes, change: Callable[[Any], Any]) -> bytes:
    """A JSON body with some values changed; as it was where nothing is, or where writing it anew would change more."""
    try:
        value = json.loads(body)
        changed = change(value)
        if changed == value:
            return body
        exact = json.loads(body, parse_float=Decimal)
        same = json.loads(json.dumps(value), parse_float=Decimal)
    except (ValueError, RecursionError):
        return body
    return json.dumps(changed).encode() if exact == same else body


def answer_rewritten(answer: Observation, change: Callable[[Any], Any]) -> Observation:
    """An answer with some values of its body changed, and then not compressed; as it was where it cannot be decoded."""
    try:
        body = rewritten(decoded(answer), change)
    except BodyError:
        return answer
    headers = tuple(pair for pair in answer.headers if pair[0] != "content-encoding")
    return msgspec.structs.replace(answer, body=body, headers=headers)
