"""UUIDs as PostgreSQL reads them."""

import re
from uuid import UUID

_UUID = re.compile(r"(?P<brace>\{)?[0-9a-f]{4}(-?[0-9a-f]{4}){7}(?(brace)\})", re.ASCII | re.IGNORECASE)


def uuid_of(value: object) -> UUID | None:
    """The UUID that a text spells, with or without hyphens and braces; None where it spells none."""
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None
