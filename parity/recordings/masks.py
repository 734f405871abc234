"""What a recording holds in place of secrets: an actual value where a mask stands is taken as that mask.

`<jwt>` is a mask for any text; `<e-mail:17:3f9c0a7712de>` is the token of one value (`parity/redact.py`), and only that
value is equal to it.
"""

import re
from collections.abc import Collection
from typing import Any

from parity.exchange import Observation
from parity.recordings.json_bodies import answer_rewritten, json_of
from parity.recordings.line import Pairs, RecordedExchange
from parity.redact import Redactor

_MASK = re.compile(r"<[A-Za-z_]{1,40}>\Z")
_TOKEN = re.compile(r"<[a-z-]{1,40}:\d{1,9}:[0-9a-f]{12}>")
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})


def masked(actual: Observation, recorded: Observation, redactor: Redactor) -> Observation:
    """The actual answer with the recording's masks wherever its values fit them."""
    if b'"<' not in recorded.body or not actual.body:
        return actual
    known = json_of(recorded)
    return answer_rewritten(actual, lambda value: _masked(value, known, redactor))


def is_redacted(exchange: RecordedExchange, given: Collection[str]) -> bool:
    """Whether a request cannot be sent as it was: tokens stand where it matters. `given` are headers that are replaced."""
    known = {name.lower() for name in given}
    texts = [value for name, value in exchange.headers if name.lower() in _CREDENTIALS - known]
    return any(_TOKEN.search(text) for text in (exchange.target, exchange.body.decode("latin-1"), *texts))


def without_tokens(headers: Pairs) -> Pairs:
    """The headers that are still what they were."""
    return tuple(pair for pair in headers if not _TOKEN.search(pair[1]))


def _masked(actual: Any, recorded: Any, redactor: Redactor) -> Any:
    match actual, recorded:
        case dict(), dict():
            return {key: _masked(value, recorded.get(key), redactor) for key, value in actual.items()}
        case list(), list() if len(actual) == len(recorded):
            return [_masked(*pair, redactor) for pair in zip(actual, recorded, strict=True)]
        case str(), str() if actual and _MASK.match(recorded):
            return recorded
        case str() | int() | float(), str() if (
            _TOKEN.fullmatch(recorded) and redactor.token(actual) == recorded
        ):
            return recorded
        case _:
            return actual
