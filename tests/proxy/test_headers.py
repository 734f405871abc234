"""The rules of the edge."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.exchange import Backend
from proxy.fields import Lines
from proxy.headers import EdgeHeaders, Inbound
from proxy.settings import TelemetrySettings
from tests.proxy.wire.fakes import an_answer, head_with, pairs_of
from tests.proxy.wire.rig import settings_of

FRESH = b"0123456789abcdef0123456789abcdef"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NEW_TRACE = f"00-{FRESH.decode()}-{FRESH[:16].decode()}-01"
OWN = frozenset(
    [
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Request-Id",
        "traceparent",
    ]
)


def an_edge(
    *, trusted: tuple[str, ...] = (), exposes: bool = True, timing: bool = False, **changes: Any
) -> EdgeHeaders:
    return EdgeHeaders(
        settings_of(
            trusted_hops=frozenset(trusted), expose_served_by=exposes, keep_server_timing=timing, **changes
        )
    )


def inbound(
    *fields: str,
    edge: EdgeHeaders | None = None,
    peer: str = "192.0.2.9",
    scheme: str = "http",
    host: str | None = "h",
    version: str = "1.1",
) -> Inbound:
    edge = edge or an_edge()
    return edge.inbound(head_with(*fields, host=host, version=version), edge.peer(peer, scheme), FRESH)


def values(of: Inbound | Lines, name: str) -> list[str]:
    return [value for key, value in pairs_of(of if isinstance(of, list) else of.lines) if key == name]


# Requests


def test_via_is_added_after_what_is_there() -> None:
    edge = an_edge()

    assert values(inbound("Via: 1.1 before", edge=edge), "Via") == ["1.1 before", f"1.1 {edge.pseudonym}"]


def test_the_own_via_is_a_loop_and_anothers_is_none() -> None:
    edge = an_edge()

    assert inbound(f"via: 1.0 a, 1.1 {edge.pseudonym}", edge=edge).looped
    assert inbound("Via: 1.0 a", f"VIA: 1.1 {edge.pseudonym}", "Connection: Via", edge=edge).looped
    assert not inbound("Via: 1.1 crossfade-00000000", edge=edge).looped


def test_two_installations_have_two_names_and_workers_of_one_the_same() -> None:
    assert an_edge().pseudonym == an_edge().pseudonym
    assert an_edge().pseudonym != an_edge(token_key=b"another").pseudonym


def test_what_an_untrusted_client_says_of_its_way_is_replaced() -> None:
    got = inbound(
        "X-Forwarded-For: 10.0.0.1",
        "x-forwarded-proto: https",
        "X-Forwarded-Host: evil",
        "FORWARDED: for=10.0.0.1",
        host="crm.example.test",
    )

    assert values(got, "X-Forwarded-For") == ["192.0.2.9"]
    assert values(got, "X-Forwarded-Proto") == ["http"]
    assert values(got, "X-Forwarded-Host") == ["crm.example.test"]
    assert values(got, "Forwarded") == ['for=192.0.2.9;host="crm.example.test";proto=http']
    assert "10.0.0.1" not in b"\r\n".join(got.lines).decode()
    assert got.address == "192.0.2.9"


def test_what_a_trusted_hop_says_is_appended_to() -> None:
    edge = an_edge(trusted=("192.0.2.9", "192.0.2.8"))
    got = inbound(
        "X-Forwarded-For: 198.51.100.1, 203.0.113.5, 192.0.2.8",
        "X-Forwarded-Proto: https",
        "Forwarded: for=203.0.113.5",
        edge=edge,
    )

    assert values(got, "X-Forwarded-For") == ["198.51.100.1, 203.0.113.5, 192.0.2.8, 192.0.2.9"]
    assert values(got, "X-Forwarded-Proto") == ["https"]
    assert values(got, "Forwarded") == ['for=203.0.113.5, for=192.0.2.9;host="h";proto=http']
    assert got.address == "203.0.113.5", "the last one that is not a hop of ours; the first may be invented"


@pytest.mark.parametrize(
    ("fields", "way", "address"),
    [
        (
            ("X-Forwarded-For: 203.0.113.5", "x-forwarded-for: 198.51.100.1"),
            "203.0.113.5, 198.51.100.1, 192.0.2.9",
            "198.51.100.1",
        ),
        (("X-Forwarded-For: 2001:db8::7",), "2001:db8::7, 192.0.2.9", "2001:db8::7"),
        (("X-Forwarded-For: 192.0.2.9",), "192.0.2.9, 192.0.2.9", "192.0.2.9"),
        (("X-Forwarded-For: , ",), ",, 192.0.2.9", "192.0.2.9"),
        ((), "192.0.2.9", "192.0.2.9"),
    ],
)
def test_the_clients_address_is_the_last_that_no_hop_of_ours_has(
    fields: tuple[str, ...], way: str, address: str
) -> None:
    got = inbound(*fields, edge=an_edge(trusted=("192.0.2.9",)))

    assert (values(got, "X-Forwarded-For"), got.address) == ([way], address)


def test_the_host_that_a_trusted_hop_was_asked_for_stays() -> None:
    got = inbound("X-Forwarded-Host: outer.test", edge=an_edge(trusted=("192.0.2.9",)), host="inner")

    assert values(got, "X-Forwarded-Host") == ["outer.test"]
    assert values(got, "Host") == ["inner"]


def test_an_ipv6_client_is_quoted_and_one_of_a_unix_socket_has_no_address() -> None:
    got = inbound(peer="2001:db8::1")

    assert values(got, "Forwarded") == ['for="[2001:db8::1]";host="h";proto=http']
    assert values(got, "X-Forwarded-For") == ["2001:db8::1"]
    assert values(inbound(peer=""), "Forwarded") == ['for=unknown;host="h";proto=http']


def test_a_host_without_a_name_is_the_backends_own() -> None:
    got = inbound(host=None, version="1.0")

    assert values(got, "Host") == ["127.0.0.1:1"]
    assert values(got, "X-Forwarded-Host") == []
    assert values(got, "Forwarded") == ["for=192.0.2.9;proto=http"]


def test_one_peer_may_ask_for_many_hosts() -> None:
    edge = an_edge()
    peer = edge.peer("192.0.2.9", "https")
    hosts = [
        values(edge.inbound(head_with(host=host), peer, FRESH), "X-Forwarded-Host")
        for host in ("a", "b", "b", "a")
    ]

    assert hosts == [["a"], ["b"], ["b"], ["a"]]


@pytest.mark.parametrize(
    ("given_id", "passed"),
    [
        ("req-1", "req-1"),
        ("x" * 128, "x" * 128),
        ("", FRESH.decode()),
        ("two words", FRESH.decode()),
        ("x" * 129, FRESH.decode()),
        ("caf\xe9", FRESH.decode()),
        ("a\tb", FRESH.decode()),
    ],
)
def test_a_request_id_passes_if_it_is_one(given_id: str, passed: str) -> None:
    got = inbound(f"x-request-id: {given_id}")

    assert got.request_id.decode() == passed
    assert [value for name, value in pairs_of(got.lines) if name.lower() == "x-request-id"] == [passed]


@pytest.mark.parametrize(
    ("given_trace", "passed"),
    [
        (TRACE, TRACE),
        ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", NEW_TRACE),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01", NEW_TRACE),
        (TRACE.upper(), NEW_TRACE),
        (TRACE + "-x", NEW_TRACE),
        ("nonsense", NEW_TRACE),
        ("", NEW_TRACE),
    ],
)
def test_a_trace_passes_if_it_is_one(given_trace: str, passed: str) -> None:
    got = inbound(f"Traceparent: {given_trace}")

    assert [value for name, value in pairs_of(got.lines) if name.lower() == "traceparent"] == [passed]
    assert got.parent == ""


def test_where_requests_are_traced_the_backend_gets_a_child_of_the_clients_span() -> None:
    edge = an_edge(telemetry=TelemetrySettings(otlp_endpoint="http://127.0.0.1:4318"))
    given, created = inbound(f"traceparent: {TRACE}", edge=edge), inbound("traceparent: nonsense", edge=edge)

    (child,) = values(given, "traceparent")
    assert (given.parent, created.parent) == (TRACE, "")
    assert child.split("-")[1] == TRACE.split("-")[1]
    assert child.split("-")[2] != TRACE.split("-")[2]


def test_connection_cannot_take_away_what_the_proxy_adds_or_what_frames_the_message() -> None:
    got = inbound(
        "Connection: X-Forwarded-For, Via, Host, Content-Length, X-Own, X-Request-Id",
        "Content-Length: 3",
        "X-Own: 1",
        "x-own: 2",
        "X-Other: 3",
    )

    names = [name for name, _ in pairs_of(got.lines)]
    assert set(names) == OWN | {"Host", "Content-Length", "X-Other"}


def test_hop_by_hop_headers_end_here() -> None:
    got = inbound(
        "TE: trailers",
        "Keep-Alive: 5",
        "Trailer: X",
        "Proxy-Authorization: Basic eA==",
        "Proxy-Connection: close",
        "Upgrade: websocket",
        "HTTP2-Settings: x",
        "Connection: close",
    )

    assert {name for name, _ in pairs_of(got.lines)} == OWN | {"Host"}


SPELLINGS = "X-Crossfade-Shadow X_Crossfade_Shadow x-crossfade_writes X-QUERY-COUNT x_query_count X-Write-Set"


@pytest.mark.parametrize("name", SPELLINGS.split())
def test_internal_headers_of_a_client_end_here(name: str) -> None:
    assert b"666" not in b"\r\n".join(inbound(f"{name}: 666").lines)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z]{1,4}-[A-Za-z0-9]{1,4}", fullmatch=True),
            st.from_regex(r"[!-~]{0,9}", fullmatch=True),
        ),
        max_size=8,
    )
)
def test_whatever_means_nothing_passes_in_its_order(fields: list[tuple[str, str]]) -> None:
    got = inbound(*(f"{name}: {value}" for name, value in fields))

    assert pairs_of(got.lines)[1 : len(fields) + 1] == fields


def test_a_body_in_chunks_says_so_and_one_with_a_length_keeps_it() -> None:
    assert values(inbound("Transfer-Encoding: chunked"), "Transfer-Encoding") == ["chunked"]
    assert values(inbound("Content-Length: 3"), "Content-Length") == ["3"]
    assert values(inbound(), "Transfer-Encoding") == []


def test_an_invitation_is_asked_for_by_whoever_knows_it() -> None:
    assert values(inbound("Expect: 100-continue", "Content-Length: 1"), "Expect") == ["100-continue"]
    assert values(inbound("Expect: 100-continue", "Content-Length: 1", version="1.0"), "Expect") == []


@pytest.mark.parametrize(
    ("fields", "upgrade"),
    [
        (("Upgrade: websocket",), b"websocket"),
        (("Upgrade: h2c",), b""),
        (("Upgrade: websocket, H2C",), b""),
        (("Upgrade: websocket", "Content-Length: 3"), b""),
        (("Upgrade: websocket", "Transfer-Encoding: chunked"), b""),
        (("Upgrade: h2c", "Upgrade: websocket"), b"websocket"),
        (("Upgrade: websocket", "Upgrade: h2c"), b""),
    ],
)
def test_an_upgrade_passes_as_one_but_never_to_another_http(fields: tuple[str, ...], upgrade: bytes) -> None:
    got = inbound("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: x", *fields)

    assert got.upgrade == upgrade
    assert values(got, "Upgrade") == ([upgrade.decode()] if upgrade else [])
    assert values(got, "Connection") == (["Upgrade"] if upgrade else [])
    assert values(got, "HTTP2-Settings") == []


# Answers


def test_server_timing_stays_if_configured() -> None:
    assert pairs_of(
        an_edge(timing=True, exposes=False).outbound(an_answer("Server-Timing: db;dur=1"), Backend.LEGACY, 1)
    ) == [("Server-Timing", "db;dur=1")]
    assert an_edge(exposes=False).outbound(an_answer("Server-Timing: db;dur=1"), Backend.LEGACY, 1) == []


def test_who_served_is_said_only_if_configured() -> None:
    edge = an_edge()
    for version in (7, 7, 8):
        assert pairs_of(edge.outbound(an_answer(), Backend.MODERN, version)) == [
            ("X-Served-By", "modern"),
            ("X-Flag-Version", str(version)),
        ]
    assert pairs_of(edge.outbound(an_answer(), Backend.LEGACY, 7))[0] == ("X-Served-By", "legacy")
    assert pairs_of(
        an_edge(exposes=False).outbound(an_answer("X-Served-By: cache-1"), Backend.MODERN, 7)
    ) == [("X-Served-By", "cache-1")]


def test_an_answer_before_the_answer_says_nothing_of_who_served() -> None:
    lines = an_edge().outbound(an_answer("Link: x", status="103 Early Hints"), Backend.MODERN, 7)

    assert lines == [b"Link: x"]


def test_internal_and_hop_by_hop_headers_of_a_backend_do_not_reach_the_client() -> None:
    lines = an_edge().outbound(
        an_answer(
            "X-Query-Count: 7",
            *("Server-Timing: db;dur=1", "X-Write-Set: w", "X_Crossfade_Note: n", "X-Served-By: a forgery"),
            "x-flag-version: 99",
            *("Keep-Alive: timeout=5", "Connection: X-Hop", "x-hop: 1", "Transfer-Encoding: chunked"),
            "Upgrade: h2",
            "Set-Cookie: a=1",
            "set-cookie: b=2",
        ),
        Backend.LEGACY,
        3,
    )

    assert pairs_of(lines) == [
        ("Set-Cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("X-Served-By", "legacy"),
        ("X-Flag-Version", "3"),
    ]


@pytest.mark.parametrize(
    ("status", "stays"),
    [("200 OK", True), ("304 Not Modified", True), ("204 No Content", False), ("103 x", False)],
)
def test_a_length_goes_where_there_can_be_none(status: str, *, stays: bool) -> None:
    lines = an_edge(exposes=False).outbound(an_answer("Content-Length: 3", status=status), Backend.LEGACY, 1)

    assert (lines == [b"Content-Length: 3"]) is stays


def test_an_upgrade_names_its_protocol() -> None:
    head = an_answer("Connection: Upgrade", "Upgrade: websocket", "X: 1", status="101 Switching Protocols")

    assert pairs_of(an_edge(exposes=False).outbound(head, Backend.LEGACY, 1)) == [
        ("X", "1"),
        ("Upgrade", "websocket"),
    ]


# What parity compares


@pytest.mark.parametrize(
    ("value", "count"),
    [("12", 12), ("0", 0), ("-1", None), ("1e3", None), ("", None), ("9" * 40, None), ("٣", None)],
)
def test_a_query_count_is_a_plain_number(value: str, count: int | None) -> None:
    assert an_edge().observed(f"x-query-count: {value}\r\n".encode())[1] == count


def test_parity_gets_the_clients_headers_in_lower_case_without_the_proxys_own() -> None:
    head = an_answer(
        "Set-Cookie: a=1",
        "SET-COOKIE: b=2",
        "X-Query-Count: 3",
        "ETag: caf\udce9",
        "X-Served-By: legacy",
        "Connection: X-Hop",
        "X-Hop: 1",
        "Server-Timing: db",
        "X-Name: ü",
    )

    observed, query_count = an_edge().observed(head.fields)

    assert observed == (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("etag", "caf\xe9"), ("x-name", "ü"))
    assert query_count == 3
    assert an_edge().observed(b"") == ((), None)
    assert an_edge(timing=True).observed(b"Server-Timing: db\r\n") == ((("server-timing", "db"),), None)
