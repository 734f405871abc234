"""The proxy's own answers."""

import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest

from proxy.refusals import Refusal
from proxy.wire.heads import answer_head
from tests.proxy.wire.rig import parsed

WIRE = Path(__file__).parents[2] / "docs" / "wire.md"


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_is_json_in_the_envelope_with_its_cause(refusal: Refusal) -> None:
    answer = parsed(refusal.answer("r-1"))
    body = json.loads(answer.body)

    assert body["success"] is False
    assert set(body["error"]) == {"code", "message", "requestId"}
    assert body["error"]["requestId"] == answer.header("X-Request-Id") == "r-1"
    assert (answer.header("Proxy-Status") or "").startswith("crossfade; error=")
    assert HTTPStatus(answer.status) == refusal.status >= HTTPStatus.BAD_REQUEST
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("Connection") == "close"


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_is_an_answer_that_a_strict_reader_takes(refusal: Refusal) -> None:
    wire = refusal.answer("r-1")
    head = answer_head(wire[: wire.index(b"\r\n\r\n") + 4], to_head=False)

    assert (head.status, head.keeps_alive) == (refusal.status, False)
    assert len(wire) == wire.index(b"\r\n\r\n") + 4 + head.length


@pytest.mark.parametrize("refusal", Refusal)
def test_the_answer_to_head_says_how_long_the_body_would_be_and_has_none(refusal: Refusal) -> None:
    answer = parsed(refusal.answer("r-1", bodiless=True))

    assert answer.body == b""
    assert answer.header("Content-Length") == str(len(refusal.body("r-1")))


def test_a_busy_service_says_when_to_come_again() -> None:
    assert parsed(Refusal.BUSY.answer("r-1")).header("Retry-After") == "1"
    assert parsed(Refusal.BROKEN.answer("r-1")).header("Retry-After") is None


@pytest.mark.parametrize(
    ("refusal", "word"),
    [
        (Refusal.REFUSED, "refused"),
        (Refusal.SILENT, "timeout"),
        (Refusal.UNREACHED, "timeout"),
        (Refusal.BROKEN, "broken"),
        (Refusal.MALFORMED, "broken"),
        (Refusal.UNTRUSTED, "broken"),
        (Refusal.BUSY, "broken"),
    ],
)
def test_a_failure_is_one_word_of_an_observation(refusal: Refusal, word: str) -> None:
    assert refusal.observed_error == word


def test_every_refusal_is_a_word_of_its_own_in_logs() -> None:
    words = [refusal.word for refusal in Refusal]

    assert len(set(words)) == len(words)
    assert Refusal.LARGE_BODY.word == "large_body"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refusal.BAD_HEAD, 400),
        (Refusal.CONNECT, 405),
        (Refusal.SLOW, 408),
        (Refusal.LARGE_BODY, 413),
        (Refusal.LONG_LINE, 414),
        (Refusal.LARGE_HEAD, 431),
        (Refusal.VERSION, 505),
        (Refusal.LOOP, 508),
        (Refusal.REFUSED, 502),
        (Refusal.BUSY, 503),
        (Refusal.SILENT, 504),
    ],
)
def test_the_status_is_the_one_that_http_has_for_it(refusal: Refusal, status: int) -> None:
    assert refusal.status == status


def test_each_is_documented_as_it_is_and_none_that_is_gone() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| `(\w+)` \| `(\w+)` \|", WIRE.read_text(), re.MULTILINE)

    assert {word: (int(status), code, error) for word, status, code, error in rows} == {
        one.word: (one.status, one.code, one.value[3]) for one in Refusal
    }
