"""The envelope and the headers."""

from legacy_bridge.answers import refused, respond, too_many, unexpected
from legacy_bridge.database import Statements
from legacy_bridge.errors import Refusal


def test_an_answer_carries_the_recorded_headers() -> None:
    answer = respond(200, {"name": "é"}, Statements(3, 0.0125), extra=[("Set-Cookie", "a=b")])

    assert answer.text == '{"name":"é"}'
    assert dict(answer.headers) == {
        "Content-Type": "application/json; charset=utf-8",
        "Vary": "Origin, Accept-Encoding",
        "X-Query-Count": "3",
        "Server-Timing": "db;dur=12.50",
        "Set-Cookie": "a=b",
    }


def test_who_asks_too_often_is_answered_in_plain_text() -> None:
    answer = too_many(Statements(), [("Retry-After", "7")])

    assert (answer.status, answer.content_type) == (429, "text/html")
    assert answer.headers["Retry-After"] == "7"


def test_a_refusal_keeps_the_order_of_its_keys() -> None:
    body = refused(Refusal(400, "CODE", "message", details=[1]))

    assert body == {"success": False, "error": {"code": "CODE", "message": "message", "details": [1]}}
    assert list(body["error"]) == ["code", "message", "details"]


def test_unexpected_errors_can_be_told_apart() -> None:
    one, other = unexpected(500), unexpected(500)

    assert one.error["errorId"] != other.error["errorId"]
