"""HAR files that we write: whole by the specification, and read back as they were."""

import io
import json
from typing import Any

from parity.recordings.har import read_har
from parity.recordings.har_writing import HarWriter
from parity.recordings.line import RecordedExchange
from tests.parity.recordings.factories import recorded, whole

WHOLE = whole(at_s=0.0)


def written(*exchanges: RecordedExchange, base_url: str = "http://crm.example:8080/") -> bytes:
    stream = io.BytesIO()
    HarWriter(stream, base_url, 1_795_000_000.0).write(exchanges)
    return stream.getvalue()


def test_an_exchange_is_read_back_as_it_was_written() -> None:
    bare = recorded(number=2, at_s=1.5, status=0, answer_headers=(), answer_body=None)

    assert list(read_har(written(WHOLE, bare), "a.har")) == [WHOLE, bare]


def test_an_entry_has_every_field_that_har_asks_for() -> None:
    [entry] = json.loads(written(WHOLE))["log"]["entries"]

    required: dict[str, set[str]] = {
        "": {"startedDateTime", "time", "request", "response", "cache", "timings"},
        "request": {
            *("method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"),
        },
        "response": {
            *("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"),
            *("headersSize", "bodySize"),
        },
    }
    parts: dict[str, Any] = {"": entry, "request": entry["request"], "response": entry["response"]}
    assert {part: fields - parts[part].keys() for part, fields in required.items()} == {
        "": set(),
        "request": set(),
        "response": set(),
    }
    assert entry["startedDateTime"] == "2026-11-18T11:06:40+00:00"
    assert entry["request"]["url"] == "http://crm.example:8080/v1/escrows/{{login.data.id}}?a=1&a=%20x&empty="
    assert entry["request"]["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "a", "value": " x"},
        {"name": "empty", "value": ""},
    ]
    assert entry["request"]["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    assert entry["response"]["redirectURL"] == "/x"
    assert entry["response"]["cookies"] == entry["request"]["cookies"]


def test_without_an_address_the_requests_went_nowhere() -> None:
    [entry] = json.loads(written(WHOLE, base_url=""))["log"]["entries"]

    assert entry["request"]["url"].startswith("http://backend.invalid/v1/")


def test_no_exchanges_are_a_whole_file() -> None:
    assert json.loads(written())["log"]["entries"] == []
