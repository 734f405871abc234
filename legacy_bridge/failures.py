"""What a handler answers when the database refuses one of its statements (Q-09)."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from legacy_bridge.errors import Refusal


@contextmanager
def failing_as(code: str, message: str) -> Iterator[None]:
    """Any refusal of the database is a 500 with this code and message."""
    try:
        yield
    except psycopg.Error as error:
        raise Refusal(500, code, message) from error
