"""The verdict on an exchange, and the proof that planted faults are found in real bodies."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bodies import bodies_of, body_of
from parity.compare import body_differences, compare
from parity.exchange import Backend, Exchange, Observation, RowPair
from parity.outcome import Comparison, Kind, Outcome
from parity.rules import Compare, Rule, RuleBook
from tests.parity.factories import JSON, TODAY, acceptance, by_shape, differing, exchange, observation
from tests.parity.test_json_sharing import CHANGES, Change, document, written

RECORDING = Path(__file__).parent.parent / "contract" / "exchanges" / "escrows.jsonl"
ANSWERS = [json.loads(line)["response"] for line in RECORDING.read_text().splitlines()]


def verdict(found: Exchange, rules: RuleBook | None = None, today: date = TODAY) -> Comparison:
    return compare(found, rules or RuleBook(), today=today)


def test_equal_bytes_match_whatever_they_are() -> None:
    hostile = observation(b'{"a":1,"a":NaN' + b"[" * 1_000)

    assert verdict(exchange(hostile, hostile)) == Comparison(Outcome.MATCH)


def test_another_spelling_of_the_same_json_matches() -> None:
    assert verdict(exchange(b'{"a": 1, "b": 1.50}', b'{"b":1.5,"a":1}')).outcome is Outcome.MATCH


def test_a_compressed_answer_matches_a_plain_one() -> None:
    squeezed = observation(gzip.compress(b'{"a":1}'), headers=(*JSON, ("content-encoding", "gzip")))

    assert verdict(exchange(squeezed, b'{"a":1}')).outcome is Outcome.MATCH


def test_equal_bytes_in_another_encoding_are_no_match() -> None:
    claimed = observation(b'{"a":1}', headers=(*JSON, ("content-encoding", "gzip")))

    assert verdict(exchange(b'{"a":1}', claimed)) == Comparison(Outcome.SKIPPED, "encoding_broken")


def test_another_status_is_reported_with_the_differences_of_the_bodies() -> None:
    found = verdict(exchange(observation({"a": 1}), observation({"a": 2}, status=500)))

    assert found.outcome is Outcome.MISMATCH
    assert differing(found) == [("$status", "status"), ("$.a", "value")]


def test_a_header_of_another_value_is_a_mismatch() -> None:
    found = verdict(exchange({}, observation({}, headers=(("content-type", "application/problem+json"),))))

    assert differing(found) == [("header:content-type", "header")]


def test_a_header_by_shape_lets_its_id_differ() -> None:
    sides = [observation({}, headers=(*JSON, ("location", f"/v1/escrows/{number}"))) for number in (1, 2)]
    book = RuleBook(rules=(by_shape("header:location"),))

    assert verdict(exchange(*sides)).outcome is Outcome.MISMATCH
    assert verdict(exchange(*sides), book).outcome is Outcome.MATCH


@pytest.mark.parametrize(
    ("legacy", "modern", "kind"),
    [(b"", {}, "extra"), ({}, b"", "missing"), (b"<p>", {}, "type")],
)
def test_bodies_that_are_not_two_json_values_differ_as_a_whole(legacy: Any, modern: Any, kind: str) -> None:
    assert differing(verdict(exchange(legacy, modern))) == [("$", kind)]


def test_an_exchange_with_only_accepted_differences_is_accepted() -> None:
    book = RuleBook(acceptances=(acceptance("$.a"),))
    found = verdict(exchange({"a": 1}, {"a": 2}), book)

    assert (found.outcome, found.differences[0].accepted_by) == (Outcome.ACCEPTED, "Q-16: items gain field")


def test_one_open_difference_among_accepted_ones_is_a_mismatch() -> None:
    book = RuleBook(acceptances=(acceptance("$.a"),))
    found = verdict(exchange({"a": 1, "b": 1}, {"a": 2, "b": 2}), book)

    assert found.outcome is Outcome.MISMATCH
    assert [difference.path for difference in found.mismatches] == ["$.b"]


def test_an_expired_acceptance_accepts_nothing() -> None:
    book = RuleBook(acceptances=(acceptance("$.a", expires=date(2026, 11, 22)),))

    assert verdict(exchange({"a": 1}, {"a": 2}), book).outcome is Outcome.MISMATCH


def test_an_acceptance_of_two_statuses_covers_the_whole_answer() -> None:
    book = RuleBook(acceptances=(acceptance("**", legacy_status=500, modern_status=400),))
    legacy = observation({"error": {"code": "FETCH_ERROR"}}, status=500)

    assert verdict(exchange(legacy, observation({"error": {}}, status=400)), book).outcome is Outcome.ACCEPTED
    assert verdict(exchange(legacy, observation({"error": {}}, status=404)), book).outcome is Outcome.MISMATCH


def test_a_raced_exchange_is_skipped_only_if_it_differs() -> None:
    assert verdict(exchange({"a": 1}, {"a": 2}, raced=True)) == Comparison(
        Outcome.SKIPPED, "write_overlapped"
    )
    assert verdict(exchange({"a": 1}, {"a": 1}, raced=True)).outcome is Outcome.MATCH


def test_what_could_not_be_captured_is_skipped_with_its_reason() -> None:
    assert verdict(exchange(skipped="body_too_large")) == Comparison(Outcome.SKIPPED, "body_too_large")


@pytest.mark.parametrize(
    ("authoritative", "legacy", "modern", "expected"),
    [
        (Backend.LEGACY, "", "timeout", (Outcome.TIMEOUT, "modern_timeout")),
        (Backend.LEGACY, "", "refused", (Outcome.ERROR, "modern_refused")),
        (Backend.LEGACY, "broken", "", (Outcome.ERROR, "legacy_broken")),
        (Backend.MODERN, "", "timeout", (Outcome.ERROR, "modern_timeout")),
        (Backend.MODERN, "timeout", "", (Outcome.TIMEOUT, "legacy_timeout")),
        (Backend.MODERN, "refused", "broken", (Outcome.ERROR, "modern_broken")),
    ],
)
def test_an_answer_that_did_not_come_names_backend_and_cause(
    authoritative: Backend, legacy: str, modern: str, expected: tuple[Outcome, str]
) -> None:
    found = exchange(observation(error=legacy), observation(error=modern), authoritative=authoritative)

    assert verdict(found) == Comparison(*expected)


@given(st.binary(max_size=80), st.binary(max_size=80), st.sampled_from(["", "gzip", "deflate", "br", "zstd"]))
def test_nothing_that_a_backend_sends_makes_it_raise(legacy: bytes, modern: bytes, coding: str) -> None:
    headers = (*JSON, ("content-encoding", coding))

    assert verdict(exchange(observation(legacy, headers=headers), observation(modern))).outcome in set(
        Outcome
    )


def test_an_endpoint_without_rules_is_compared_by_value() -> None:
    book = RuleBook(rules=(by_shape("$.a", endpoint="PUT *"),))

    assert verdict(exchange({"a": 1}, {"a": 2}), book).outcome is Outcome.MISMATCH


def typed(body: bytes, content_type: str) -> Observation:
    return observation(body, headers=(("content-type", content_type),))


@pytest.mark.parametrize(
    ("content_type", "legacy", "modern", "expected"),
    [
        ("text/csv", b"id,price\n1,10\n", b'"id","price"\r\n1,11\r\n', ("$.rows[0].price", "value")),
        ("text/html", b"<p>a</p>", b"<p> b </p>", ("$[0].p[0].text", "value")),
        ("application/x-www-form-urlencoded", b"a=1&b=2", b"b=3&a=1", ("$.b[0]", "value")),
        ("text/plain", b"a\nb\nc", b"a\nx\nc", ("$[1]", "value")),
        ("image/png", b"abc", b"abd", ("$", "value")),
        ("image/png", b"abc", b"abcd", ("$", "length")),
        ("text/plain", b"\n" * 150_000, b"\n" * 150_001, ("$", "value")),
    ],
)
def test_a_difference_stands_where_the_media_type_has_places(
    content_type: str, legacy: bytes, modern: bytes, expected: tuple[str, str]
) -> None:
    assert differing(verdict(exchange(typed(legacy, content_type), typed(modern, content_type)))) == [
        expected
    ]


@pytest.mark.parametrize(
    ("content_type", "legacy", "modern"),
    [
        ("text/csv", b"id,price\n1,10\n", b'"id","price"\r\n1,10\r\n'),
        ("text/html", b"<p>a</p>", b"<P>\n  a\n</P>"),
        ("application/x-www-form-urlencoded", b"a=1&b=x+y", b"b=x%20y&a=1"),
    ],
)
def test_another_spelling_of_the_same_body_matches(content_type: str, legacy: bytes, modern: bytes) -> None:
    found = verdict(exchange(typed(legacy, content_type), typed(modern, content_type)))

    assert found == Comparison(Outcome.MATCH)


def test_a_binary_body_by_shape_may_be_another_of_about_its_length() -> None:
    book = RuleBook(rules=(by_shape("$"),))

    assert verdict(exchange(typed(b"a" * 9, "image/png"), typed(b"b" * 12, "image/png")), book).outcome is (
        Outcome.MATCH
    )
    assert differing(verdict(exchange(typed(b"a", "image/png"), typed(b"b" * 99, "image/png")), book)) == [
        ("$", "length")
    ]


def test_a_redirect_is_compared_by_where_it_leads() -> None:
    sides = [
        observation(b"", status=302, headers=(("location", to),)) for to in ("/v1/escrows/7", "escrows/7")
    ]

    assert verdict(exchange(*sides, target="/v1/escrows?page=1")).outcome is Outcome.MATCH


def test_what_a_cookie_holds_is_compared_by_attribute() -> None:
    sides = [observation({}, headers=(*JSON, ("set-cookie", f"s=1{rest}"))) for rest in ("; HttpOnly", "")]

    assert differing(verdict(exchange(*sides))) == [("header:set-cookie.s.httponly", "header")]


def test_an_acceptance_may_be_of_all_cookies() -> None:
    sides = [observation({}, headers=(*JSON, ("set-cookie", f"s=1{rest}"))) for rest in ("; HttpOnly", "")]
    book = RuleBook(acceptances=(acceptance("header:set-cookie.**"),))

    assert verdict(exchange(*sides), book).outcome is Outcome.ACCEPTED


# The self-proof: faults of every kind, planted into every recorded answer that has room for them.

Places = list[tuple[Any, Any]]
"""Containers with the key or index of one value in them."""


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def drop(body: Any, chance: random.Random) -> bool:
    found = list(places(body))
    if found:
        container, key = chance.choice(found)
        del container[key]
    return bool(found)


def add(body: Any, chance: random.Random) -> bool:
    containers = [body, *(container[key] for container, key in places(body))]
    found = chance.choice([value for value in containers if isinstance(value, dict | list)] or [None])
    if isinstance(found, dict):
        found["planted"] = None
    elif isinstance(found, list):
        found.insert(chance.randint(0, len(found)), {"planted": 1})
    return found is not None


RETYPED: dict[type, Callable[[Any], Any]] = {
    bool: int,
    int: float,
    float: str,
    str: lambda _: None,
    type(None): lambda _: "",
}


def retype(body: Any, chance: random.Random) -> bool:
    found = [place for place in places(body) if not isinstance(place[0][place[1]], dict | list)]
    if found:
        container, key = chance.choice(found)
        value = container[key]
        container[key] = RETYPED[type(value)](value)
    return bool(found)


def change(body: Any, chance: random.Random) -> bool:
    found = [place for place in places(body) if isinstance(place[0][place[1]], str | int | float)]
    if found:
        container, key = chance.choice(found)
        value = container[key]
        container[key] = (
            not value if isinstance(value, bool) else value + "x" if isinstance(value, str) else value + 1
        )
    return bool(found)


def reorder(body: Any, chance: random.Random) -> bool:
    lists = [value for container, key in places(body) if isinstance(value := container[key], list)]
    found = [value for value in lists if len(value) > 1 and value[0] != value[-1]]
    if found:
        chosen = chance.choice(found)
        chosen[0], chosen[-1] = chosen[-1], chosen[0]
    return bool(found)


FAULTS: list[Callable[[Any, random.Random], bool]] = [drop, add, retype, change, reorder]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_planted_into_a_recorded_body_is_flagged(
    fault: Callable[[Any, random.Random], bool],
) -> None:
    planted = 0
    for number, answer in enumerate(ANSWERS):
        for attempt in range(3):
            body = copy.deepcopy(answer["body"])
            if not isinstance(body, dict) or not fault(body, random.Random(number * 10 + attempt)):
                continue
            planted += 1

            found = verdict(exchange(answer["body"], body))

            assert found.outcome is Outcome.MISMATCH, (number, attempt)
            assert len(found.differences) <= 3, (number, attempt, differing(found))

    assert planted > 50


@pytest.mark.parametrize("number", range(0, len(ANSWERS), 10))
def test_a_truncated_body_another_status_and_another_header_are_flagged(number: int) -> None:
    answer = ANSWERS[number]
    whole = observation(answer["body"], status=answer["status"])

    truncated = verdict(exchange(whole, observation(whole.body[:-1], status=whole.status)))
    status = verdict(exchange(whole, observation(whole.body, status=whole.status + 1)))
    header = verdict(
        exchange(
            whole, observation(whole.body, status=whole.status, headers=(("content-type", "text/plain"),))
        )
    )

    assert {difference.kind for difference in truncated.differences} == {Kind.TYPE}
    assert differing(status) == [("$status", "status")]
    assert ("header:content-type", "header") in differing(header)


@pytest.mark.parametrize("number", range(0, len(ANSWERS), 10))
def test_recorded_answers_match_themselves(number: int) -> None:
    body = ANSWERS[number]["body"]

    assert (
        verdict(exchange(json.dumps(body).encode(), json.dumps(body, indent=1).encode())).outcome
        is Outcome.MATCH
    )


# Rehearsed writes


def rehearsed(legacy: Any, modern: Any, *rows: RowPair, **changes: Any) -> Exchange:
    return exchange(legacy, modern, check="rehearse", write="POST /v1/escrows", rows=rows, **changes)


def test_rows_of_a_rehearsed_write_are_part_of_its_comparison() -> None:
    pair = RowPair("escrows", {"city": "a"}, {"city": "b"})

    found = verdict(rehearsed({}, {}, RowPair("roles", {}, {}), pair))
    raced = verdict(rehearsed({}, {}, pair, raced=True))
    accepted = verdict(rehearsed({}, {}, pair), RuleBook(acceptances=(acceptance("$rows.escrows[*].city"),)))

    assert (found.outcome, differing(found)) == (Outcome.MISMATCH, [("$rows.escrows[0].city", "value")])
    assert (raced.outcome, raced.reason) == (Outcome.SKIPPED, "write_overlapped")
    assert accepted.outcome is Outcome.ACCEPTED


def test_rules_for_answers_of_two_runs_hold_for_a_rehearsed_write_alone() -> None:
    rules = RuleBook(rules=(by_shape("$.number", recording_only=True),))
    sides = {"number": "ESC-2026-0001"}, {"number": "ESC-2026-0002"}

    assert verdict(rehearsed(*sides), rules).outcome is Outcome.MATCH
    assert verdict(exchange(*sides), rules).outcome is Outcome.MISMATCH


ITEMS = "$.data.items"
OF_ITEMS = [
    {},
    {"path": f"{ITEMS}[*].n", "compare": Compare.SHAPE},
    {"path": ITEMS, "compare": Compare.UNORDERED},
    {"path": ITEMS, "compare": Compare.KEYED, "key": ("id",)},
]


@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=5), st.sampled_from(OF_ITEMS), st.randoms())
def test_values_that_two_bodies_share_hide_no_difference(
    changes: list[Change], rule: dict[str, Any], chance: random.Random
) -> None:
    value = document()
    for change in changes:
        change(value, chance)
    legacy, modern = observation(written(document())), observation(written(value))
    rules = RuleBook(rules=(Rule(endpoint="*", reason="drawn", **rule),) if rule else ()).for_endpoint("")

    found = body_differences(*bodies_of(legacy, modern), rules)

    assert found == body_differences(body_of(legacy), body_of(modern), rules)
