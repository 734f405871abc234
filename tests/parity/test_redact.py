"""Redaction: default deny, tokens that keep equality, and no secret left in anything that is stored."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.outcome import ABSENT, Difference, Kind
from parity.paths import BODY, STATUS, header, is_word
from parity.redact import MAX_NODES, Redactor
from tests.parity.factories import DETAIL, LIST

KEY = b"a key of the installation, 32 by"
REDACTOR = Redactor(KEY)
SECRETS = st.text(string.ascii_letters + string.digits + " @.-_/", min_size=6, max_size=30).filter(
    lambda text: (
        any(c.isdigit() for c in text) and sum(c.islower() for c in text) > 3 and text.strip() == text
    )
)
KEYS = st.sampled_from(
    ["id", "name", "status", "code", "message", "value", "items", "error", "field", "password", "type"]
)


def redacted(value: Any, *path: str) -> Any:
    return REDACTOR.value((*BODY, *path), value)


def bodies(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf,
        lambda child: st.lists(child, max_size=4) | st.dictionaries(KEYS, child, max_size=4),
        max_leaves=12,
    )


@given(st.data(), SECRETS)
def test_no_secret_of_a_body_survives(data: st.DataObject, secret: str) -> None:
    body = data.draw(
        bodies(st.just(secret) | st.integers(0, 9) | st.none() | st.just(f"Invalid value: {secret}"))
    )

    assert secret not in json.dumps(redacted(body), ensure_ascii=False)


@given(SECRETS.filter(lambda text: not is_word(text)))
def test_no_secret_used_as_a_key_survives(secret: str) -> None:
    assert secret not in json.dumps(redacted({secret: {secret: 1}}), ensure_ascii=False)


@given(SECRETS.filter(lambda text: not is_word(text)))
def test_no_secret_of_a_target_a_path_or_a_header_survives(secret: str) -> None:
    said = (
        REDACTOR.target(f"/v1/escrows/{secret.replace('/', '')}?search={secret}&{secret}=1", DETAIL)
        + REDACTOR.path(("$", "data", secret))
        + REDACTOR.header("www-authenticate", f'Bearer realm="{secret}"')
        + REDACTOR.header("location", f"https://user:{secret}@host/{secret}")
        + REDACTOR.identifier(secret + "!")
        + REDACTOR.reason(secret)
    )

    assert secret not in said


@given(st.text(), st.text())
def test_tokens_are_equal_exactly_for_equal_values(one: str, other: str) -> None:
    assert (REDACTOR.token(one) == REDACTOR.token(other)) == (one == other)


def test_a_token_names_format_and_length_and_depends_on_the_key() -> None:
    token = REDACTOR.token("ann@example.test")

    assert token.startswith("<e-mail:16:")
    assert token != Redactor(b"another key").token("ann@example.test")
    assert "ann" not in token


def test_a_lone_surrogate_has_a_token() -> None:
    assert REDACTOR.token("\ud800").startswith("<text:1:")


@pytest.mark.parametrize(
    "value",
    [
        "e5c00000-0000-4000-8000-000000000054",
        "2026-11-23",
        "2026-11-23T10:00:00.000Z",
        "1210000.00",
        "42",
        "ESC-2025-0054",
        "VALIDATION_ERROR",
        "",
        7,
        -3.5,
        True,
        None,
    ],
)
def test_what_identifies_nobody_stays(value: Any) -> None:
    assert redacted({"any": value}) == {"any": value}


@pytest.mark.parametrize(
    "value",
    [
        "Nettle Brindlefox",
        "SMITH",
        "ann@example.test",
        "5550700001",
        "ab12" * 16,
        "/files/x",
        4111111111111111,
    ],
)
def test_everything_else_becomes_a_token(value: Any) -> None:
    kept = redacted({"any": value})["any"]

    assert isinstance(kept, str)
    assert kept.startswith("<")


@pytest.mark.parametrize("value", ["2026-11-23", "42", 42, True, 1.5, ["42"], {"id": "7"}])
def test_under_a_sensitive_key_nothing_stays(value: Any) -> None:
    kept = json.dumps(redacted({"password": value}))

    assert kept.count("<") == 1
    assert "42" not in kept.replace("<", " <").split(":")[0]


def test_a_token_of_a_boolean_does_not_tell_it_by_its_length() -> None:
    lengths = {len(redacted({"secret": value})["secret"]) for value in (True, False)}

    assert len(lengths) == 1


def test_words_stay_only_under_keys_of_words() -> None:
    kept = redacted({"status": "Under Contract", "remark": "Under Contract"})

    assert kept["status"] == "Under Contract"
    assert kept["remark"].startswith("<text:14:")


def test_a_message_keeps_its_plain_words() -> None:
    kept = redacted({"error": {"message": "Escrow not found: Nettle Brindlefox, please try again"}})["error"][
        "message"
    ]

    assert kept.startswith("Escrow not found: <text:")
    assert "please try" in kept
    assert "Nettle" not in kept


def test_what_stands_below_a_sensitive_key_is_sensitive() -> None:
    assert redacted({"address": {"lot": 7}})["address"]["lot"].startswith("<number:")
    assert redacted(7, "address", "lot").startswith("<number:")


def test_keys_that_are_values_become_tokens() -> None:
    (key,) = redacted({"ann@example.test": 1})

    assert key.startswith("<e-mail:16:")


def test_a_large_value_is_cut_and_says_so() -> None:
    kept = redacted({"rows": [{"n": number} for number in range(10_000)], "more": {"a": 1}})
    text = json.dumps(kept)

    assert len(text) < 40 * MAX_NODES
    assert "more>" in text


def test_a_target_keeps_what_the_template_says_and_harmless_values() -> None:
    target = "/v1/escrows/e5c00000-0000-4000-8000-000000000054?page=2&limit=5&sort=created_at&search=Brindlefox&email=a@b"
    kept = REDACTOR.target(target, DETAIL)

    assert kept.startswith(
        "/v1/escrows/e5c00000-0000-4000-8000-000000000054?page=2&limit=5&sort=created_at&search=<text:10:"
    )
    assert "&email=<e-mail:3:" in kept
    assert REDACTOR.target("/v1/escrows", LIST) == "/v1/escrows"
    assert "own" not in REDACTOR.target("/v1/unknown", LIST)


def test_percent_encoding_hides_nothing() -> None:
    assert "%4" not in REDACTOR.target("/v1/escrows?search=%41%42%43d", LIST)


def test_known_header_values_stay() -> None:
    for name, value in (
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "max-age=60, private"),
        ("vary", "accept-encoding, origin"),
        ("set-cookie", "refreshToken, sid"),
    ):
        assert REDACTOR.header(name, value) == value


def test_both_sides_of_a_difference_are_redacted() -> None:
    assert REDACTOR.sides(Difference(STATUS, Kind.STATUS, 200, 500)) == (200, 500)
    assert REDACTOR.sides(Difference(("$", "names"), Kind.LENGTH, 3, 4)) == (3, 4)
    assert REDACTOR.sides(Difference(header("vary"), Kind.HEADER, "origin", ABSENT)) == ("origin", ABSENT)
    assert REDACTOR.sides(Difference(("$", "name"), Kind.VALUE, "a", "a")) == (REDACTOR.token("a"),) * 2


def test_a_reason_is_a_word_of_ours() -> None:
    assert REDACTOR.reason("modern_timeout") == "modern_timeout"
    assert REDACTOR.reason("") == ""
    assert REDACTOR.reason("Ann Agent said") == "other"


def test_an_identifier_that_a_client_made_up_becomes_a_token() -> None:
    assert (
        REDACTOR.identifier("5f0c2d9e-0000-4000-8000-000000000001") == "5f0c2d9e-0000-4000-8000-000000000001"
    )
    assert REDACTOR.identifier("ann@example.test").startswith("<e-mail:")


def test_a_digest_is_told_by_the_key_alone() -> None:
    digests = {Redactor(key).digest(text) for key in (b"one", b"two") for text in ("a", "b", "\ud800")}

    assert len(digests) == 6
    assert {len(digest) for digest in digests} == {12}
