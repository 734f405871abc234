"""How many values a body would become, before any of them is made: memory grows with values, not with bytes.

A list of empty lists takes thirty times its bytes. What is over the bound is told by its bytes alone.
"""

import re

from parity.errors import BodyError

MAX_VALUES = 125_000
"""Of one body, unless it is configured otherwise: 250 KB cannot hold more, and need not be counted."""

# texts are taken whole, also one that never ends: in time linear in the body, whatever it is
_IN_JSON = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|([,\[{])', re.DOTALL)
_LEAST_BYTES = 2
"""A value and what parts it from the next."""


def check_json(body: bytes, most: int) -> None:
    """Raise BodyError("too_many_values") for JSON of more values than that; keys are no values."""
    if len(body) <= _LEAST_BYTES * most or sum(map(body.count, (b",", b"[", b"{"))) < most:
        return
    left = most
    for found in _IN_JSON.finditer(body):
        if found[1]:
            left -= 1
            if not left:
                raise BodyError("too_many_values")


def check_table(text: str, delimiter: str, most: int) -> None:
    """Raise BodyError("too_many_values") for a table of more rows and cells than that."""
    if len(text) <= most or 2 * text.count("\n") + text.count(delimiter) < most:
        return
    left = most
    # a row is a value too, and has a cell more than delimiters
    for found in re.finditer(rf'"(?:[^"]|"")*+(?:"|\Z)|(\n)|({re.escape(delimiter)})', text):
        left -= 2 if found[1] else 1 if found[2] else 0
        if left <= 0:
            raise BodyError("too_many_values")
