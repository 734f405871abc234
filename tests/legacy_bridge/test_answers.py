"""The envelope and the headers."""

from legacy_bridge.answers import refused, respond, unexpected
from legacy_bridge.database import Statements
from legacy_bridge.errors import Refusal


def test_an_answer_carries_the_recorded_headers() -> None:
    answer = respond(200, {"name": "é"}, Statements(3, 0.0125))

    assert answer.text == '{"name":"é"}'
    assert dict(answer.headers) == {
        "Content-Type": "application/json; charset=utf-8",
        "Vary": "Origin, Accept-Encoding",
        "X-Query-Count": "3",
        "Server-Timing": "db;dur=12.50",
        "RateLimit-Policy": "500;w=900",
        "RateLimit-Limit": "500",
    }


def test_an_answer_from_before_the_rate_limiter_does_not_mention_it() -> None:
    answer = respond(400, {}, Statements(), rate_limited=False)

    assert "RateLimit-Limit" not in answer.headers


def test_a_refusal_keeps_the_order_of_its_keys() -> None:
    body = refused(Refusal(400, "CODE", "message", details=[1]))

    assert body == {"success": False, "error": {"code": "CODE", "message": "message", "details": [1]}}
    assert list(body["error"]) == ["code", "message", "details"]


def test_unexpected_errors_can_be_told_apart() -> None:
    one, other = unexpected(500), unexpected(500)

    assert one.error["errorId"] != other.error["errorId"]
