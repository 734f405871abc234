"""Answers that show why the database refused."""

import psycopg
import pytest

from legacy_bridge.errors import Refusal
from legacy_bridge.sql_errors import message_of, showing_why


def test_the_sentence_of_postgresql_is_in_the_details(database_url: str) -> None:
    with (
        pytest.raises(Refusal) as caught,
        psycopg.connect(database_url) as connection,
        showing_why("FETCH_ERROR", "Failed to fetch"),
    ):
        connection.execute("SELECT 'x'::uuid")

    details = 'invalid input syntax for type uuid: "x"'
    assert caught.value.status == 500
    assert caught.value.error == {"code": "FETCH_ERROR", "message": "Failed to fetch", "details": details}


def test_an_error_of_the_driver_has_its_own_sentence() -> None:
    assert message_of(psycopg.OperationalError("connection lost")) == "connection lost"
