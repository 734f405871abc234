"""A real browser through the proxy: pages, fetch, cookies, events as they are sent, WebSockets."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import pytest
from playwright.sync_api import Browser, Page

from tests.support.origin import EVENTS, FILE, digest_of
from tests.support.threads import in_thread
from tests.support.way import Way, through_the_proxy

DIGEST = """async (url) => {
    const bytes = await (await fetch(url)).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [bytes.byteLength, [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')];
}"""
ECHO = """async ([method, body]) => {
    const answer = await fetch('/echo', {method, body});
    return {status: answer.status, method: answer.headers.get('x-method'), text: await answer.text()};
}"""
EVENT_SOURCE = """() => new Promise((done, fail) => {
    const seen = [], source = new EventSource('/events');
    source.onmessage = (event) => {
        seen.push([event.lastEventId, event.data]);
        fetch('/events', {method: 'POST', body: event.lastEventId});
    };
    source.addEventListener('end', () => { source.close(); done(seen); });
    source.onerror = () => fail(new Error('broken off after ' + seen.length));
})"""
SOCKET = """() => new Promise((done, fail) => {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket', ['echo.v1']);
    const seen = [];
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => { seen.push(socket.protocol); socket.send('häßlich'); };
    socket.onmessage = ({data}) => {
        if (typeof data === 'string') { seen.push(data); socket.send(new Uint8Array(1000000).fill(7)); }
        else { seen.push(data.byteLength, new Uint8Array(data).every((byte) => byte === 7)); socket.send('leave'); }
    };
    socket.onclose = ({code, reason, wasClean}) => done([...seen, code, reason, wasClean]);
    socket.onerror = () => fail(new Error('broken after ' + seen));
})"""


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    directory = tmp_path_factory.mktemp("real-browser")

    def make() -> AbstractAsyncContextManager[Way]:
        return through_the_proxy(directory)

    with in_thread(make) as found:
        yield found


@pytest.fixture
def page(browser: Browser, way: Way) -> Iterator[Page]:
    opened = browser.new_page()
    opened.goto(f"{way.url}/page")
    yield opened
    opened.close()


def test_a_page_is_shown(page: Page) -> None:
    assert page.title() == "origin"
    assert page.inner_text("p") == "a page"


@pytest.mark.parametrize(
    ("method", "body"),
    [("GET", None), ("POST", "x" * 300_000), ("PUT", "put"), ("DELETE", None), ("OPTIONS", None)],
)
def test_fetch_gets_what_the_backend_says(page: Page, method: str, body: str | None) -> None:
    answer = page.evaluate(ECHO, [method, body])

    assert (answer["status"], answer["method"]) == (200, method)
    assert f'"bytes": {len(body or "")}' in answer["text"]


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_answer_comes_whole(page: Page, framing: str) -> None:
    size = 9_876_543

    got = page.evaluate(DIGEST, f"/download?bytes={size}&framing={framing}")

    assert got == [size, digest_of(size)]


def test_a_compressed_answer_is_decoded_by_the_browser(page: Page) -> None:
    text = page.evaluate("async () => (await (await fetch('/gzip')).json()).text")

    assert text == "as it was " * 5_000


def test_a_redirect_is_followed_by_the_browser_and_keeps_its_method(page: Page) -> None:
    landed = page.evaluate(
        "async () => { const answer = await fetch('/redirect?status=302&to=/echo?landed');"
        " return [answer.redirected, new URL(answer.url).search, answer.status]; }"
    )

    assert landed == [True, "?landed", 200]


def test_cookies_are_kept_and_sent(page: Page, way: Way) -> None:
    page.goto(f"{way.url}/cookies/set")

    told = page.evaluate("async () => await (await fetch('/echo')).json()")

    [sent] = [value for name, value in told["headers"] if name == "cookie"]
    assert sent == 'first=1; second="a b, c"'
    assert page.evaluate("document.cookie") == "first=1"


def test_events_come_as_they_are_sent(page: Page) -> None:
    assert page.evaluate(EVENT_SOURCE) == [[str(number), f"event {number}"] for number in range(EVENTS)]


def test_a_websocket_carries_text_bytes_and_its_end(page: Page) -> None:
    assert page.evaluate(SOCKET) == [
        "echo.v1",
        "häßlich",
        1_000_000,
        True,
        4_001,
        "as you say",
        True,
    ]


def test_a_part_of_a_file_is_had(page: Page) -> None:
    part = page.evaluate(
        "async () => { const answer = await fetch('/file', {headers: {Range: 'bytes=100-199'}});"
        " return [answer.status, await answer.text()]; }"
    )

    assert part == [206, FILE[100:200].decode()]


def test_many_requests_at_once_get_each_its_answer(page: Page) -> None:
    targets = page.evaluate(
        "async () => Promise.all([...Array(60).keys()].map("
        "async (n) => (await (await fetch('/echo?n=' + n, {cache: 'no-store'})).json()).target))"
    )

    assert targets == [f"/echo?n={number}" for number in range(60)]


def test_a_read_that_the_page_gives_up_leaves_the_next_alone(page: Page) -> None:
    outcome = page.evaluate(
        "async () => { const stop = new AbortController();"
        " const doomed = fetch('/download?bytes=500000000', {signal: stop.signal});"
        " const reader = (await doomed).body.getReader(); await reader.read(); stop.abort();"
        " const failure = await reader.read().then(() => 'none', (error) => error.name);"
        " return [failure, (await fetch('/echo')).status]; }"
    )

    assert outcome == ["AbortError", 200]
