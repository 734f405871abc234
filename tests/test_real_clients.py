"""The clients that people use, through the proxy: what they get is what the backend said, byte for byte."""

import asyncio
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from tests.proxy.rig import until
from tests.support.clients import CLIENTS, Ask, Client
from tests.support.javascript import JavaScriptSocket, installed_client
from tests.support.origin import EVENTS, FILE, GZIPPED, digest_of
from tests.support.threads import in_thread
from tests.support.way import Way, through_the_proxy

LARGE = b"".join(bytes([number % 251]) * 40_000 for number in range(200))
each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    directory = tmp_path_factory.mktemp("real-clients")
    with in_thread(lambda: through_the_proxy(directory)) as found:
        yield found


@each_client
def test_every_method_arrives_and_its_answer_comes_back(way: Way, client: Client) -> None:
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    bodies = {"POST": b'{"a": 1}', "PUT": b"\x00\xff put", "PATCH": b"", "DELETE": b"gone"}

    answers = client.in_turn(
        [Ask(method, f"{way.url}/echo?m={method}", body=bodies.get(method)) for method in methods]
    )

    told = [json.loads(answer.body) for answer in answers]
    assert [answer.status for answer in answers] == [200] * len(methods)
    assert [one["method"] for one in told] == list(methods)
    assert [one["target"] for one in told] == [f"/echo?m={method}" for method in methods]
    assert [one["sha256"] for one in told] == [
        hashlib.sha256(bodies.get(method, b"")).hexdigest() for method in methods
    ]
    assert {answer.header("x-method") for answer in answers} == set(methods)


@each_client
def test_an_answer_to_head_has_its_length_and_no_body(way: Way, client: Client) -> None:
    head, after = client.in_turn([Ask("HEAD", f"{way.url}/file"), Ask("GET", f"{way.url}/file")])

    assert (head.status, head.header("content-length"), head.body) == (200, str(len(FILE)), b"")
    assert (after.status, after.body) == (200, FILE)


@each_client
def test_targets_and_headers_arrive_as_they_were_sent(way: Way, client: Client) -> None:
    target = "/echo?q=%2F&empty=&again=1&again=2"

    answer, direct = client.in_turn(
        [Ask("GET", f"{url}{target}", {"X-Asked": "a, b", "Accept": "x/y"}) for url in (way.url, way.origin)]
    )

    told, told_directly = json.loads(answer.body), json.loads(direct.body)
    added = ("via", "forwarded", "x-forwarded-", "x-request-id", "traceparent")
    passed = [pair for pair in told["headers"] if not pair[0].startswith(added)]
    assert told["target"] == told_directly["target"] == target
    assert sorted(one for one in passed if one[0] not in {"host", "connection"}) == sorted(
        one for one in told_directly["headers"] if one[0] not in {"host", "connection"}
    )


@each_client
def test_a_large_body_arrives_whole_with_and_without_its_length(way: Way, client: Client) -> None:
    asks = [Ask("POST", f"{way.url}/echo", body=LARGE, chunked=chunked) for chunked in (False, True)]

    told = [json.loads(answer.body) for answer in client.in_turn(asks)]

    assert [one["bytes"] for one in told] == [len(LARGE)] * 2
    assert [one["sha256"] for one in told] == [hashlib.sha256(LARGE).hexdigest()] * 2
    framings = [
        {name for name, _ in one["headers"]} & {"content-length", "transfer-encoding"} for one in told
    ]
    assert framings == [{"content-length"}, {"transfer-encoding"}]


@each_client
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_answer_comes_whole(way: Way, client: Client, framing: str) -> None:
    size = 12_345_678

    [answer] = client.in_turn([Ask("GET", f"{way.url}/download?bytes={size}&framing={framing}")])

    assert len(answer.body) == size
    assert hashlib.sha256(answer.body).hexdigest() == digest_of(size)


