"""Recorded exchanges made fit to be kept."""

import gzip
import json

from parity.recordings.line import decoded_line, encoded_line
from parity.recordings.redacting import redacted
from parity.redact import Redactor
from tests.parity.recordings.factories import recorded

REDACTOR = Redactor(b"key")
ENDPOINT = "GET /v1/escrows/{id}"


def test_nothing_that_could_be_harmful_stays() -> None:
    exchange = recorded(
        id="ann@example.test",
        target="/v1/escrows/Ann?search=Ann%20Agent&page=2",
        headers=(("Authorization", "Bearer s3cret"), ("Cookie", "sid=s3cret"), ("s3cret-0123456789", "x")),
        body=b"password=s3cret",
        answer={"name": "Ann", "price": 5, "id": "e5c00000-0000-4000-8000-000000000001"},
        answer_headers=(("content-type", "application/json"), ("set-cookie", "sid=s3cret; Path=/")),
    )

    line = encoded_line(redacted(exchange, ENDPOINT, REDACTOR))

    assert [one for one in ("Ann", "s3cret", "example") if one in line] == []
    kept = decoded_line(line, 1)
    assert kept.target.startswith("/v1/escrows/<")
    assert kept.target.endswith("&page=2")
    answer = json.loads(kept.answer_body or b"")
    assert (answer["price"], answer["id"]) == (5, "e5c00000-0000-4000-8000-000000000001")
    assert answer["name"] == REDACTOR.token("Ann")


def test_a_long_answer_is_kept_to_its_end() -> None:
    kept = redacted(recorded(answer=[{"id": n} for n in range(1_000)]), ENDPOINT, REDACTOR)

    assert json.loads(kept.answer_body or b"") == [{"id": n} for n in range(1_000)]


def test_a_compressed_body_is_kept_as_what_it_holds() -> None:
    headers = (("content-type", "application/json"), ("content-encoding", "gzip"))

    kept = redacted(
        recorded(answer_headers=headers, answer_body=gzip.compress(b'{"id": 1}')), ENDPOINT, REDACTOR
    )

    assert (kept.answer_body, kept.answer_headers) == (b'{"id": 1}', headers[:1])


def test_what_is_no_json_or_cannot_be_read_is_one_token() -> None:
    text = recorded(answer_headers=(("content-type", "text/csv"),), answer_body=b"a,b")
    broken = recorded(answer_headers=(("content-encoding", "gzip"),), answer_body=b"a,b")

    assert redacted(text, ENDPOINT, REDACTOR).answer_body == REDACTOR.token("a,b").encode()
    assert redacted(broken, ENDPOINT, REDACTOR).answer_body == REDACTOR.token(b"a,b").encode()


def test_no_body_stays_none() -> None:
    assert redacted(recorded(answer_body=None), ENDPOINT, REDACTOR).answer_body is None
    assert redacted(recorded(answer_body=b""), ENDPOINT, REDACTOR).answer_body == b""
