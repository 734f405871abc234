"""HAR files as different programs write them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from parity.errors import RecordingError
from parity.recordings.files import Form, Recording
from parity.recordings.har import read_har
from parity.recordings.line import BadLine, RecordedExchange
from tests.support.origin import GZIPPED, Origin, origin
from tests.support.threads import in_thread


def entry(url: str = "http://crm.example/v1/escrows?page=2", **changes: Any) -> dict[str, Any]:
    """As Chromium's developer tools save one over HTTP/2."""
    request = {
        "method": "POST",
        "url": url,
        "httpVersion": "http/2.0",
        "headers": [
            {"name": ":authority", "value": "crm.example"},
            {"name": ":method", "value": "POST"},
            {"name": "content-type", "value": "application/json"},
        ],
        "queryString": [{"name": "page", "value": "2"}],
        "cookies": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}],
        "headersSize": -1,
        "bodySize": 7,
        "postData": {"mimeType": "application/json", "text": '{"a":1}'},
    }
    response = {
        "status": 200,
        "statusText": "",
        "httpVersion": "http/2.0",
        "headers": [
            {"name": "content-encoding", "value": "br"},
            {"name": "content-length", "value": "5"},
            {"name": "set-cookie", "value": "a=1; Path=/\nb=2; Path=/"},
        ],
        "cookies": [],
        "content": {"size": 11, "mimeType": "application/json", "text": '{"ok":true}'},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }
    request |= changes.pop("request", {})
    response |= changes.pop("response", {})
    fields = {
        "startedDateTime": "2026-11-23T11:13:31.500Z",
        "time": 12.5,
        "request": request,
        "response": response,
    }
    return fields | {"cache": {}, "timings": {}} | changes


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "x"}, "entries": entries}}).encode()


def only(*entries: Any) -> RecordedExchange:
    [found] = read_har(har(*entries), "a.har")
    assert isinstance(found, RecordedExchange)
    return found


def test_an_exchange_of_a_browser_over_http_2_is_read() -> None:
    found = only(entry())

    assert (found.method, found.target, found.body) == ("POST", "/v1/escrows?page=2", b'{"a":1}')
    assert found.headers == (("content-type", "application/json"), ("Cookie", "a=1; b=2"))
    assert found.answer_headers == (("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/"))
    assert (found.status, found.answer_body, found.duration_s) == (200, b'{"ok":true}', 0.0125)


def test_entries_are_taken_in_the_order_in_which_they_began() -> None:
    late = entry(startedDateTime="2026-11-23T12:13:33.000+01:00", _id="late")
    early = entry(_id="early")

    found = [one for one in read_har(har(late, early), "a.har") if isinstance(one, RecordedExchange)]

    assert [(one.id, one.number, one.at_s) for one in found] == [("early", 2, 0.0), ("late", 1, 1.5)]


def test_bodies_in_base64_are_bytes() -> None:
    coded = base64.b64encode(b"\xff\x00").decode()
    content = {"size": 2, "mimeType": "image/png", "text": coded, "encoding": "base64"}

    found = only(
        entry(
            request={"postData": {"mimeType": "", "text": coded, "encoding": "base64"}},
            response={"content": content},
        )
    )

    assert (found.body, found.answer_body) == (b"\xff\x00", b"\xff\x00")


@pytest.mark.parametrize(
    ("status", "content", "body"),
    [
        (200, {"size": 50, "mimeType": "text/html"}, None),
        (200, {"size": -1, "mimeType": "x-unknown"}, None),
        (302, {"size": 0, "mimeType": ""}, b""),
        (204, {"size": -1, "mimeType": ""}, b""),
    ],
)
def test_a_content_that_was_not_kept_is_no_empty_one(status: int, content: Any, body: bytes | None) -> None:
    assert only(entry(response={"status": status, "content": content})).answer_body == body


def test_a_form_is_sent_as_a_form() -> None:
    posted = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b c&d"}]}

    assert only(entry(request={"postData": posted})).body == b"a=b+c%26d"


def test_an_exchange_that_was_cut_off_has_no_answer() -> None:
    found = only(entry(response={"status": 0, "content": {"size": 0, "mimeType": ""}}))

    assert found.answer is None


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (entry("ws://crm.example/socket"), "a WebSocket cannot be sent again"),
        (
            entry(request={"postData": {"mimeType": "multipart/form-data", "params": [{"name": "a"}]}}),
            "the parts of a form are not kept whole in a HAR: expected postData.text",
        ),
        (
            entry(startedDateTime="soon"),
            "not an entry of HAR 1.2 (ValueError: Invalid isoformat string: 'soon')",
        ),
    ],
)
def test_an_entry_that_cannot_be_sent_again_is_told_and_the_others_are_read(
    broken: Any, problem: str
) -> None:
    found = list(read_har(har(entry(), broken), "a.har"))

    assert found[0] == BadLine(2, problem)
    assert isinstance(found[1], RecordedExchange)


def test_what_is_no_request_over_http_is_left_out() -> None:
    assert only(entry(), entry("data:text/plain,x")).number == 1


def test_of_several_hosts_one_must_be_chosen() -> None:
    content = har(entry(), entry("https://cdn.example/a.js"), entry())

    with pytest.raises(
        RecordingError, match=r"2 hosts, crm.example \(2\), cdn.example \(1\): expected one, by --host"
    ):
        list(read_har(content, "a.har"))
    with pytest.raises(RecordingError, match=r"host 'x': a.har has crm.example \(2\), cdn.example \(1\)"):
        list(read_har(content, "a.har", "x"))
    [chosen] = read_har(content, "a.har", "cdn.example")
    assert isinstance(chosen, RecordedExchange)
    assert chosen.target == "/a.js"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"log": 1}', b'{"log": {"entries": 5}}'])
def test_what_is_no_har_is_one_sentence(content: bytes) -> None:
    with pytest.raises(
        RecordingError, match=r"a.har: (expected a HAR with log.entries|log.entries: expected a list)"
    ):
        list(read_har(content, "a.har"))


def test_a_har_that_playwright_wrote_is_read(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.har"

    def serve() -> Any:
        return origin(tmp_path)

    with in_thread(serve) as server:
        _browse(browser, server, file)

    recording = Recording.open(file)
    found = [line for line in recording.lines() if isinstance(line, RecordedExchange)]
    by_path = {one.target: one for one in found}
    assert recording.form is Form.HAR
    assert by_path["/echo"].method == "POST"
    assert by_path["/echo"].body == b'{"a":1}'
    assert by_path["/gzip"].answer_body == _plain(GZIPPED)
    assert [name for name, _ in by_path["/gzip"].answer_headers if name.lower() == "content-encoding"] == []
    cookies = [
        value for name, value in by_path["/cookies/set"].answer_headers if name.lower() == "set-cookie"
    ]
    assert cookies == ["first=1; Path=/", 'second="a b, c"; Path=/; HttpOnly']


def _browse(browser: Browser, server: Origin, file: Path) -> None:
    context = browser.new_context(record_har_path=file)
    page = context.new_page()
    page.goto(f"{server.url}/page")
    page.evaluate("""async () => {
        await (await fetch('/echo', {method: 'POST', body: '{"a":1}'})).text();
        await (await fetch('/gzip')).text();
        await (await fetch('/cookies/set')).text();
    }""")
    context.close()


def _plain(packed: bytes) -> bytes:
    import gzip

    return gzip.decompress(packed)
