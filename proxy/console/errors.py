"""What the console answers instead of what was asked for.

RequestError
├── BadRequestError        400   the request cannot be read
├── UnauthenticatedError   401   nobody proved who they are
├── ForbiddenError         403   the role does not do, or the change does not come from a page of ours
├── NotFoundError          404   there is no such domain, group or page
├── MethodError            405   that path takes other methods
├── TimeOutError           408   the body did not come in time
├── ConflictError          409   somebody was quicker, or the change is refused; the message says what is missing
├── TooLargeError          413   the body is over the bound
├── MediaTypeError         415   the body is of another kind
├── MisdirectedError       421   the name in `Host` is none of ours
├── InvalidError           422   fields are wrong: all of them at once
├── TooManyError           429   too many failed sign-ins
└── UnavailableError       503   the store does not answer, or too many ask at once
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field that is wrong, and a sentence with its value and what was expected."""

    field: str
    message: str


class RequestError(Exception):
    """An answer with `status`; `code` is a word for programs, the message a sentence for people.

    `lines` are the same as a command prints it: what is wrong, and each thing that is missing in a line of its own.
    """

    status = 500
    code = "internal"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        fields: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = tuple(fields)
        self.lines: tuple[str, ...] = ()
        self.headers = dict(headers or {})


class BadRequestError(RequestError):
    """The request cannot be read."""

    status, code = 400, "bad_request"


class UnauthenticatedError(RequestError):
    """Nobody proved who they are."""

    status, code = 401, "unauthenticated"


class ForbiddenError(RequestError):
    """The role does not do, or the change does not come from a page of ours."""

    status, code = 403, "forbidden"


class NotFoundError(RequestError):
    """There is no such domain, group or page."""

    status, code = 404, "not_found"


class MethodError(RequestError):
    """That path takes other methods."""

    status, code = 405, "method_not_allowed"


class TimeOutError(RequestError):
    """The body did not come in time."""

    status, code = 408, "timeout"


class ConflictError(RequestError):
    """Somebody was quicker (`conflict`), or the change is refused (`refused`)."""

    status, code = 409, "conflict"


class TooLargeError(RequestError):
    """The body is over the bound."""

    status, code = 413, "too_large"


class MediaTypeError(RequestError):
    """The body is of another kind."""

    status, code = 415, "media_type"


class MisdirectedError(RequestError):
    """The name in `Host` is none of ours."""

    status, code = 421, "wrong_host"


class InvalidError(RequestError):
    """Fields are wrong: all of them at once."""

    status, code = 422, "invalid"


class TooManyError(RequestError):
    """Too many failed sign-ins."""

    status, code = 429, "too_many"


class UnavailableError(RequestError):
    """The store does not answer, or too many ask at once."""

    status, code = 503, "unavailable"
