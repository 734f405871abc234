"""How a backend's address is read."""

from pathlib import Path

import pytest

from proxy.addresses import Address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:9001", Address("127.0.0.1", 9001)),
        ("http://crm.example", Address("crm.example", 80)),
        ("https://crm.example/", Address("crm.example", 443, tls=True)),
        ("https://[::1]:9443", Address("::1", 9443, tls=True)),
        ("unix:/run/crm.sock", Address("localhost", 0, path=Path("/run/crm.sock"))),
    ],
)
def test_an_address_is_a_host_and_a_port_or_a_socket(url: str, address: Address) -> None:
    assert Address.of(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.example:80",
        "ftp://crm.example",
        "http://",
        "http://crm.example/v1",
        "http://crm.example?x=1",
        "http://user:word@crm.example",
        "http://crm.example:port",
        "unix:run/crm.sock",
        "unix://run/crm.sock",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected|Port could not"):
        Address.of(url)
