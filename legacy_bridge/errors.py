"""What can go wrong in the legacy backend.

LegacyError
├── SeedError        the directory is not a seed; nothing was changed
└── DatabaseError    the database refuses; nothing was changed
Refusal              an answer other than success, on its way to the client
"""

from collections.abc import Mapping
from typing import Any


class LegacyError(Exception):
    """Anything that keeps the backend or its seed from working; the message is one sentence for the user."""


class SeedError(LegacyError):
    """The directory is not a seed; nothing was changed."""


class DatabaseError(LegacyError):
    """The database refuses; nothing was changed."""


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault: the recorded API refuses by design
    """An answer in the error envelope; `extra` are further keys of `error`, in the recorded order."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error: Mapping[str, Any] = {"code": code, "message": message} | extra
