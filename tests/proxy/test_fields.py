"""Field lines: of which kind they are, which stay, and that what is remembered of them is bounded."""

import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy import fields
from proxy.fields import (
    ANSWER_SHAPES,
    ANSWERS,
    REQUEST_SHAPES,
    REQUESTS,
    Found,
    Kinds,
    Lines,
    Shapes,
    lines_of,
)


def sorted_out(head: bytes, shapes: Shapes) -> tuple[Lines, Found]:
    return fields.sort_out(*lines_of(head, shapes))


def block(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


@pytest.mark.parametrize(
    "name",
    [
        b"X-Crossfade-Shadow",
        b"x-crossfade-signature",
        b"X_Crossfade_Shadow",
        b"X-CROSSFADE-WRITES",
        b"x-crossfade_anything",
        b"X-Query-Count",
        b"x_query_count",
        b"X-Query_Count",
        b"X-Write-Set",
        b"X_WRITE_SET",
    ],
)
def test_an_internal_name_is_one_in_any_spelling(name: bytes) -> None:
    assert (REQUESTS[name], ANSWERS[name]) == (fields.INTERNAL, fields.INTERNAL)


@pytest.mark.parametrize(
    "name", [b"X-Crossfade", b"Crossfade-X", b"X-Query-Counts", b"XCrossfade-Y", b"X-Cross-Fade-Y"]
)
def test_a_name_that_only_looks_like_one_passes(name: bytes) -> None:
    assert REQUESTS[name] == fields.PASSES


def test_what_only_a_request_means_something_by_passes_in_answers() -> None:
    names = (b"Host", b"Via", b"X-Request-Id", b"traceparent", b"Forwarded", b"X-Forwarded-For", b"Expect")

    assert {ANSWERS[name] for name in names} == {fields.PASSES}
    assert fields.PASSES not in {REQUESTS[name] for name in names}


@pytest.mark.parametrize(
    "name",
    [b"Keep-Alive", b"TE", b"Trailer", b"Proxy-Authenticate", b"proxy-authorization", b"Proxy-Connection"],
)
def test_hop_by_hop_names_are_known_both_ways(name: bytes) -> None:
    assert (REQUESTS[name], ANSWERS[name]) == (fields.HOP, fields.HOP)


def test_lines_keep_their_order_spelling_and_repeats() -> None:
    lines = (b"x-B: 1", b"Host: h", b"X-a:2 ", b"x-B:\t3", b"Cookie: a:b")

    kept, found = sorted_out(block(*lines), REQUEST_SHAPES)

    assert (kept, found) == ([*lines], [(fields.HOST, b"Host: h")])


def test_what_ends_here_is_found_and_not_kept() -> None:
    kept, found = sorted_out(
        block(b"A: 1", b"Connection: B", b"X-Crossfade-Shadow: 1", b"Content-Length: 2", b"TE: trailers"),
        REQUEST_SHAPES,
    )

    assert kept == [b"A: 1", b"Content-Length: 2"]
    assert [kind for kind, _ in found] == [fields.CONNECTION, fields.INTERNAL, fields.LENGTH, fields.HOP]


def test_a_head_without_fields_has_none() -> None:
    assert sorted_out(block(), REQUEST_SHAPES) == ([], [])
    assert sorted_out(block(b"TE: x"), REQUEST_SHAPES) == ([], [(fields.HOP, b"TE: x")])


NAMES = st.from_regex(r"[A-Za-z][A-Za-z_-]{0,8}", fullmatch=True) | st.sampled_from(
    ["Host", "connection", "X-Query-Count", "TE", "Via", "Server-Timing", "Content-Length"]
)
VALUES = st.from_regex(r"[ -~]{0,12}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_every_line_is_kept_or_found_and_its_name_decides(pairs: list[tuple[str, str]]) -> None:
    lines = [f"{name}: {value}".encode() for name, value in pairs]

    for shapes, kinds in ((REQUEST_SHAPES, REQUESTS), (ANSWER_SHAPES, ANSWERS)):
        kept, found = sorted_out(block(*lines), shapes)

        expected = [(kinds[fields.name_of(line)], line) for line in lines]
        assert kept == [line for kind, line in expected if not 0 < kind < fields.HOST]
        assert found == [(kind, line) for kind, line in expected if kind]


NAMES = st.sampled_from(
    [b"A", b"AB", b"a", b"Host", b"Hos", b"Host_", b"TE", b"X-Crossfade-A", b"Content-Length"]
)


@given(st.lists(st.lists(NAMES, max_size=4), min_size=2, max_size=6))
def test_a_head_is_sorted_out_as_if_no_other_had_come_before(heads: list[list[bytes]]) -> None:
    shapes = Shapes(REQUESTS)

    for names in heads:
        head = block(*(name + b": B: 1" for name in names))
        assert sorted_out(head, shapes) == sorted_out(head, Shapes(REQUESTS))


def test_a_heads_lines_are_its_own() -> None:
    first, _ = sorted_out(block(b"A: 1"), REQUEST_SHAPES)
    first.append(b"B: 2")
    second, _ = sorted_out(block(b"A: 3"), REQUEST_SHAPES)

    assert second == [b"A: 3"]


def held(cache: Mapping[bytes, object] | Mapping[tuple[bytes, ...], object]) -> int:
    """About how many bytes its keys hold."""
    keys = [key if isinstance(key, tuple) else (key,) for key in cache]
    return sum(sys.getsizeof(name) for key in keys for name in key)


def test_what_clients_think_up_does_not_fill_the_memory() -> None:
    kinds = Kinds({b"host": fields.HOST})
    shapes = Shapes(kinds)

    for number in range(10_000):
        assert kinds[b"X-%d" % number] == fields.PASSES
        sorted_out(block(b"X-%d: 1" % number, b"Host: h"), shapes)

    assert len(kinds) <= 4_096
    assert len(shapes) <= 4_096


def test_long_names_and_many_fields_do_not_fill_the_memory_either() -> None:
    kinds = Kinds({})
    shapes = Shapes(kinds)

    for number in range(2_000):
        sorted_out(block(b"%d%b: 1" % (number, b"x" * 8_000)), shapes)
        sorted_out(block(*[b"%d-%d: 1" % (number, at) for at in range(100)]), shapes)

    assert held(kinds) + held(shapes) < 8_000_000


def test_names_and_values_read_as_text_without_a_loss() -> None:
    lines = [b"x-A: 1", b"X-a:caf\xe9", b"X-B: \t\xc3\xbc \t", b"X-C: a: b"]

    assert fields.pairs(lines) == [("x-A", "1"), ("X-a", "caf\udce9"), ("X-B", "ü"), ("X-C", "a: b")]


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        (b"close", {b"close"}),
        (b" Close ,\tX-A,x-a", {b"close", b"x-a"}),
        (b"", {b""}),
        (b"a,,b", {b"a", b"", b"b"}),
    ],
)
def test_a_list_is_read_as_its_lower_case_members(value: bytes, tokens: set[bytes]) -> None:
    assert fields.tokens(value) == tokens


@pytest.mark.parametrize("name", [b"X_Forwarded_For", b"x-forwarded_host", b"X_FORWARDED_PROTO"])
def test_who_the_client_is_cannot_be_said_in_a_spelling_that_some_servers_take_for_it(name: bytes) -> None:
    kept, found = sorted_out(block(name + b": 192.0.2.66"), REQUEST_SHAPES)

    assert (kept, found) == ([], [(fields.HOP, name + b": 192.0.2.66")])
