"""Which keys are sensitive, which hold words, which words say nothing about anybody."""

import pytest

from parity.vocabulary import holds_message, holds_words, is_message_word, is_sensitive

SENSITIVE = """
authorization Cookie set-cookie password newPassword password_hash token refreshToken x-api-key apikey client_secret
hash buyer_name firstName lastname userName name email buyerEmail e-mail phone lender_phone mobile propertyAddress
property_address street zip notes privateNotes birthDate ssn description comment
""".split()  # noqa: SIM905 - a list of words reads better as words


@pytest.mark.parametrize("key", SENSITIVE)
def test_a_sensitive_key_is_known_in_any_spelling(key: str) -> None:
    assert is_sensitive(key)


@pytest.mark.parametrize(
    "key", ["id", "escrowStatus", "purchasePrice", "created_at", "displayId", "page", "details", "checklists"]
)
def test_an_ordinary_key_is_not_sensitive(key: str) -> None:
    assert not is_sensitive(key)


@pytest.mark.parametrize("key", ["status", "escrow_status", "code", "type", "stage", "sortOrder", "field"])
def test_keys_of_words_are_known(key: str) -> None:
    assert holds_words(key)


def test_a_key_without_letters_holds_nothing() -> None:
    assert not holds_words("___")
    assert not holds_message("")
    assert holds_message("errorMessage")


def test_words_of_messages_are_plain_ones() -> None:
    assert is_message_word("Required")
    assert not is_message_word("Brindlefox")


def test_an_endless_key_is_sensitive() -> None:
    assert is_sensitive("a" * 100_000)
