"""The fixtures of `tests/` for the room's own tests, which live beside its code."""

from tests.conftest import contract, database_url, seeded_database
from tests.domains.conftest import modern

__all__ = ["contract", "database_url", "modern", "seeded_database"]
