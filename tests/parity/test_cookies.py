"""Cookies: every attribute is compared, and nothing of a value is told."""

import pytest

from parity.cookies import ENDED, SESSION, cookie_differences, read_cookie
from parity.outcome import ABSENT, Kind
from parity.redact import Redactor
from tests.parity.factories import brief

DATE = "Mon, 23 Nov 2026 10:00:00 GMT"
COOKIE = "refresh=0123456789abcdef0123; Path=/v1; HttpOnly; Secure; SameSite=Strict; Max-Age=604800"


def differing(legacy: list[str], modern: list[str]) -> list[tuple[str, str]]:
    return brief(cookie_differences(legacy, modern, dates=(DATE, DATE)))


@pytest.mark.parametrize(
    "modern",
    [
        COOKIE.replace("0123456789abcdef0123", "fedcba98765432100123"),
        COOKIE.lower(),
        "refresh=aaaaaaaaaabbbbbbbbb1; " + "; ".join(reversed(COOKIE.split("; ")[1:])),
        COOKIE.replace("Max-Age=604800", "Expires=Mon, 30 Nov 2026 10:00:02 GMT"),
    ],
)
def test_what_is_made_anew_or_only_spelled_otherwise_is_no_difference(modern: str) -> None:
    assert differing([COOKIE], [modern]) == []


@pytest.mark.parametrize(
    ("was", "now", "attribute"),
    [
        ("Path=/v1", "Path=/", "path"),
        ("Path=/v1", "Domain=.example.test; Path=/v1", "domain"),
        ("; HttpOnly", "", "httponly"),
        ("; Secure", "", "secure"),
        ("Strict", "Lax", "samesite"),
        ("604800", "3600", "lifetime"),
        ("; Max-Age=604800", "", "lifetime"),
        ("604800", "soon", "lifetime"),
        ("0123456789abcdef0123", "0123", "value"),
        ("0123456789abcdef0123", "", "value"),
    ],
)
def test_each_attribute_that_differs_is_named(was: str, now: str, attribute: str) -> None:
    assert differing([COOKIE], [COOKIE.replace(was, now)]) == [
        (f"header:set-cookie.refresh.{attribute}", "header")
    ]


def test_a_cookie_that_one_side_alone_sets_is_absent_on_the_other() -> None:
    (found,) = cookie_differences([COOKIE], [], dates=(DATE, DATE))

    assert (found.path, found.kind) == ("header:set-cookie.refresh", Kind.HEADER)
    assert (found.legacy, found.modern) == ("set", ABSENT)


def test_cookies_of_one_name_are_told_apart_by_domain_and_path() -> None:
    one, other = "a=1; Path=/x", "a=1; Path=/y"

    assert differing([one, other], [other, one]) == []
    assert differing([one, other], [one]) == [("header:set-cookie.a", "header")]


@pytest.mark.parametrize(
    ("line", "lifetime"),
    [
        ("a=1", SESSION),
        ("a=1; Max-Age=0", ENDED),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ENDED),
        ("a=1; Max-Age=604800", "days-7"),
        ("a=1; Max-Age=90; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "minutes-1"),
        ("a=1; Expires=never", "unreadable"),
    ],
)
def test_a_lifetime_is_told_in_a_word(line: str, lifetime: str) -> None:
    assert read_cookie(line, DATE).attributes["lifetime"] == lifetime


def test_nothing_of_a_value_is_told_even_before_redaction() -> None:
    secret = "abcdefghijk"
    found = cookie_differences([f"s={secret}"], ["s="], dates=(None, None))

    assert [(one.legacy, one.modern) for one in found] == [("text-4", "empty-0")]
    assert Redactor(b"key").sides(found[0]) == ("text-4", "empty-0")


def test_a_cookie_that_ends_at_a_date_is_only_that_where_the_answer_has_none() -> None:
    assert read_cookie("a=1; Expires=Mon, 30 Nov 2026 10:00:02 GMT", None).lifetime_s is None
