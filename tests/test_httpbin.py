"""Every endpoint of httpbin by every method it has: direct and through the proxy are the same, byte for byte."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from parity.exchange import Endpoint
from proxy.settings import ClientSettings, ForwardSettings, MirrorSettings
from proxy.stages import Stage
from tests.proxy.rig import Rig, running, until
from tests.support.httpbin import Httpbin, running_httpbin
from tests.support.threads import in_thread

HOST = "httpbin.test"
OWN = frozenset({b"date", b"via", b"x-served-by", b"x-flag-version", b"x-request-id"})
"""Lines that the proxy adds, and the second in which an answer was made."""
HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding"})
ADDED = (
    "Connection",
    "Forwarded",
    "X-Forwarded-Host",
    "X-Request-Id",
    "Traceparent",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
)
ECHOES = frozenset(
    {
        *("/anything", "/anything/<path:anything>", "/brotli", "/cache", "/cache/<int:value>", "/deflate"),
        *(
            "/delay/<delay>",
            "/delete",
            "/etag/<etag>",
            "/get",
            "/gzip",
            "/headers",
            "/patch",
            "/post",
            "/put",
        ),
    }
)
"""What tells of the headers it got: as long as these are."""
BODIES = {
    "POST": (b'{"a": [1, 2]}', "application/json"),
    "PUT": (b"a=1&b=%20&a=2", "application/x-www-form-urlencoded"),
    "PATCH": (bytes(range(256)), "application/octet-stream"),
    "DELETE": (b"", "text/plain"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A rule of httpbin, what is asked for, and what is another thing each time it is asked."""

    rule: str
    targets: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    mask: str = ""


