"""What an endpoint may refuse, as data: which statuses with which codes, and what stands in such an answer."""

from functools import cache

from pydantic.alias_generators import to_pascal

from domains.shared.errors import ApiError, InvalidInputError, TooManyRequestsError
from domains.shared.shapes import INTEGER, MOMENT, TEXT, Part, Shape, each, whole

Refusals = frozenset[tuple[int, str]]
"""Pairs of a status and a code."""

_CODE = "INTERNAL_ERROR"
_DETAILS = each(whole({"message": TEXT, "field": TEXT}))
_VIOLATIONS = each(whole({"field": TEXT, "message": TEXT, "rule": TEXT}))
_FOUND = whole({"requested": INTEGER, "found": INTEGER})
_EXTRA: dict[str, dict[str, Part]] = {
    "VALIDATION_ERROR": {"details": _DETAILS},
    "BUSINESS_RULE_VIOLATION": {"violations": _VIOLATIONS},
    # what was attempted is told as it was sent: as a number or as text
    "VERSION_CONFLICT": {
        "currentVersion": INTEGER,
        "attemptedVersion": {"type": ["integer", "string", "null"]},
    },
    "ACCOUNT_LOCKED": {"locked_until": MOMENT},
    "NOT_FOUND": {"details": _FOUND, "notFoundIds": each(TEXT)},
    "NOT_ARCHIVED": {"notArchivedIds": each(TEXT)},
    _CODE: {"errorId": TEXT, "timestamp": MOMENT},
}
"""Code → what its answers may tell beside the sentence; Q-07: and nothing else."""


def refusals(*kinds: type[ApiError] | tuple[int, str]) -> Refusals:
    """These, of errors with one code by the error."""
    return frozenset(kind if isinstance(kind, tuple) else (kind.status, kind.code) for kind in kinds)


INVALID = refusals(InvalidInputError)
EVERYWHERE = refusals(*((status, _CODE) for status in (400, 413, 415, 500)), TooManyRequestsError)
"""A body that cannot be read, one that is too large, a fault of ours, and one client that asks too often."""
OF_TOKENS = refusals(
    *(
        (401, code)
        for code in ("NO_AUTH_TOKEN", "INVALID_TOKEN", "TOKEN_EXPIRED", "USER_NOT_FOUND", "ACCOUNT_DISABLED")
    )
)
OF_KEYS = OF_TOKENS | refusals(
    *((401, code) for code in ("INVALID_API_KEY", "API_KEY_EXPIRED", "API_KEY_DEACTIVATED"))
)


@cache
def fault(code: str) -> Shape:
    """The error envelope with that code."""
    extra = _EXTRA.get(code, {})
    error = whole({"code": {"const": code}, "message": TEXT, **extra}, optional=extra)
    parts = {"success": {"const": False}, "error": error, "timestamp": MOMENT}
    return Shape(f"{to_pascal(code.lower())}Fault", whole(parts, optional=["timestamp"]))
