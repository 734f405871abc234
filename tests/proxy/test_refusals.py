"""The proxy's own answers."""

import json
from http import HTTPStatus

import pytest

from proxy.refusals import Refusal


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_is_json_in_the_envelope_with_its_cause(refusal: Refusal) -> None:
    body = json.loads(refusal.body("r-1"))
    headers = dict(refusal.headers("r-1"))

    assert body["success"] is False
    assert set(body["error"]) == {"code", "message", "requestId"}
    assert body["error"]["requestId"] == headers["X-Request-Id"] == "r-1"
    assert headers["Proxy-Status"].startswith("crossfade; error=")
    assert HTTPStatus(refusal.status) >= HTTPStatus.BAD_REQUEST


def test_a_busy_service_says_when_to_come_again() -> None:
    assert ("Retry-After", "1") in Refusal.BUSY.headers("r-1")
    assert "Retry-After" not in dict(Refusal.BROKEN.headers("r-1"))


@pytest.mark.parametrize(
    ("refusal", "word"),
    [
        (Refusal.REFUSED, "refused"),
        (Refusal.SILENT, "timeout"),
        (Refusal.UNREACHED, "timeout"),
        (Refusal.BROKEN, "broken"),
        (Refusal.MALFORMED, "broken"),
    ],
)
def test_a_failure_is_one_word_of_an_observation(refusal: Refusal, word: str) -> None:
    assert refusal.observed_error == word
