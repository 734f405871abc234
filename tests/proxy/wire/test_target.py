"""Where backends are, on real sockets."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from proxy.wire.target import Target, target_of


class Hello(asyncio.Protocol):
    """Says hello to whoever connects."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it, and close."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")
        transport.close()


class Heard(asyncio.Protocol):
    """What came until the end."""

    def __init__(self) -> None:
        self.data = b""
        self.ended = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """Over."""
        self.ended.set_result(self.data)


def certificate(directory: Path, name: str = "localhost") -> Path:
    """A certificate of its own signing with its key, for that name."""
    path = directory / f"{name}.pem"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"
    )
    names = f"subjectAltName=DNS:{name}"
    key = directory / f"{name}.key"
    subprocess.run(
        [*command.split(), "-addext", names, "-keyout", str(key), "-out", str(path)],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def served_with(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def heard(target: Target, timeout_s: float = 5) -> bytes:
    _, protocol = await target.connect(Heard, timeout_s)
    assert isinstance(protocol, Heard)
    return bytes(await asyncio.wait_for(protocol.ended, 5))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:3000", Target("127.0.0.1", 3000)),
        ("http://crm.internal", Target("crm.internal", 80)),
        ("http://[::1]:8080", Target("::1", 8080)),
        ("unix:/run/crm.sock", Target("localhost", 0, "/run/crm.sock")),
    ],
)
def test_an_address_is_read_from_its_url(url: str, target: Target) -> None:
    assert target_of(url) == target


def test_https_means_port_443_and_a_certificate_that_is_checked() -> None:
    target = target_of("https://crm.internal")

    assert target.port == 443
    assert target.tls is not None
    assert (target.tls.check_hostname, target.tls.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_a_file_that_signs_nothing_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")

    with pytest.raises(OSError, match=r"."):
        target_of("https://crm.internal", tmp_path / "none.pem")
    with pytest.raises(ssl.SSLError):
        target_of("https://crm.internal", tmp_path / "ca.pem")


@pytest.mark.parametrize(("address", "url"), [("127.0.0.1", "http://127.0.0.1"), ("::1", "http://[::1]")])
async def test_a_port_is_connected_to(address: str, url: str) -> None:
    server = await asyncio.get_running_loop().create_server(Hello, address, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]

        assert await heard(target_of(f"{url}:{port}")) == b"hello"


async def test_a_name_is_looked_up() -> None:
    server = await asyncio.get_running_loop().create_server(Hello, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]

        assert await heard(target_of(f"http://localhost:{port}")) == b"hello"


async def test_a_unix_socket_is_connected_to(tmp_path: Path) -> None:
    path = tmp_path / "backend.sock"
    server = await asyncio.get_running_loop().create_unix_server(Hello, path)
    async with server:
        assert await heard(target_of(f"unix:{path}")) == b"hello"


async def test_a_backend_with_a_certificate_that_the_ca_signed_is_trusted(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    server = await asyncio.get_running_loop().create_server(Hello, "127.0.0.1", 0, ssl=served_with(path))
    async with server:
        port = server.sockets[0].getsockname()[1]

        assert await heard(target_of(f"https://localhost:{port}", path)) == b"hello"


async def test_a_certificate_that_nobody_signed_or_of_another_name_is_not_trusted(tmp_path: Path) -> None:
    path, other = certificate(tmp_path), certificate(tmp_path, "other.test")
    loop = asyncio.get_running_loop()
    ours = await loop.create_server(Hello, "127.0.0.1", 0, ssl=served_with(path))
    others = await loop.create_server(Hello, "127.0.0.1", 0, ssl=served_with(other))
    async with ours, others:
        our_url = f"https://localhost:{ours.sockets[0].getsockname()[1]}"
        other_url = f"https://localhost:{others.sockets[0].getsockname()[1]}"

        with pytest.raises(ssl.SSLError):
            await heard(target_of(our_url, other))
        with pytest.raises(ssl.SSLError):
            await heard(target_of(other_url, other))


async def test_a_backend_that_never_shakes_hands_is_given_up_in_time() -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]

        with pytest.raises(TimeoutError):
            await heard(target_of(f"https://localhost:{port}"), 0.1)


async def test_nobody_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"."):
        await heard(target_of(f"unix:{tmp_path}/none.sock"))
