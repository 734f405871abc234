"""Passwords and their hashes."""

import pytest

from legacy_bridge.passwords import hash_password, is_password

SEEDED = "$2a$10$abcdefghijklmnopqrstuu0V8dBJSI2GLl14meklbOQpqdHPj7TLu"


async def test_the_seeded_hash_is_of_the_seeded_password() -> None:
    assert await is_password("Synthetic-Pass-1", SEEDED)
    assert not await is_password("Synthetic-Pass-2", SEEDED)


async def test_two_hashes_of_one_password_differ_and_both_hold() -> None:
    one, other = await hash_password("pässword"), await hash_password("pässword")

    assert one != other
    assert one.startswith("$2a$10$")
    assert await is_password("pässword", one)
    assert await is_password("pässword", other)


@pytest.mark.parametrize("password", ["", "a\0b", "\ud800", "x" * 5000])
async def test_any_text_can_be_a_password(password: str) -> None:
    assert await is_password(password, await hash_password(password))


async def test_what_is_no_hash_is_of_no_password() -> None:
    assert not await is_password("", "!")
