"""Whatever a backend sends, comparing it ends in time in a counted outcome with its reason, under any rules."""

import subprocess
import sys
import time

import msgspec
import pytest

from parity.bodies import BOUNDS, Bounds
from parity.compare import compare
from parity.exchange import Exchange
from parity.outcome import Comparison, Outcome
from parity.rules import Compare, RuleBook
from tests.parity.factories import TODAY, by_shape, differing, exchange, observation

ANY_NUMBER = Bounds(max_values=10_000_000)


def verdict(found: Exchange, rules: RuleBook | None = None, bounds: Bounds = BOUNDS) -> Comparison:
    return compare(found, rules or RuleBook(), today=TODAY, bounds=bounds)


def nested(depth: int, leaf: str) -> bytes:
    return (b"[" * depth) + leaf.encode() + b"]" * depth


HOSTILE: dict[str, tuple[bytes, bytes, Comparison]] = {
    "50 MB": (b"[" + b"1," * 25_000_000 + b"1]", b"[]", Comparison(Outcome.SKIPPED, "body_too_large")),
    "100 levels": (nested(100, "1"), nested(100, "2"), Comparison(Outcome.SKIPPED, "too_deep")),
    "100 levels, the same": (nested(100, "1"), nested(100, " 1"), Comparison(Outcome.MATCH)),
    "90,000 levels": (nested(90_000, "1"), b"[]", Comparison(Outcome.SKIPPED, "too_deep")),
    "a million levels": (nested(10**6, "1"), b"[]", Comparison(Outcome.SKIPPED, "too_many_values")),
    "keys given twice": (b'{"a":1,"a":2}', b'{"a":2}', Comparison(Outcome.SKIPPED, "duplicate_keys")),
    "huge number": (b"[1e99999]", b"[1]", Comparison(Outcome.SKIPPED, "number_too_large")),
    "long number": (b"[" + b"9" * 10**6 + b"]", b"[1]", Comparison(Outcome.SKIPPED, "number_too_long")),
    "half a character": (rb'["\ud800"]', b"[1]", Comparison(Outcome.SKIPPED, "lone_surrogate")),
    "not a number": (b"[NaN]", b"[1]", Comparison(Outcome.SKIPPED, "not_a_number")),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "book", [RuleBook(), RuleBook(rules=(by_shape("**"),))], ids=["no rules", "all by shape"]
)
def test_hostile_bodies_end_in_a_counted_outcome_with_its_reason_in_time(name: str, book: RuleBook) -> None:
    legacy, modern, expected = HOSTILE[name]
    started_s = time.process_time()

    found = verdict(exchange(legacy, modern), book)
    swapped = verdict(exchange(modern, legacy), book)

    assert (found, swapped) == (expected, expected)
    assert time.process_time() - started_s < 4


def test_a_rule_for_everything_still_counts_what_it_does_not_let_pass() -> None:
    everything = RuleBook(rules=(by_shape("**"), by_shape("**", compare=Compare.UNORDERED)))

    assert verdict(exchange({"a": [1, 2]}, {"a": [2, 3]}), everything).outcome is Outcome.MATCH
    assert differing(verdict(exchange({"a": 1, "b": 1}, {"a": None}), everything)) == [
        ("$.a", "type"),
        ("$.b", "missing"),
    ]


def turned(count: int) -> tuple[bytes, bytes]:
    """A list of so many numbers, and with its halves exchanged."""
    numbers = list(range(count))
    halves = numbers[count // 2 :] + numbers[: count // 2]
    return msgspec.json.encode(numbers), msgspec.json.encode(halves)


def test_a_million_items_in_another_order_end_in_time() -> None:
    sides = turned(1_000_000)
    started_s = time.process_time()

    assert differing(verdict(exchange(*sides), bounds=ANY_NUMBER)) == [("$", "order")]
    assert time.process_time() - started_s < 10


def test_many_items_in_another_order_are_no_difference_where_the_order_is_free() -> None:
    unordered = RuleBook(rules=(by_shape("$", compare=Compare.UNORDERED),))

    assert verdict(exchange(*turned(200_000)), unordered, ANY_NUMBER).outcome is Outcome.MATCH


@pytest.mark.parametrize("part", ["<div>", "<p a='", "<!--", "</", "<script>", "&amp"])
def test_half_a_page_that_never_ends_is_judged_in_time(part: str) -> None:
    sides = [
        observation(part.encode() * times, headers=(("content-type", "text/html"),)) for times in (10**5, 9)
    ]
    started_s = time.process_time()

    assert verdict(exchange(*sides)).outcome in (Outcome.MISMATCH, Outcome.SKIPPED)
    assert time.process_time() - started_s < 4


def test_items_that_only_rules_tell_apart_are_judged_in_time_or_not_at_all() -> None:
    rules = RuleBook(rules=(by_shape("$", compare=Compare.UNORDERED), by_shape("$[*].at")))
    sides = [
        msgspec.json.encode([{"at": f"2026-01-{day:02}", "n": [[number * sign]]} for number in range(4_000)])
        for day, sign in ((1, 1), (2, -1))
    ]
    started_s = time.process_time()

    found = verdict(exchange(*sides), rules)

    assert found.outcome in (Outcome.MISMATCH, Outcome.SKIPPED)
    assert time.process_time() - started_s < 20


MANY: dict[str, tuple[str, bytes]] = {
    "empty lists": ("application/json", b"[" + b"[]," * 600_000 + b"1]"),
    "numbers": ("application/json", b"[" + b"1," * 1_000_000 + b"1]"),
    "members": ("application/json", msgspec.json.encode({f"k{n}": n for n in range(150_000)})),
    "rows": ("text/csv", b"a\n" * 1_000_000),
    "cells": ("text/csv", b"ab," * 700_000),
    "elements": ("text/html", b"<p>a" * 500_000),
}


@pytest.mark.parametrize("name", MANY)
def test_a_body_of_too_many_values_is_not_read(name: str) -> None:
    media, body = MANY[name]
    sides = [observation(body + end, headers=(("content-type", media),)) for end in (b" ", b"")]

    assert verdict(exchange(*sides)) == Comparison(Outcome.SKIPPED, "too_many_values")


PEAK = """
import resource, sys
from parity.compare import compare
from parity.outcome import Outcome
from parity.rules import RuleBook
from tests.parity.factories import TODAY, exchange, observation

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

compare(exchange({"a": 1}, {"a": 2}), RuleBook(), today=TODAY)
before = peak_mb()
for media, body in (
    ("application/json", b"[" + b"[]," * 650_000 + b"%d]"),
    ("application/json", b"[" + b'"ab",' * 350_000 + b"%d]"),
    ("text/csv", b"a,b\\n" * 500_000 + b"%d"),
    ("text/html", b"<p>a" * 500_000 + b"%d"),
):
    sides = [observation(body % n, headers=(("content-type", media),)) for n in (1, 2)]
    found = compare(exchange(*sides), RuleBook(), today=TODAY)
    assert found.outcome is Outcome.SKIPPED, found
print(peak_mb() - before)
"""


def test_bodies_of_a_million_values_do_not_make_a_process_larger_than_what_they_weigh() -> None:
    """Read whole they would take 150 to 700 MB; all that a process holds here is some copies of 2 MB."""
    ran = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)

    assert float(ran.stdout) < 80
