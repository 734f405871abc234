"""The rules of the edge."""

from pathlib import Path

import pytest

from parity.exchange import Backend
from proxy.headers import EdgeHeaders, Headers, Inbound, observe
from proxy.settings import ProxySettings, TelemetrySettings

FRESH = "0123456789abcdef0123456789abcdef"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def an_edge(*, trusted: tuple[str, ...] = (), exposes: bool = True, timing: bool = False) -> EdgeHeaders:
    return EdgeHeaders(
        ProxySettings(
            "",
            "",
            "",
            Path(),
            (),
            b"key",
            trusted_hops=frozenset(trusted),
            expose_served_by=exposes,
            keep_server_timing=timing,
        )
    )


def inbound(headers: Headers, edge: EdgeHeaders | None = None, peer: str = "192.0.2.9") -> Inbound:
    return (edge or an_edge()).inbound(headers, peer=peer, scheme="http", fresh_id=FRESH)


def values(of: Inbound, name: str) -> list[str]:
    return [value for key, value in of.headers if key == name]


def test_via_is_added_after_what_is_there() -> None:
    edge = an_edge()

    assert values(inbound([("Via", "1.1 before")], edge), "Via") == ["1.1 before", f"1.1 {edge.pseudonym}"]


def test_the_own_via_is_a_loop_and_anothers_is_none() -> None:
    edge = an_edge()

    assert inbound([("via", f"1.0 a, 1.1 {edge.pseudonym}")], edge).looped
    assert not inbound([("Via", "1.1 crossfade-00000000")], edge).looped


def test_what_an_untrusted_client_says_of_its_way_is_replaced() -> None:
    got = inbound(
        [
            ("Host", "crm.example.test"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "evil"),
            ("Forwarded", "for=10.0.0.1"),
        ]
    )

    assert values(got, "X-Forwarded-For") == ["192.0.2.9"]
    assert values(got, "X-Forwarded-Proto") == ["http"]
    assert values(got, "X-Forwarded-Host") == ["crm.example.test"]
    assert values(got, "Forwarded") == ['for=192.0.2.9;host="crm.example.test";proto=http']
    assert got.address == "192.0.2.9"


def test_what_a_trusted_hop_says_is_appended_to() -> None:
    edge = an_edge(trusted=("192.0.2.9", "192.0.2.8"))
    got = inbound(
        [
            ("X-Forwarded-For", "198.51.100.1, 203.0.113.5, 192.0.2.8"),
            ("X-Forwarded-Proto", "https"),
            ("Forwarded", "for=203.0.113.5"),
        ],
        edge,
    )

    assert values(got, "X-Forwarded-For") == ["198.51.100.1, 203.0.113.5, 192.0.2.8, 192.0.2.9"]
    assert values(got, "X-Forwarded-Proto") == ["https"]
    assert values(got, "Forwarded") == ["for=203.0.113.5, for=192.0.2.9;proto=http"]
    assert got.address == "203.0.113.5", "the last one that is not a hop of ours; the first may be invented"


def test_an_ipv6_client_is_quoted() -> None:
    assert values(inbound([], peer="2001:db8::1"), "Forwarded") == ['for="[2001:db8::1]";proto=http']


def test_a_host_that_would_break_out_of_its_quotes_is_left_out() -> None:
    assert values(inbound([("Host", 'h";for=x')]), "Forwarded") == ["for=192.0.2.9;proto=http"]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("req-1", "req-1"),
        ("", FRESH),
        ("two words", FRESH),
        ("x" * 129, FRESH),
        ("caf\xe9", FRESH),
    ],
)
def test_a_request_id_passes_if_it_is_one(given: str, passed: str) -> None:
    got = inbound([("x-request-id", given)])

    assert got.request_id == passed
    assert values(got, "X-Request-Id") == [passed]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        (TRACE, TRACE),
        ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", f"00-{FRESH}-{FRESH[:16]}-01"),
        (TRACE.upper(), f"00-{FRESH}-{FRESH[:16]}-01"),
        ("nonsense", f"00-{FRESH}-{FRESH[:16]}-01"),
    ],
)
def test_a_trace_passes_if_it_is_one(given: str, passed: str) -> None:
    assert values(inbound([("Traceparent", given)]), "traceparent") == [passed]


@pytest.mark.parametrize(
    ("given", "parent", "passed"),
    [
        (TRACE, TRACE, f"{TRACE[:35]}-{FRESH[:16]}-01"),
        (f"{TRACE[:-2]}00", f"{TRACE[:-2]}00", f"{TRACE[:35]}-{FRESH[:16]}-00"),
        (f"ff{TRACE[2:]}", "", f"00-{FRESH}-{FRESH[:16]}-01"),
        ("nonsense", "", f"00-{FRESH}-{FRESH[:16]}-01"),
    ],
)
def test_where_requests_are_traced_the_proxys_span_is_the_parent(
    given: str, parent: str, passed: str
) -> None:
    traced = TelemetrySettings(otlp_endpoint="http://127.0.0.1:4318")
    got = inbound(
        [("traceparent", given)], EdgeHeaders(ProxySettings("", "", "", Path(), (), b"key", telemetry=traced))
    )

    assert (got.parent, values(got, "traceparent")) == (parent, [passed])


def test_connection_cannot_take_away_what_the_proxy_adds_or_what_frames_the_message() -> None:
    got = inbound(
        [
            ("Connection", "X-Forwarded-For, Via, Host, Content-Length, X-Own"),
            ("Host", "h"),
            ("Content-Length", "3"),
            ("X-Own", "1"),
        ]
    )  # fmt: skip -- one request in two lines

    names = [name for name, _ in got.headers]
    assert {"X-Forwarded-For", "Via", "Host", "Content-Length"} <= set(names)
    assert "X-Own" not in names


def test_server_timing_stays_if_configured() -> None:
    headers = [("Server-Timing", "db;dur=1")]

    assert an_edge(timing=True, exposes=False).outbound(headers, Backend.LEGACY, 1).headers == headers
    assert an_edge(exposes=False).outbound(headers, Backend.LEGACY, 1).headers == []


def test_who_served_is_said_only_if_configured() -> None:
    assert an_edge().outbound([], Backend.MODERN, 7).headers == [
        ("X-Served-By", "modern"),
        ("X-Flag-Version", "7"),
    ]
    assert an_edge(exposes=False).outbound([("X-Served-By", "cache-1")], Backend.MODERN, 7).headers == [
        ("X-Served-By", "cache-1")
    ]


@pytest.mark.parametrize(
    ("value", "count"),
    [("12", 12), ("0", 0), ("-1", None), ("1e3", None), ("", None), ("9" * 40, None), ("٣", None)],
)
def test_a_query_count_is_a_plain_number(value: str, count: int | None) -> None:
    assert an_edge().outbound([("x-query-count", value)], Backend.LEGACY, 1).query_count == count


def test_parity_gets_the_clients_headers_in_lower_case_without_the_proxys_own() -> None:
    outbound = an_edge().outbound(
        [("Set-Cookie", "a=1"), ("SET-COOKIE", "b=2"), ("X-Query-Count", "3"), ("ETag", "caf\udce9")],
        Backend.LEGACY,
        1,
    )

    observed = observe(outbound)

    assert observed.headers == (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("etag", "caf\xe9"))
    assert observed.query_count == 3
