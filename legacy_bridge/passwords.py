"""Passwords as bcrypt hashes of cost 10; hashing runs on a thread, so that nobody else waits for it."""

import asyncio

import bcrypt

_COST = 10
_MAX_BYTES = 72  # bcrypt looks no further, and other implementations of it say nothing about the rest


async def hash_password(password: str) -> str:
    """A hash of the form that the seed has."""
    salt = bcrypt.gensalt(_COST, prefix=b"2a")
    return (await asyncio.to_thread(bcrypt.hashpw, _significant(password), salt)).decode()


async def is_password(password: str, password_hash: str) -> bool:
    """Whether the hash is of this password; a text that is no bcrypt hash is of none."""
    try:
        return await asyncio.to_thread(bcrypt.checkpw, _significant(password), password_hash.encode())
    except ValueError:
        return False


def _significant(password: str) -> bytes:
    return password.encode("utf-8", "replace")[:_MAX_BYTES]
