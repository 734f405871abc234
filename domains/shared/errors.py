"""What can go wrong while a request is served, as the API says it.

ApiError
├── InvalidInputError      400  fields that do not hold what they must, all of them at once
├── UnusableInputError     400  a body without what it is about
├── BusinessRuleError      400  each field is fine, together they break a rule
├── InvalidScopeError      400  a scope that does not exist
├── NoUpdatesError         400  an update that updates nothing
├── NotArchivedError       400  what is not in the archive cannot be deleted
├── UnauthenticatedError   401  the caller did not prove who they are
├── ForbiddenError         403  the caller may not do this
├── NotFoundError          404  there is none, or none in the state that the request needs
├── MissingError           404  there is none; the code says of what
├── EndpointNotFoundError  404  no such endpoint, in the API's own words
├── ConflictError          409  it cannot be done now
├── DuplicateError         409  there is one already
├── VersionConflictError   409  somebody else was quicker
├── LockedError            423  too many wrong passwords: not now
├── TooManyRequestsError   429  one client asks too often
└── UnprocessedError       400, 413, 415, 500  the body cannot be read, or the fault is ours; nothing of it is told

MigrationError is not one of them: it ends a command, not a request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that does not hold what it must; `field` as the client spelled it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken business rule."""

    field: str
    message: str
    rule: str


class ApiError(Exception):
    """An answer other than success; `extra` goes into the error object, `beside` stands next to it."""

    status = 500
    code = "INTERNAL_ERROR"

    def __init__(
        self, message: str, *, extra: Mapping[str, Any] | None = None, beside: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.extra = dict(extra or {})
        self.beside = dict(beside or {})


class InvalidInputError(ApiError):
    """Fields that do not hold what they must, all of them at once."""

    status = 400
    code = "VALIDATION_ERROR"

    def __init__(self, faults: Sequence[Fault]) -> None:
        details = [{"message": fault.message, "field": fault.field} for fault in faults]
        super().__init__("Invalid input data", extra={"details": details})
        self.faults = tuple(faults)


class UnusableInputError(ApiError):
    """A body without what it is about, said in one sentence; `code` says it in a word."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BusinessRuleError(ApiError):
    """Each field is fine, together they break a rule."""

    status = 400
    code = "BUSINESS_RULE_VIOLATION"

    def __init__(self, violations: Sequence[Violation]) -> None:
        rows = [{"field": row.field, "message": row.message, "rule": row.rule} for row in violations]
        super().__init__("Business rule validation failed", extra={"violations": rows})


class InvalidScopeError(ApiError):
    """A scope that does not exist."""

    status = 400
    code = "INVALID_SCOPE"


class NoUpdatesError(ApiError):
    """An update that updates nothing."""

    status = 400
    code = "NO_UPDATES"


class NotArchivedError(ApiError):
    """What is not in the archive cannot be deleted."""

    status = 400
    code = "NOT_ARCHIVED"


class UnauthenticatedError(ApiError):
    """The caller did not prove who they are; `code` says in which way."""

    status = 401

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ForbiddenError(ApiError):
    """The caller may not do this."""

    status = 403
    code = "FORBIDDEN"


class NotFoundError(ApiError):
    """There is none, or none in the state that the request needs."""

    status = 404
    code = "NOT_FOUND"


class MissingError(NotFoundError):
    """There is none; `code` says of what."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class EndpointNotFoundError(NotFoundError):
    """No such endpoint; `at` is the time of the answer as the API writes it."""

    def __init__(self, at: str) -> None:
        suggestion = {"suggestion": "Check the API documentation for valid endpoints"}
        super().__init__("Endpoint not found", extra=suggestion, beside={"timestamp": at})


class ConflictError(ApiError):
    """It cannot be done now; the same request may succeed later."""

    status = 409
    code = "CONFLICT"


class DuplicateError(ApiError):
    """There is one already; `code` says of what."""

    status = 409

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class VersionConflictError(ApiError):
    """The row moved on since the client read it."""

    status = 409
    code = "VERSION_CONFLICT"

    def __init__(self, name: str, *, current: int, attempted: Any) -> None:
        super().__init__(
            f"This {name} was modified by another user. Please refresh and try again.",
            extra={"currentVersion": current, "attemptedVersion": attempted},
        )


class LockedError(ApiError):
    """Too many wrong passwords; `until` is the end of it as the API writes it."""

    status = 423
    code = "ACCOUNT_LOCKED"

    def __init__(self, message: str, until: str) -> None:
        super().__init__(message, extra={"locked_until": until})


class TooManyRequestsError(ApiError):
    """One client asks too often (Q-17: in the envelope)."""

    status = 429
    code = "RATE_LIMIT_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("Too many requests, please try again later.")


class UnprocessedError(ApiError):
    """The body cannot be read, or the fault is ours; `error_id` finds it in the log."""

    def __init__(self, status: int, *, error_id: str, at: str) -> None:
        message = "An error occurred processing your request"
        super().__init__(message, extra={"errorId": error_id, "timestamp": at})
        self.status = status


class MigrationError(Exception):
    """The database could not be brought to the latest migration; one sentence says why."""
