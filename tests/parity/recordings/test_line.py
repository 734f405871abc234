"""A line of a recording: what is read from it, what is written, what is said of a bad one."""

import json
from pathlib import Path
from typing import Any

import pytest

from parity.errors import RecordingError
from parity.recordings.line import decoded_line, encoded_line, reason_phrase
from tests.parity.recordings.factories import recorded, whole


def line(**request: Any) -> str:
    return json.dumps({"request": {"method": "GET", "path": "/v1/escrows"} | request})


def test_every_exchange_is_read_as_it_was_written() -> None:
    exchange = whole(number=7)

    assert decoded_line(encoded_line(exchange), 7) == exchange


def test_an_answer_without_its_body_stays_one() -> None:
    without = recorded(answer_body=None)

    assert decoded_line(encoded_line(without), 1) == without
    assert without.answer is None


def test_a_request_without_an_answer_stays_one() -> None:
    alone = recorded(status=0, answer_headers=(), answer_body=b"")

    assert decoded_line(encoded_line(alone), 1) == alone
    assert alone.answer is None


def test_the_recorded_api_is_read_as_it_is(contract: Path) -> None:
    files = sorted((contract / "exchanges").glob("*.jsonl"))

    lines = [
        decoded_line(text, number)
        for file in files
        for number, text in enumerate(file.read_text().splitlines(), 1)
    ]

    assert len(lines) == 567
    assert {one.user for one in lines} >= {"admin_ada", "apikey:agent_ann", "badtoken", ""}
    listed = lines[[one.id for one in lines].index("escrows-002")]
    assert (listed.method, listed.target, listed.status) == ("GET", "/v1/escrows?page=2&limit=5", 200)
    assert listed.answer is not None
    assert json.loads(listed.answer.body)["success"] is True


def test_bodies_that_were_written_by_hand_are_sent_as_json_or_as_they_stand() -> None:
    assert decoded_line(line(body={"a": 1}), 1).body == b'{"a": 1}'
    assert decoded_line(line(body="@raw:{broken"), 1).body == b"{broken"
    assert decoded_line(line(body="plain"), 1).body == b"plain"
    assert decoded_line(line(body="text", headers={"Content-Type": "application/json"}), 1).body == b'"text"'


def test_a_query_that_was_written_as_an_object_is_encoded() -> None:
    found = decoded_line(
        line(query={"search": "a b&c", "all": True, "id": "{{create.data.id}}", "n": [1, 2]}), 1
    )

    assert found.target == "/v1/escrows?search=a+b%26c&all=true&id={{create.data.id}}&n=1&n=2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "[1]: expected an object"),
        (line(method="G T"), 'request.method: "G T": expected a method like GET'),
        (line(path="v1"), 'request.path: "v1": expected a path from / on, as it is on the wire'),
        (line(path="/a b"), 'request.path: "/a b": expected a path from / on, as it is on the wire'),
        (
            line(path="/a", query="b\r\nX: 1"),
            'request.path: "/a": expected a path from / on, as it is on the wire',
        ),
        (line(headers={"A": 1}), 'request.headers: ["A", 1]: expected a name and a value, both texts'),
        (
            line(headers={"A": "b\r\nc"}),
            'request.headers: ["A", "b\\r\\nc"]: expected no line breaks in a header',
        ),
        (line(body_base64="*"), 'request.body_base64: "*": expected base64'),
        ('{"request": 5}', "request: 5: expected an object"),
        ('{"request": {"method": "GET", "path": "/"}, "at_s": "x"}', 'at_s: "x": expected a number'),
        (
            '{"request": {"method": "GET", "path": "/"}, "backend": "old"}',
            'backend: "old": expected legacy or modern',
        ),
        (
            '{"request": {"method": "GET", "path": "/"}, "response": {"status": 99}}',
            "response.status: 99: expected 100 to 599",
        ),
    ],
)
def test_a_bad_line_is_one_sentence_that_names_the_field(text: str, said: str) -> None:
    with pytest.raises(RecordingError) as caught:
        decoded_line(text, 1)

    assert str(caught.value) == said


def test_a_status_that_http_does_not_know_has_no_phrase() -> None:
    assert (reason_phrase(404), reason_phrase(599)) == ("Not Found", "")
