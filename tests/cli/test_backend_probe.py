"""One request to a backend, and what can be told from its answer."""

import contextlib
import hashlib
import hmac
import ssl
import time
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme

from cli.backend_probe import probe_backend, probe_page, skew_of
from cli.errors import UnavailableError
from tests.support.backends import Behaviour, DeadPort, FakeBackend, answering, closing, hanging, sending
from tests.support.threads import in_thread

SECRET = b"s" * 32
DATE = formatdate(1_000.0, usegmt=True)


def test_it_is_signed_as_a_copy() -> None:
    with in_thread(FakeBackend) as backend:
        probed = probe_backend(backend.url, "/v1/orders", secret=SECRET)

    (seen,) = backend.seen
    moment, _, signature = str(seen.header("X-Crossfade-Signature")).partition(",")
    text = f"GET\n/v1/orders\n{moment.removeprefix('t=')}\n{hashlib.sha256(b'').hexdigest()}"
    assert (probed.status, probed.version) == (200, "HTTP/1.1")
    assert (seen.method, seen.target, seen.header("X-Crossfade-Shadow")) == ("GET", "/v1/orders", "read")
    assert signature == f"v1={hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()}"


def test_headers_version_and_clock_are_told() -> None:
    late = formatdate(time.time() + 100, usegmt=True).encode()
    with in_thread(
        lambda: FakeBackend(
            sending(
                b"HTTP/1.0 401 No\r\nDate: " + late + b"\r\nX-Query-Count: 3\r\nContent-Length: 0\r\n\r\n"
            )
        )
    ) as backend:
        probed = probe_backend(backend.url, "/")

    assert (probed.status, probed.version, probed.headers["x-query-count"]) == (401, "HTTP/1.0", "3")
    assert probed.skew_s is not None
    assert 90 < probed.skew_s <= 100


@pytest.mark.parametrize(
    ("date", "asked_at", "answered_at", "skew_s"),
    [
        (DATE, 1_000.5, 1_000.9, 0.0),
        (DATE, 999.5, 1_000.2, 0.0),
        (DATE, 990.0, 991.0, 9.0),
        (DATE, 1_011.0, 1_012.0, -10.0),
        ("yesterday", 0.0, 0.0, None),
        (None, 0.0, 0.0, None),
    ],
)
def test_a_date_has_whole_seconds_and_says_no_more(
    date: str | None, asked_at: float, answered_at: float, skew_s: float | None
) -> None:
    assert skew_of(date, asked_at, answered_at) == skew_s


def test_a_backend_may_listen_on_a_socket_or_by_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)

    with in_thread(lambda: FakeBackend(path=tmp_path / "b.sock")) as unix:
        assert probe_backend(unix.url, "/").status == 200
    with in_thread(lambda: FakeBackend(tls=tls)) as secured:
        assert probe_backend(secured.url, "/", ca=tmp_path / "ca.pem").status == 200
        with pytest.raises(UnavailableError, match=r"^TLS fails: "):
            probe_backend(secured.url, "/")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (hanging(), "no answer within 0.2 s"),
        (closing(), "closes the connection without an answer"),
        (sending(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), "answers, but not by HTTP/1.1: BadStatusLine"),
    ],
)
def test_how_far_it_came_is_said(behaviour: Behaviour, said: str) -> None:
    with (
        in_thread(lambda: FakeBackend(behaviour)) as backend,
        pytest.raises(UnavailableError, match=f"^{said}"),
    ):
        probe_backend(backend.url, "/", timeout_s=0.2 if "0.2" in said else 10)


def test_nobody_there_is_said() -> None:
    with contextlib.closing(DeadPort()) as dead:
        with pytest.raises(UnavailableError, match="takes no connection: Connection refused"):
            probe_backend(dead.url, "/")
        with pytest.raises(UnavailableError, match=r"does not answer: .*refused"):
            probe_page(dead.url, "/")


def test_a_page_is_read_whatever_its_status() -> None:
    with in_thread(lambda: FakeBackend(answering(b"not ready", status="503 No"))) as backend:
        assert probe_page(backend.url, "/readyz") == b"not ready"
