"""Refusals as data."""

from domains.shared.errors import ForbiddenError, NotFoundError
from domains.shared.refusals import OF_KEYS, OF_TOKENS, fault, refusals


def test_an_error_is_its_status_and_its_code() -> None:
    assert refusals(ForbiddenError, NotFoundError, (400, "MISSING_FIELDS")) == {
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (400, "MISSING_FIELDS"),
    }


def test_keys_are_refused_for_more_than_tokens() -> None:
    assert {code for _, code in OF_KEYS - OF_TOKENS} == {
        "INVALID_API_KEY",
        "API_KEY_EXPIRED",
        "API_KEY_DEACTIVATED",
    }


def test_a_refusal_tells_what_its_code_tells_and_nothing_else() -> None:
    error = fault("VERSION_CONFLICT").schema["properties"]["error"]

    assert set(error["properties"]) == {"code", "message", "currentVersion", "attemptedVersion"}
    assert error["required"] == ["code", "message"]
    assert error["additionalProperties"] is False
