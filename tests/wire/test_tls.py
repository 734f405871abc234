"""TLS on the listener and to backends: who is trusted, what is said where it is not, and bytes as they were."""

import asyncio
import datetime as dt
import shutil
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import httpx
import pytest
import trustme

from proxy.settings import TlsSettings
from proxy.stages import Stage
from tests.proxy.rig import QUICK_CLIENT, Rig, get, running
from tests.support.backends import FakeBackend, answering
from tests.support.threads import in_thread
from tests.support.way import Way, through_the_proxy

LARGE = bytes(range(256)) * 20_000


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def listener(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> TlsSettings:
    file = tmp_path_factory.mktemp("listener") / "both.pem"
    ca.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(str(file))
    return TlsSettings(file)


@pytest.fixture(scope="module")
def way(listener: TlsSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    directory = tmp_path_factory.mktemp("tls")
    with in_thread(lambda: through_the_proxy(directory, tls=listener)) as found:
        yield found


def trusting(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context


def serving(ca: trustme.CA, *names: str, not_after: dt.datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, not_after=not_after).configure_cert(context)
    return context


def test_curl_is_served_and_speaks_http_1_1(way: Way, ca_file: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")

    ran = subprocess.run(
        ["curl", "-sv", "--noproxy", "*", "--cacert", str(ca_file), f"{way.url}/echo"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "ALPN: server accepted http/1.1" in ran.stderr
    assert "< HTTP/1.1 200 OK" in ran.stderr
    assert '["x-forwarded-proto", "https"]' in ran.stdout


def test_large_bodies_pass_both_ways(way: Way, ca: trustme.CA) -> None:
    with httpx.Client(verify=trusting(ca), trust_env=False, timeout=20) as client:
        sent = client.post(f"{way.url}/echo", content=LARGE).json()
        got = client.get(f"{way.url}/download?bytes={len(LARGE)}&framing=chunked")

    assert sent["bytes"] == len(LARGE)
    assert len(got.content) == len(LARGE)


def test_a_client_that_does_not_know_the_authority_does_not_connect(way: Way) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{way.url}/echo", trust_env=False)


def test_old_versions_of_tls_are_not_spoken(way: Way, ca: trustme.CA) -> None:
    context = trusting(ca)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")  # or the client would not speak them either

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{way.url}/echo", verify=context, trust_env=False)


async def test_plain_text_to_a_tls_port_is_closed_and_others_are_served(way: Way, ca: trustme.CA) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", way.rig.port)
    writer.write(get("/echo"))
    told = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    async with httpx.AsyncClient(verify=trusting(ca), trust_env=False) as client:
        answer = await client.get(f"{way.url}/echo")

    assert b"HTTP/1.1" not in told
    assert answer.status_code == 200


async def test_a_websocket_goes_through(way: Way, ca: trustme.CA) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{way.url}/socket", ssl=trusting(ca), max_msg_size=0) as socket,
    ):
        await socket.send_bytes(LARGE)
        back = await socket.receive_bytes(timeout=10)
        await socket.send_str("leave")
        last = await socket.receive(timeout=10)

    assert back == LARGE
    assert (last.type, last.data) == (aiohttp.WSMsgType.CLOSE, 4_001)


async def test_a_backend_with_a_certificate_is_served_from(
    tmp_path: Path, ca: trustme.CA, ca_file: Path
) -> None:
    async with (
        FakeBackend(answering(LARGE), tls=serving(ca, "127.0.0.1")) as secure,
        running(tmp_path, legacy_url=secure.url, backend_ca=ca_file) as rig,
    ):
        answers = [await rig.ask("POST", data=LARGE) for _ in range(3)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, LARGE)] * 3
    assert [seen.body for seen in secure.seen] == [LARGE] * 3
    assert secure.connections == 1


async def test_copies_go_to_a_shadow_with_a_certificate(
    tmp_path: Path, ca: trustme.CA, ca_file: Path
) -> None:
    async with (
        FakeBackend(tls=serving(ca, "127.0.0.1")) as secure,
        running(tmp_path, stage=Stage.SHADOW, modern_url=secure.url, backend_ca=ca_file) as rig,
    ):
        await rig.ask()
        await rig.settled(1)

        [exchange] = rig.parity.exchanges
    assert (exchange.modern.status, exchange.modern.error) == (200, "")


def _expired(ca: trustme.CA) -> ssl.SSLContext:
    return serving(ca, "127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


FAULTS = {
    "of an unknown authority": lambda _ca: serving(trustme.CA(), "127.0.0.1"),
    "for another name": lambda ca: serving(ca, "elsewhere.example"),
    "expired": _expired,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_backend_that_cannot_be_trusted_is_502_and_gets_nothing(
    tmp_path: Path, ca: trustme.CA, ca_file: Path, fault: str
) -> None:
    async with (
        FakeBackend(tls=FAULTS[fault](ca)) as doubtful,
        running(tmp_path, legacy_url=doubtful.url, backend_ca=ca_file) as rig,
    ):
        answers = [await rig.ask(method, data=data) for method, data in (("GET", None), ("POST", b"secret"))]

    for answer in answers:
        assert answer.status == 502
        assert answer.header("Proxy-Status") == "crossfade; error=tls_certificate_error"
    assert doubtful.begun == []


async def test_a_read_of_an_untrusted_modern_is_answered_by_legacy(tmp_path: Path, ca_file: Path) -> None:
    async with (
        FakeBackend(tls=serving(trustme.CA(), "127.0.0.1")) as doubtful,
        running(tmp_path, stage=Stage.LIVE, modern_url=doubtful.url, backend_ca=ca_file) as rig,
    ):
        answer = await rig.ask()
        await rig.settled(1)

        assert (answer.status, answer.body) == (200, b'{"by":"legacy"}')
        assert rig.parity.counts()["fallback"] == 1


async def test_a_backend_that_answers_in_plain_text_is_502(tmp_path: Path, ca_file: Path) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with running(tmp_path, legacy_url=f"https://127.0.0.1:{port}", backend_ca=ca_file) as rig:
        answer = await rig.ask("POST", data=b"x")
    server.close()

    assert answer.status == 502
    assert (answer.header("Proxy-Status") or "").startswith("crossfade; error=tls_")


async def test_a_backend_that_answers_in_plain_text_is_no_matter_of_certificates(
    tmp_path: Path, ca_file: Path
) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with running(tmp_path, legacy_url=f"https://127.0.0.1:{port}", backend_ca=ca_file) as rig:
        answer = await rig.ask()
    server.close()

    assert answer.header("Proxy-Status") == "crossfade; error=tls_protocol_error"  # RFC 9209 section 2.3.14


async def test_a_client_that_never_ends_the_handshake_is_let_go_like_one_that_never_ends_a_head(
    tmp_path: Path, listener: TlsSettings
) -> None:
    async with running(tmp_path, tls=listener, client=replace(QUICK_CLIENT, head_timeout_s=0.3)) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        with suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(reader.read(), 1.5)
        is_let_go = reader.at_eof() or reader.exception() is not None
        writer.close()

    assert is_let_go


async def test_a_backend_that_is_silent_in_the_handshake_is_504_in_time(
    tmp_path: Path, ca_file: Path
) -> None:
    async with (
        FakeBackend(answering()) as plain,
        running(tmp_path, legacy_url=plain.url.replace("http:", "https:"), backend_ca=ca_file) as rig,
    ):
        answer = await rig.ask()

    assert answer.status == 504
    assert answer.header("Proxy-Status") == "crossfade; error=connection_timeout"


async def test_clients_on_tls_are_finished_when_the_worker_ends(
    tmp_path: Path, listener: TlsSettings, ca: trustme.CA
) -> None:
    async with running(tmp_path, tls=listener) as rig:
        rig.legacy.behaviour = answering(b"slow", after_s=0.3)
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port, ssl=trusting(ca))
        writer.write(get())
        await _begun(rig)
        await rig.end()
        got = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"slow")


async def _begun(rig: Rig) -> None:
    while not rig.legacy.begun:  # noqa: ASYNC110  a fake backend has no event for it
        await asyncio.sleep(0.01)
