"""Refusals of the database as answers."""

import psycopg
import pytest

from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as


def test_a_refusal_of_the_database_is_an_error_of_the_server() -> None:
    with pytest.raises(Refusal) as caught, failing_as("CODE", "message"):
        raise psycopg.DataError("secret details")

    assert (caught.value.status, caught.value.error) == (500, {"code": "CODE", "message": "message"})


def test_another_refusal_passes() -> None:
    with pytest.raises(Refusal, match="as it was"), failing_as("CODE", "message"):
        raise Refusal(404, "NOT_FOUND", "as it was")
