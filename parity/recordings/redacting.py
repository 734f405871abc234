"""A recorded exchange made fit to be kept: whatever is not known to be harmless is a token, the rest stays.

It can be compared, with other recordings of the same installation and with actual answers. It can be sent again as far
as its requests hold no tokens, which those with credentials do.
"""

import json
import sys
from dataclasses import replace

from parity.bodies import Text, value_of
from parity.errors import BodyError
from parity.exchange import Observation
from parity.outcome import ABSENT
from parity.paths import BODY, is_word
from parity.recordings.line import Pairs, RecordedExchange
from parity.redact import Redactor


def redacted(exchange: RecordedExchange, endpoint: str, redactor: Redactor) -> RecordedExchange:
    """With tokens in target, headers and bodies; `endpoint` says which segments of the path are literal."""
    answer = exchange.answer_body
    return replace(
        exchange,
        id=redactor.identifier(exchange.id),
        target=redactor.target(exchange.target, endpoint),
        headers=_headers(exchange.headers, redactor),
        body=_body(exchange.headers, exchange.body, redactor),
        answer_headers=_headers(exchange.answer_headers, redactor),
        answer_body=None if answer is None else _body(exchange.answer_headers, answer, redactor),
    )


def _headers(headers: Pairs, redactor: Redactor) -> Pairs:
    """Bodies are kept decoded, so their coding is left out; so are names that are values."""
    return tuple(
        (name, redactor.header(name.lower(), value))
        for name, value in headers
        if is_word(name) and name.lower() not in ("content-encoding", "content-length")
    )


def _body(headers: Pairs, body: bytes, redactor: Redactor) -> bytes:
    lower = tuple((name.lower(), value) for name, value in headers)
    try:
        value = value_of(Observation(200, lower, body))
    except BodyError:
        return redactor.token(body).encode()
    if value is ABSENT:
        return b""
    if isinstance(value, Text | bytes):
        return redactor.token(value).encode()
    return json.dumps(redactor.value(BODY, value, max_nodes=sys.maxsize)).encode()
