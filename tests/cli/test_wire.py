"""The settings of a worker survive the way to it."""

from pathlib import Path

import msgspec
import pytest

from cli.wire import decode, encode
from parity.exchange import Endpoint
from proxy.settings import (
    ClientSettings,
    EndpointBounds,
    ProxySettings,
    StickyKind,
    StickySettings,
    TlsSettings,
)

SETTINGS = ProxySettings(
    "http://127.0.0.1:1",
    "unix:/run/modern.sock",
    "sqlite:///store",
    Path("/state"),
    (Endpoint("escrows", "GET", "/v1/escrows/{id}", mirrorable=False),),
    b"\xff\x00\ntoken",
    parity_socket=Path("/state/parity.sock"),
    tls=TlsSettings(Path("/tls/cert"), Path("/tls/key")),
    counts_file=Path("/state/counts"),
    listen_fd=7,
    trusted_hops=frozenset({"10.0.0.1", "::1"}),
    sticky=StickySettings(order=(StickyKind.COOKIE,)),
    client=ClientSettings(max_body_bytes=7),
    bounds={"escrows": EndpointBounds(max_in_flight=3)},
)


def test_settings_are_one_line_and_come_out_as_they_went_in() -> None:
    line = encode(SETTINGS)

    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == SETTINGS


@pytest.mark.parametrize("line", [b"", b"{}", b"{", encode(SETTINGS).replace(b'"slot":0', b'"slot":"x"')])
def test_a_line_that_is_no_settings_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(line)
