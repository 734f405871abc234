"""Which endpoint a raw path is at."""

import pytest

from parity.exchange import Endpoint
from proxy.routing import RoutingTable, origin_form

LIST = Endpoint("escrows", "GET", "/v1/escrows")
ONE = Endpoint("escrows", "GET", "/v1/escrows/{id}")
STATS = Endpoint("escrows", "GET", "/v1/escrows/stats")
ARCHIVE = Endpoint("escrows", "PUT", "/v1/escrows/{id}/archive")
PART = Endpoint("escrows", "GET", "/v1/{domain}/summary/{part}")
SUMMARY = Endpoint("escrows", "GET", "/v1/escrows/summary/{part}")
TABLE = RoutingTable([PART, ONE, LIST, STATS, ARCHIVE, SUMMARY])


@pytest.mark.parametrize(
    ("method", "target", "endpoint"),
    [
        ("GET", "/v1/escrows", LIST),
        ("GET", "/v1/escrows?limit=20&x=/v1/y", LIST),
        ("GET", "/v1/escrows/e5c00000", ONE),
        ("GET", "/v1/escrows/a%2Fb", ONE),
        ("GET", "/v1/escrows/...", ONE),
        ("GET", "/v1/escrows/stats", STATS),
        ("PUT", "/v1/escrows/1/archive", ARCHIVE),
        ("GET", "/v1/escrows/summary/x", SUMMARY),
        ("GET", "/v1/clients/summary/x", PART),
    ],
)
def test_a_path_is_at_its_most_special_endpoint(method: str, target: str, endpoint: Endpoint) -> None:
    assert TABLE.match(method, target) == endpoint


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v1/escrows"),
        ("get", "/v1/escrows"),
        ("GET", "/v1/escrows/"),
        ("GET", "//v1/escrows"),
        ("GET", "/v1//escrows"),
        ("GET", "/v1/Escrows"),
        ("GET", "/v1/%65scrows"),
        ("GET", "/v1/escrows/."),
        ("GET", "/v1/escrows/.."),
        ("GET", "/v1/escrows/%2e%2E"),
        ("GET", "/v1/escrows/.%2e"),
        ("PUT", "/v1/escrows/1/archive/"),
        ("PUT", "/v1/escrows//archive"),
        ("PUT", "/v1/escrows/../archive"),
        ("GET", "/"),
        ("GET", ""),
    ],
)
def test_any_other_path_is_unlisted(method: str, target: str) -> None:
    assert TABLE.match(method, target) is None


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("/v1?x#", b"h", None),
        ("/v1?x=//y", None, "/v1?x=//y"),
        ("http://h/v1?x", b"h", "/v1?x"),
        ("HTTP://H:80/v1", b"h:80", "/v1"),
        ("http://h?x=/y", b"h", "/?x=/y"),
        ("http://h", b"h", "/"),
        ("http://evil/v1", b"h", None),
        ("http://h@evil/v1", b"h", None),
        ("http://h/v1", None, None),
        ("ftp://h/v1", b"h", None),
        ("h:443", b"h:443", None),
        ("*", b"h", None),
        ("", b"h", None),
        ("@evil/", b"h", None),
        ("http://h#x", b"h", None),
        ("http:///v1", b"h", None),
        ("http://", b"h", None),
        ("https://[::1]:8080/v1", b"[::1]:8080", "/v1"),
        ("http://h/v1/../x//y?%2F", b"h", "/v1/../x//y?%2F"),
    ],
)
def test_a_target_is_a_path_or_refused(target: str, host: bytes | None, path: str | None) -> None:
    assert origin_form(target, host) == path