BASIC = "Basic " + base64.b64encode(b"me:secret").decode()
MULTIPART = {"Host": HOST, "Content-Type": "multipart/form-data; boundary=one"}
NONCE = r'(nonce|opaque)="[0-9a-f]+"|(fake|stale_after|last_nonce)=[^;]*'
ROWS = (
    Row("/", ("/",)),
    Row("/absolute-redirect/<int:n>", ("/absolute-redirect/1", "/absolute-redirect/3")),
    Row("/anything", ("/anything", "/anything?a=1&a=2&b=%2F"), {"X-Mine": "a, b", "Cookie": "c=d; e=f"}),
    Row(
        "/anything/<path:anything>",
        ("/anything/a/b", "/anything/%20/x%2Fy", "/anything/a/../b", "/anything//b"),
    ),
    Row("/apidocs/index.html", ("/apidocs/index.html",)),
    Row("/base64/<value>", ("/base64/SFRUUEJJTg==", "/base64/no%21")),
    Row("/basic-auth/<user>/<passwd>", ("/basic-auth/me/secret",), {"Authorization": BASIC}),
    Row("/basic-auth/<user>/<passwd>", ("/basic-auth/me/secret",)),
    Row("/bearer", ("/bearer",), {"Authorization": "Bearer a.b.c"}),
    Row("/bearer", ("/bearer",)),
    Row("/brotli", ("/brotli",), {"Accept-Encoding": "br"}),
    Row("/bytes/<int:n>", ("/bytes/0?seed=1", "/bytes/1?seed=1", "/bytes/102400?seed=7")),
    Row("/cache", ("/cache",), mask=r"^[0-9a-f]{32}$|^\w{3}, \d\d \w{3} .* GMT$"),
    Row("/cache", ("/cache",), {"If-None-Match": "x", "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    Row("/cache/<int:value>", ("/cache/60",)),
    Row("/cookies", ("/cookies",), {"Cookie": 'a=b; c="d e"'}),
    Row("/cookies/delete", ("/cookies/delete?a&b",), {"Cookie": "a=b"}),
    Row("/cookies/set", ("/cookies/set?a=1&b=2",)),
    Row("/cookies/set/<name>/<value>", ("/cookies/set/name/value",)),
    Row("/deflate", ("/deflate",), {"Accept-Encoding": "deflate"}),
    Row("/delay/<delay>", ("/delay/0", "/delay/0.1")),
    Row("/delete", ("/delete",)),
    Row("/deny", ("/deny",)),
    Row("/digest-auth/<qop>/<user>/<passwd>", ("/digest-auth/auth/me/secret",), mask=NONCE),
    Row(
        "/digest-auth/<qop>/<user>/<passwd>/<algorithm>", ("/digest-auth/auth/me/secret/SHA-256",), mask=NONCE
    ),
    Row(
        "/digest-auth/<qop>/<user>/<passwd>/<algorithm>/<stale_after>",
        ("/digest-auth/auth/me/secret/MD5/2",),
        mask=NONCE,
    ),
    Row(
        "/drip",
        ("/drip?duration=0.1&numbytes=5&delay=0", "/drip?duration=0&numbytes=2000&delay=0.1&code=201"),
    ),
    Row("/encoding/utf8", ("/encoding/utf8",)),
    Row("/etag/<etag>", ("/etag/abc",)),
    Row("/etag/<etag>", ("/etag/abc",), {"If-None-Match": '"abc"'}),
    Row("/etag/<etag>", ("/etag/abc",), {"If-Match": '"other"'}),
    Row("/flasgger_static/<path:filename>", ("/flasgger_static/swagger-ui.css", "/flasgger_static/none")),
    Row("/forms/post", ("/forms/post",)),
    Row("/get", ("/get", "/get?show_env=1", "/get?%F0%9F%98%80=%00&a+b=c")),
    Row("/gzip", ("/gzip",), {"Accept-Encoding": "gzip"}),
    Row("/headers", ("/headers",), {"X-Empty": "", "X-Long": "y" * 4_000, "Accept-Language": "de;q=0.5, en"}),
    Row("/hidden-basic-auth/<user>/<passwd>", ("/hidden-basic-auth/me/secret",), {"Authorization": BASIC}),
    Row("/hidden-basic-auth/<user>/<passwd>", ("/hidden-basic-auth/me/secret",)),
    Row("/html", ("/html",)),
    Row("/image", ("/image",), {"Accept": "image/webp"}),
    Row("/image", ("/image",), {"Accept": "text/plain"}),
    Row("/image/jpeg", ("/image/jpeg",)),
    Row("/image/png", ("/image/png",)),
    Row("/image/svg", ("/image/svg",)),
    Row("/image/webp", ("/image/webp",)),
    Row("/ip", ("/ip",)),
    Row("/json", ("/json",)),
    Row("/legacy", ("/legacy",)),
    Row("/links/<int:n>", ("/links/3",)),
    Row("/links/<int:n>/<int:offset>", ("/links/3/1",)),
    Row("/oauth2-redirect.html", ("/oauth2-redirect.html",)),
    Row("/patch", ("/patch",)),
    Row("/post", ("/post",)),
    Row("/put", ("/put",)),
    Row("/range/<int:numbytes>", ("/range/1024",)),
    Row("/range/<int:numbytes>", ("/range/1024?chunk_size=100",), {"Range": "bytes=10-299"}),
    Row("/range/<int:numbytes>", ("/range/26",), {"Range": "bytes=50-60"}),
    Row(
        "/redirect-to",
        ("/redirect-to?url=http%3A%2F%2Fexample.com%2F%3Fa&status_code=307", "/redirect-to?url=x"),
    ),
    Row("/redirect/<int:n>", ("/redirect/2", "/redirect/1?absolute=true")),
    Row("/relative-redirect/<int:n>", ("/relative-redirect/2",)),
    Row("/response-headers", ("/response-headers?X-A=1&X-A=2&X-B=%C3%A4&Server=mine",)),
    Row("/robots.txt", ("/robots.txt",)),
    Row("/spec.json", ("/spec.json",)),
    Row("/static/<path:filename>", ("/static/favicon.ico", "/static/../secret", "/static/none")),
    Row(
        "/status/<codes>",
        tuple(
            f"/status/{code}"
            for code in (200, 201, 202, 204, 205, 301, 304, 400, 401, 402, 404, 406, 418, 429, 500, 503)
        ),
    ),
    Row("/stream-bytes/<int:n>", ("/stream-bytes/0?seed=1", "/stream-bytes/100000?seed=1&chunk_size=777")),
    Row("/stream/<int:n>", ("/stream/20",)),
    Row("/user-agent", ("/user-agent",)),
    Row("/uuid", ("/uuid",), mask=r"[0-9a-f-]{36}"),
    Row("/xml", ("/xml",)),
)


@dataclass(frozen=True, slots=True)
class Both:
    """httpbin, and a proxy before it; reads are copied to httpbin, too."""

    httpbin: Httpbin
    proxy: str
    rig: Rig


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    directory = tmp_path_factory.mktemp("httpbin")
    with running_httpbin() as httpbin:

        def make() -> AbstractAsyncContextManager[Rig]:
            return running(
                directory,
                stage=Stage.SHADOW,
                legacy_url=httpbin.url,
                modern_url=httpbin.url,
                endpoints=tuple(_endpoints(httpbin)),
                forward=ForwardSettings(),
                client=ClientSettings(),
                mirror=MirrorSettings(timeout_s=10.0, wait_s=10.0),
            )

        with in_thread(make) as rig:
            yield Both(httpbin, f"http://127.0.0.1:{rig.port}", rig)


def _endpoints(httpbin: Httpbin) -> Iterator[Endpoint]:
    for rule, methods in httpbin.rules.items():
        # httpbin seeds one generator for all threads: a copy at the same moment takes of the numbers
        if "GET" in methods and "<path:" not in rule and "bytes" not in rule:
            yield Endpoint("escrows", "GET", re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule))


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, without what is rightly different."""

    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]
    body: Any


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as opened:
        yield opened


def ask(client: httpx.Client, base: str, method: str, target: str, row: Row) -> Told:
    content, kind = BODIES.get(method, (None, ""))
    headers = {"Host": HOST, "Accept-Encoding": "identity", **row.headers}
    if kind:
        headers["Content-Type"] = kind
    url = httpx.URL(base, raw_path=target.encode())
    answer = client.request(method, url, headers=headers, content=content)
    client.cookies.clear()
    ignored = OWN | HOP | ({b"content-length"} if row.rule in ECHOES else set())
    kept = [pair for pair in answer.headers.raw if pair[0].lower() not in ignored]
    return Told(
        answer.status_code,
        answer.reason_phrase,
        [(name, _masked(value, row)) for name, value in kept],
        _told(answer.content, row),
    )


def _masked(value: bytes, row: Row) -> bytes:
    return re.sub(row.mask, "*", value.decode("latin-1")).encode("latin-1") if row.mask else value


def _told(body: bytes, row: Row) -> Any:
    """JSON as a value without the lines that the proxy adds, everything else as it is."""
    masked = _masked(body, row)
    try:
        return [_without_added(json.loads(line)) for line in masked.split(b"\n") if line]
    except ValueError:
        return masked


def _without_added(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("headers"), dict):
        return {
            **value,
            "headers": {name: one for name, one in value["headers"].items() if name not in ADDED},
        }
    return value


def cases() -> Iterator[Any]:
    for number, row in enumerate(ROWS):
        yield pytest.param(row, id=f"{number}:{row.rule}")


@pytest.mark.parametrize("row", tuple(cases()))
def test_an_endpoint_answers_the_same_through_the_proxy(both: Both, client: httpx.Client, row: Row) -> None:
    asked = [(method, target) for method in both.httpbin.rules[row.rule] for target in row.targets]

    direct = {one: ask(client, both.httpbin.url, *one, row) for one in asked}
    proxied = {one: ask(client, both.proxy, *one, row) for one in asked}

    assert proxied == direct


def test_no_endpoint_is_left_out(both: Both) -> None:
    assert {row.rule for row in ROWS} == set(both.httpbin.rules)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
def test_a_digest_is_agreed_on_through_the_proxy(both: Both, algorithm: str) -> None:
    with httpx.Client(timeout=20, trust_env=False, auth=httpx.DigestAuth("me", "secret")) as client:
        answer = client.get(f"{both.proxy}/digest-auth/auth/me/secret/{algorithm}")

    assert (answer.status_code, answer.json()) == (200, {"authenticated": True, "user": "me"})


@pytest.mark.parametrize(
    "upload",
    [
        {"files": lambda: {"file": ("name.bin", b"\x00\xff" * 500)}, "headers": lambda: MULTIPART},
        {"content": lambda: iter([b"one", b"two" * 50_000])},
        {"json": lambda: {"a": "ä" * 100_000}},
    ],
    ids=["multipart", "chunked", "large"],
)
def test_an_upload_is_told_as_it_was_sent(
    both: Both, client: httpx.Client, upload: Mapping[str, Any]
) -> None:
    direct, proxied = (
        client.post(
            f"{base}/post", **{"headers": {"Host": HOST}, **{name: make() for name, make in upload.items()}}
        )
        for base in (both.httpbin.url, both.proxy)
    )

    assert (direct.status_code, proxied.status_code) == (200, 200)
    assert _without_added(proxied.json()) == _without_added(direct.json())


def test_copies_of_the_reads_got_the_same_status(both: Both) -> None:
    parity = both.rig.parity

    asyncio.run(until(lambda: parity.batches[-1].in_flight == 0))

    exchanges = parity.exchanges
    assert len(exchanges) > 20
    assert [one.legacy.status for one in exchanges] == [one.modern.status for one in exchanges]
    both.rig.parity.assert_the_books_balance()
