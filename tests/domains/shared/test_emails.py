"""E-mail addresses."""

import pytest
from pydantic import TypeAdapter, ValidationError

from domains.shared.emails import Email, is_email


@pytest.mark.parametrize(
    "value",
    [
        "a@b.co",
        "vesper.recordwell@example.test",
        "Mixed.Case+tag@Gmail.com",
        "o'hara&sons@x-y.example.test",
        '"two words"@example.test',
        "jörg@bücher.example",
        "a@xn--bcher-kva.xn--p1ai",
        f"{'a' * 64}@example.test",
    ],
)
def test_addresses_are_taken(value: str) -> None:
    assert is_email(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nope",
        "@example.test",
        "a@",
        "a@localhost",
        "a@b.c",
        "a@b.1x",
        "a b@example.test",
        ".a@example.test",
        "a..b@example.test",
        "a@-b.test",
        "a@b_c.test",
        "a@b..test",
        "a@\uff22.test",
        "D&#x27;Arcy;@example.test",
        '"a"b"@example.test',
        f"{'a' * 65}@example.test",
        f"a@{'b.' * 126}test",
        "tiny@gmail.com",
        "under_score@gmail.com",
    ],
)
def test_what_is_no_address_is_refused(value: str) -> None:
    assert not is_email(value)


def test_a_field_takes_addresses_alone() -> None:
    field = TypeAdapter[str](Email)

    assert field.validate_python("a@b.co") == "a@b.co"
    with pytest.raises(ValidationError, match="Must be an e-mail address"):
        field.validate_python("nope")
