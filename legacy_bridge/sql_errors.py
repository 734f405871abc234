"""Answers that show why the database refused: its error text is in `details` (Q-07)."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from legacy_bridge.errors import Refusal


def message_of(error: psycopg.Error) -> str:
    """PostgreSQL's own sentence."""
    return error.diag.message_primary or str(error)


@contextmanager
def showing_why(code: str, message: str) -> Iterator[None]:
    """Any refusal of the database is a 500 with this code and message, and with PostgreSQL's sentence."""
    try:
        yield
    except psycopg.Error as error:
        raise Refusal(500, code, message, details=message_of(error)) from error
