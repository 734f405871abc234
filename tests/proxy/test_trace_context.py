"""Whose child the proxy's span is, and whose parent."""

import random

import pytest

from proxy.trace_context import child_of, is_parent, is_sampled

TRACE, SPAN, FRESH = (
    "0af7651916cd43dd8448eb211c80319c",
    "b7ad6b7169203331",
    "1234567890abcdef1234567890abcdef",
)


def test_the_proxys_span_is_a_child_in_the_clients_trace() -> None:
    assert child_of(f"00-{TRACE}-{SPAN}-01", FRESH, 0) == f"00-{TRACE}-{FRESH[:16]}-01"


def test_without_a_parent_a_trace_begins() -> None:
    assert child_of("", FRESH, 1) == f"00-{FRESH}-{FRESH[:16]}-01"


def test_what_the_client_decided_about_sampling_stands() -> None:
    assert not is_sampled(f"00-{TRACE}-{SPAN}-00", FRESH, 1)
    assert is_sampled(f"00-{TRACE}-{SPAN}-03", FRESH, 0)
    assert child_of(f"00-{TRACE}-{SPAN}-00", FRESH, 1).endswith("-00")


def test_the_rate_is_the_share_of_new_traces() -> None:
    source = random.Random(4)
    names = [f"{source.getrandbits(128):032x}" for _ in range(4_000)]

    sampled = sum(is_sampled("", name, 0.25) for name in names)

    assert 0.22 < sampled / len(names) < 0.28
    assert not any(is_sampled("", name, 0) for name in names)


@pytest.mark.parametrize("value", [f"00-{TRACE}-{SPAN}-01", f"01-{TRACE}-{SPAN}-00"])
def test_a_valid_header_names_a_parent(value: str) -> None:
    assert is_parent(value)


@pytest.mark.parametrize(
    "value",
    [
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        "",
    ],
)
def test_any_other_header_names_none(value: str) -> None:
    assert not is_parent(value)
