"""Which headers are compared, and what of their spelling means nothing."""

from decimal import Decimal

import pytest

from parity.answer_headers import COMPARED, collected, compared, header_differences, resolved
from parity.exchange import Observation
from parity.outcome import ABSENT, Kind
from parity.rule import Compare, Tolerance
from parity.rules import RuleBook
from tests.parity.factories import LIST, brief, by_shape


def answer(*headers: tuple[str, str]) -> Observation:
    return Observation(200, headers)


@pytest.mark.parametrize(
    ("legacy", "modern"),
    [
        (
            ("content-type", "application/json; charset=utf-8"),
            ("Content-Type", "Application/JSON;charset=UTF-8"),
        ),
        (("vary", "Origin, Accept-Encoding"), ("vary", "accept-encoding,origin")),
        (("cache-control", "private, max-age=0"), ("cache-control", "max-age=0, private")),
        (("set-cookie", "refresh=abc; HttpOnly"), ("set-cookie", "refresh=def; HttpOnly")),
        (("location", "/v1/escrows/1"), ("location", "./v1/escrows/1")),
    ],
)
def test_spelling_is_no_difference(legacy: tuple[str, str], modern: tuple[str, str]) -> None:
    assert header_differences(answer(legacy), answer(modern)) == []


@pytest.mark.parametrize("name", COMPARED)
def test_every_header_of_the_list_is_compared(name: str) -> None:
    found = header_differences(answer((name, "one")), answer((name, "other")))

    assert brief(found) in (
        [(f"header:{name}", "header")],
        [("header:set-cookie.one", "header"), ("header:set-cookie.other", "header")],
    )


def test_other_headers_are_not_compared() -> None:
    assert header_differences(answer(("date", "a"), ("x-query-count", "3")), answer(("etag", "b"))) == []


def test_a_header_that_is_not_there_is_absent() -> None:
    (found,) = header_differences(answer(("location", "/v1/escrows/1")), answer())

    assert (found.kind, found.legacy, found.modern) == (Kind.HEADER, "/v1/escrows/1", ABSENT)


@pytest.mark.parametrize(
    ("location", "target", "leads_to"),
    [
        ("7", "/v1/escrows/", "/v1/escrows/7"),
        ("../leads/7", "/v1/escrows/", "/v1/leads/7"),
        ("?page=2", "/v1/escrows?page=1", "/v1/escrows?page=2"),
        ("/v1/a%2fb", "/", "/v1/a%2Fb"),
        ("http://Crm.example.test:80/v1", "/", "http://crm.example.test/v1"),
        ("https://crm.example.test", "/v1", "https://crm.example.test/"),
        ("https://crm.example.test:8443/", "/v1", "https://crm.example.test:8443/"),
        ("http://[broken", "/", "http://[broken"),
    ],
)
def test_a_redirect_is_where_it_leads_from_the_request(location: str, target: str, leads_to: str) -> None:
    assert resolved(location, target) == leads_to


def test_redirects_elsewhere_differ() -> None:
    legacy, modern = answer(("location", "/v1/a")), answer(("location", "https://other.example.test/v1/a"))

    assert brief(header_differences(legacy, modern, target="/v1/b")) == [("header:location", "header")]


def test_a_header_that_a_rule_names_is_compared_as_the_rule_says() -> None:
    rules = (
        by_shape("header:x-total-count", compare=Compare.TOLERANCE, tolerance=Tolerance(absolute=Decimal(1))),
    )
    compiled = RuleBook(rules=rules).for_endpoint(LIST)

    def differing(one: str, other: str) -> list[tuple[str, str]]:
        return brief(
            header_differences(
                answer(("x-total-count", one)),
                answer(("x-total-count", other)),
                rules=compiled.tree,
                named=compiled.headers,
            )
        )

    assert differing("10", "11") == []
    assert differing("10", "12") == [("header:x-total-count", "header")]


def test_compared_headers_are_told_in_their_one_meaning() -> None:
    found = compared(answer(("Location", "7"), ("vary", "B, a"), ("date", "now")), "/v1/escrows/")

    assert found == {"location": "/v1/escrows/7", "vary": "a, b"}


def test_values_of_one_header_are_collected_under_its_lower_case_name() -> None:
    found = collected(answer(("Vary", " a "), ("vary", "b"), ("etag", "c")))

    assert found == {"vary": ["a", "b"]}
