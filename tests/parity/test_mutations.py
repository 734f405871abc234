"""Mutations of whole answers, against the comparison itself."""

import gzip
import json

import msgspec
import pytest

from parity.compare import compare
from parity.exchange import Observation
from parity.mutations import MutationKind, mutations_of, value_in
from parity.outcome import ABSENT, Difference, Kind, Outcome
from parity.rules import Compare, Rule, RuleBook
from tests.parity.factories import LIST, TODAY, exchange, observation

HEADERS = (
    ("content-type", "application/json"),
    ("cache-control", "no-store"),
    ("location", "/v1/escrows/1"),
    ("set-cookie", "session=1; Path=/"),
    ("vary", "Origin"),
)
ROWS = {
    "rows": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}],
    "total": 2,
    "at": "2026-01-01T00:00:00Z",
}
ANSWERS = {
    "json": observation(ROWS, headers=HEADERS),
    "problem": observation(
        {"code": 1.5}, headers=(("content-type", "application/problem+json"),), status=404
    ),
    "text": observation(b"one\ntwo\n", headers=(("content-type", "text/plain"),)),
    "csv": observation(b"id,name\n1,Ann\n2,Ben\n", headers=(("content-type", "text/csv"),)),
    "html": observation(b"<p>Ann</p>\n<p>Ben</p>", headers=(("content-type", "text/html"),)),
    "form": observation(b"a=1&b=2", headers=(("content-type", "application/x-www-form-urlencoded"),)),
    "bytes": observation(b"\x89PNG\xff\x00\x01", headers=(("content-type", "image/png"),)),
    "gzip": observation(
        gzip.compress(json.dumps(ROWS).encode()), headers=(*HEADERS, ("content-encoding", "gzip"))
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_comparison_finds_each_mutation_where_it_is_and_no_equivalent_one(
    answer: Observation, seed: str
) -> None:
    for mutation in mutations_of(answer, seed):
        found = compare(exchange(answer, mutation.observation), RuleBook(), today=TODAY)

        if mutation.kind is MutationKind.EQUIVALENT:
            assert found.outcome is Outcome.MATCH, mutation
        else:
            assert found.outcome is Outcome.MISMATCH, mutation
            assert any(map(mutation.is_found_by, found.differences)), (mutation, found)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_the_same_seed_gives_the_same_mutations(answer: Observation) -> None:
    assert list(mutations_of(answer, "a")) == list(mutations_of(answer, "a"))


def test_another_seed_gives_others() -> None:
    assert list(mutations_of(ANSWERS["json"], "a")) != list(mutations_of(ANSWERS["json"], "b"))


def test_a_mutation_is_not_found_by_a_difference_elsewhere_or_of_another_kind() -> None:
    mutation = next(one for one in mutations_of(ANSWERS["json"], "1") if one.path == "$.total")
    elsewhere = Difference(("$", "at"), Kind.VALUE, 1, 2)
    of_another_kind = Difference(mutation.steps, Kind.ORDER, 1, 2)

    assert not mutation.is_found_by(elsewhere)
    assert not mutation.is_found_by(of_another_kind)


def test_a_difference_of_a_whole_item_is_that_of_its_field() -> None:
    mutation = next(one for one in mutations_of(ANSWERS["json"], "1") if one.path == "$.rows[*].id")

    assert mutation.is_found_by(Difference(("$", "rows", 5), Kind.MISSING, {}, ABSENT))


def test_an_item_that_became_another_value_is_one_that_is_missing() -> None:
    answer = observation({"rows": [{"id": 1}, {"id": 2}]})
    seeds = map(str, range(50))
    items = [one for seed in seeds for one in mutations_of(answer, seed) if one.path == "$.rows[*]"]
    retyped = next(one for one in items if one.kind is MutationKind.RETYPE)
    by_key = RuleBook(
        rules=(Rule(endpoint=LIST, path="$.rows", compare=Compare.KEYED, key=("id",), reason="-"),)
    )

    found = compare(exchange(answer, retyped.observation), by_key, today=TODAY)

    assert {one.kind for one in found.differences} == {Kind.MISSING, Kind.EXTRA}
    assert any(map(retyped.is_found_by, found.differences))


@pytest.mark.parametrize(
    "body",
    [b"", b"[1", b'{"a": 1, "a": 2}', b"[0.12345678901234567890123456789]"],
    ids=["none", "broken", "keys twice", "a number that no float holds"],
)
def test_what_cannot_be_written_again_as_it_is_has_no_value(body: bytes) -> None:
    assert value_in(observation(body) if body else msgspec.structs.replace(observation(), body=b"")) is ABSENT


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 2}', b"[0.12345678901234567890123456789]"])
def test_json_that_is_not_mutated_within_is_still_truncated(body: bytes) -> None:
    kinds = {mutation.kind.value for mutation in mutations_of(observation(body), "1")}

    assert kinds == {"truncate", "status", "header"}


def test_an_empty_answer_has_mutations_of_status_and_headers() -> None:
    empty = msgspec.structs.replace(observation(), body=b"", status=204)

    assert {mutation.kind.value for mutation in mutations_of(empty, "1")} == {"status", "header"}


def test_a_body_that_cannot_be_read_has_no_mutations() -> None:
    unreadable = observation(b"x", headers=(("content-encoding", "zstd"),))

    assert list(mutations_of(unreadable, "1")) == []
