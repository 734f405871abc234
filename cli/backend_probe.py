"""One request of Crossfade's own to a backend, signed as a copy so that it leaves no trace there."""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from cli.errors import UnavailableError
from proxy.addresses import Address
from proxy.signature import shadow_headers

PROBE_S = 5.0
_MAX_BODY = 65_536


@dataclass(frozen=True, slots=True)
class Probed:
    """What came back; `version` is `HTTP/1.1`, `headers` have lower-case names, `skew_s` is its clock's lead."""

    status: int
    version: str
    ms: float
    headers: Mapping[str, str]
    skew_s: float | None = None


def probe_backend(
    url: str, target: str, *, secret: bytes = b"", ca: Path | None = None, timeout_s: float = PROBE_S
) -> Probed:
    """Ask for `target` by GET. Raises UnavailableError that says how far it came."""
    address = Address.of(url)
    connection = open_connection(address, timeout_s, ca=ca)
    headers = dict(shadow_headers(secret, "GET", target, b"", int(time.time())))
    began, began_at = time.perf_counter(), time.time()
    try:
        connection.connect()
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        answer.read(_MAX_BODY)
    except http.client.RemoteDisconnected as error:
        raise UnavailableError("closes the connection without an answer") from error
    except ssl.SSLError as error:
        raise UnavailableError(f"TLS fails: {error.reason or error}") from error
    except TimeoutError as error:
        raise UnavailableError(f"no answer within {timeout_s:g} s") from error
    except OSError as error:
        raise UnavailableError(f"takes no connection: {error.strerror or error}") from error
    except http.client.HTTPException as error:
        raise UnavailableError(f"answers, but not by HTTP/1.1: {type(error).__name__}") from error
    finally:
        connection.close()
    took_s = time.perf_counter() - began
    version = "HTTP/1.0" if answer.version == 10 else "HTTP/1.1"
    skew_s = skew_of(told.get("date"), began_at, began_at + took_s)
    return Probed(answer.status, version, took_s * 1000, told, skew_s)


def probe_page(url: str, path: str, *, timeout_s: float = PROBE_S) -> bytes:
    """The body of a page, whatever its status. Raises UnavailableError."""
    connection = open_connection(Address.of(url), timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().read(_MAX_BODY)
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"does not answer: {error}") from error
    finally:
        connection.close()


def skew_of(date: str | None, asked_at: float, answered_at: float) -> float | None:
    """How far the clock of a `Date` header is ahead, in seconds, 0 where it may be right; None: it says none.

    The header has whole seconds, so anything from its second to the next is what it may mean.
    """
    try:
        said = None if date is None else parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    if said is None:
        return None
    if said > answered_at:
        return said - answered_at
    return min(0.0, said + 1 - asked_at)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path
        self._timeout_s = timeout_s

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self._timeout_s)
        self.sock.connect(str(self._path))


def open_connection(
    address: Address, timeout_s: float, *, ca: Path | None = None, verified: bool = True
) -> http.client.HTTPConnection:
    """A connection by TCP, TLS or Unix socket, to be opened; not `verified`: to ourselves, by whatever name."""
    if address.path is not None:
        return _UnixConnection(address.path, timeout_s)
    if address.tls:
        context = ssl.create_default_context(cafile=ca)
        if not verified:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(address.host, address.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