@each_client
def test_a_compressed_answer_is_what_the_client_can_decode(way: Way, client: Client) -> None:
    [answer] = client.in_turn([Ask("GET", f"{way.url}/gzip")])

    assert answer.header("content-encoding") == "gzip"
    assert answer.header("content-length") == str(len(GZIPPED))
    assert json.loads(answer.body)["text"].startswith("as it was as it was")


@each_client
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_the_clients_business(way: Way, client: Client, status: int) -> None:
    to = "https://elsewhere.example/a/../b?c=d"

    [answer] = client.in_turn([Ask("GET", f"{way.url}/redirect?status={status}&to={to}")])

    assert (answer.status, answer.header("location")) == (status, to)


@each_client
def test_cookies_are_set_one_by_one_and_sent_back(way: Way, client: Client) -> None:
    answer, after = client.in_turn(
        [Ask("GET", f"{way.url}/cookies/set"), Ask("GET", f"{way.url}/echo")],
    )

    assert answer.all("set-cookie") == ["first=1; Path=/", 'second="a b, c"; Path=/; HttpOnly']
    if client.has_jar:
        [sent] = [value for name, value in json.loads(after.body)["headers"] if name == "cookie"]
        assert "first=1" in sent
        assert 'second="a b, c"' in sent


@each_client
def test_requests_of_all_kinds_share_one_connection(way: Way, client: Client) -> None:
    url, before = way.counted_url, way.connections

    answers = client.in_turn(
        [
            Ask("GET", f"{url}/echo"),
            Ask("POST", f"{url}/echo", body=b"x" * 70_000),
            Ask("GET", f"{url}/download?bytes=100000&framing=chunked"),
            Ask("HEAD", f"{url}/file"),
            Ask("GET", f"{url}/file", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
            Ask("GET", f"{url}/nothing-there"),
            Ask("DELETE", f"{url}/echo"),
        ]
    )

    assert [answer.status for answer in answers] == [200, 200, 200, 200, 304, 404, 200]
    assert way.connections - before == client.connections_of_seven


@each_client
def test_parts_of_a_file_and_conditions(way: Way, client: Client) -> None:
    url = f"{way.url}/file"
    [whole] = client.in_turn([Ask("GET", url)])
    etag = whole.header("etag") or ""

    part, last, beyond, same = client.in_turn(
        [
            Ask("GET", url, {"Range": "bytes=100-199"}),
            Ask("GET", url, {"Range": "bytes=-10"}),
            Ask("GET", url, {"Range": "bytes=99999999-"}),
            Ask("GET", url, {"If-None-Match": etag}),
        ]
    )

    assert (part.status, part.header("content-range"), part.body) == (
        206,
        f"bytes 100-199/{len(FILE)}",
        FILE[100:200],
    )
    assert (last.status, last.body) == (206, FILE[-10:])
    assert (beyond.status, beyond.header("content-range")) == (416, f"bytes */{len(FILE)}")
    assert (same.status, same.body, same.header("etag")) == (304, b"", etag)


@each_client
def test_many_at_once_get_each_its_own_answer(way: Way, client: Client) -> None:
    asks = [
        Ask("GET", f"{way.url}/echo?n={number}")
        if number % 3
        else Ask("POST", f"{way.url}/echo?n={number}", body=str(number).encode() * 1_000)
        for number in range(60)
    ]

    answers = client.at_once(asks)

    told = [json.loads(answer.body) for answer in answers]
    assert [one["target"] for one in told] == [f"/echo?n={number}" for number in range(60)]
    assert [one["sha256"] for one in told] == [hashlib.sha256(ask.body or b"").hexdigest() for ask in asks]


def curl(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    return subprocess.run(
        ["curl", "-sv", "--max-time", "20", "--noproxy", "*", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding: chunked"])
def test_curl_waits_for_the_backends_word_to_go_on(way: Way, tmp_path: Path, framing: str) -> None:
    body = tmp_path / "body"
    body.write_bytes(LARGE)
    chunked = ["-H", framing] if ":" in framing else []

    ran = curl("-H", "Expect: 100-continue", *chunked, "--data-binary", f"@{body}", f"{way.url}/echo")

    assert "< HTTP/1.1 100 Continue" in ran.stderr
    assert json.loads(ran.stdout)["sha256"] == hashlib.sha256(LARGE).hexdigest()


def test_curl_sends_no_body_that_the_backend_does_not_want(way: Way, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_bytes(LARGE)

    ran = curl(
        "-H",
        "Expect: 100-continue",
        "-w",
        "%{size_upload}",
        "-T",
        str(body),
        f"{way.url}/refuses",
        "-X",
        "POST",
    )

    assert "< HTTP/1.1 417 Expectation Failed" in ran.stderr
    assert "100 Continue" not in ran.stderr
    assert ran.stdout.startswith("not here")
    assert int(ran.stdout.removeprefix("not here")) < len(LARGE)


async def test_aiohttp_waits_for_the_backends_word_to_go_on(way: Way) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{way.url}/echo", data=LARGE, expect100=True) as answer,
    ):
        told = await answer.json()

    assert told["sha256"] == hashlib.sha256(LARGE).hexdigest()


def test_events_come_as_they_are_sent(way: Way) -> None:
    got: list[str] = []

    with (
        httpx.Client(timeout=10, trust_env=False) as client,
        client.stream("GET", f"{way.url}/events") as answer,
    ):
        for line in answer.iter_lines():
            if line.startswith("id: "):
                got.append(line)
                httpx.post(f"{way.url}/events", content=line.removeprefix("id: "), trust_env=False)

    assert answer.headers["content-type"] == "text/event-stream"
    assert got == [f"id: {number}" for number in range(EVENTS)]


async def test_a_websocket_carries_text_bytes_and_its_end(way: Way) -> None:
    binary = bytes(range(256)) * 8_192

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{way.url}/socket", protocols=("echo.v1",), max_msg_size=0) as socket,
    ):
        protocol = socket.protocol
        await socket.send_str("häßlich")
        text = await socket.receive_str(timeout=10)
        await socket.send_bytes(binary)
        back = await socket.receive_bytes(timeout=10)
        await socket.send_str("leave")
        last = await socket.receive(timeout=10)

    assert (protocol, text) == ("echo.v1", "häßlich")
    assert back == binary
    assert (last.type, last.data, last.extra) == (aiohttp.WSMsgType.CLOSE, 4_001, "as you say")


async def test_websockets_side_by_side_do_not_mix(way: Way) -> None:
    async def chat(session: aiohttp.ClientSession, number: int) -> list[str]:
        async with session.ws_connect(f"{way.url}/socket") as socket:
            said = []
            for turn in range(20):
                await socket.send_str(f"{number}: {turn}")
                said.append(await socket.receive_str(timeout=10))
            return said

    async with aiohttp.ClientSession() as session:
        chats = await asyncio.gather(*(chat(session, number) for number in range(40)))

    assert chats == [[f"{number}: {turn}" for turn in range(20)] for number in range(40)]


@pytest.mark.parametrize("transport", ["polling", "websocket", ""])
async def test_a_socket_io_client_connects(way: Way, transport: str) -> None:
    installed_client()

    async with JavaScriptSocket.connecting(way.url, "a-token", transport) as socket:
        connected = await socket.heard()
        greeted = await socket.heard()

    assert connected["connected"] in ({transport} if transport else {"polling", "websocket"})
    assert greeted == {"event": "connection", "data": {"token": "a-token"}}


def test_after_all_of_that_nothing_is_in_flight_and_the_books_balance(way: Way) -> None:
    parity = way.rig.parity

    [answer] = CLIENTS[1].in_turn([Ask("GET", f"{way.url}/echo")])
    asyncio.run(until(lambda: parity.batches[-1].in_flight == 0))

    assert answer.status == 200
    assert parity.counts()["mirrored"] > 0
    parity.assert_the_books_balance()
