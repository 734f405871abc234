"""Which headers are compared, and what of their spelling means nothing."""

import pytest

from parity.answer_headers import COMPARED, compared, header_differences
from parity.exchange import Observation
from parity.outcome import ABSENT, Kind
from tests.parity.factories import brief


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
    ],
)
def test_spelling_is_no_difference(legacy: tuple[str, str], modern: tuple[str, str]) -> None:
    assert header_differences(answer(legacy), answer(modern)) == []


@pytest.mark.parametrize("name", COMPARED)
def test_every_header_of_the_list_is_compared(name: str) -> None:
    found = header_differences(answer((name, "one")), answer((name, "other")))

    assert brief(found) == [(f"header:{name}", "header")]


def test_other_headers_are_not_compared() -> None:
    assert header_differences(answer(("date", "a"), ("x-query-count", "3")), answer(("etag", "b"))) == []


def test_a_header_that_is_not_there_is_absent() -> None:
    (found,) = header_differences(answer(("location", "/v1/escrows/1")), answer())

    assert (found.kind, found.legacy, found.modern) == (Kind.HEADER, "/v1/escrows/1", ABSENT)


def test_of_cookies_only_the_names_are_looked_at() -> None:
    assert compared(answer(("set-cookie", "b=secret"), ("set-cookie", "a=secret"))) == {"set-cookie": "a, b"}
