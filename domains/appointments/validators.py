"""The wire contract of appointments, field for field; sentences and their order are those of the recorded API.

A creation takes camelCase keys, an update snake_case ones, and the business rules look at snake_case keys alone.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from domains.appointments.models import appointments
from domains.shared.errors import BusinessRuleError, UnusableInputError, Violation
from domains.shared.node_json import either, moment_of, truthy
from domains.shared.pagination import PageText, RowCount
from domains.shared.validation import (
    NOT_NULL,
    Day,
    Id,
    IsoText,
    Says,
    Text,
    Whole,
    at_most,
    each,
    row_model,
    validated,
    word_of,
)
from domains.shared.wire import DayText

_SHORTEST_MINUTES, _LONGEST_MINUTES = 15, 480
_DIGITS = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_TIME = re.compile(
    r"""
    (\d{4}-\d{2}-\d{2}[T\ ])?
    (?P<hours>\d{1,2}) :? (?P<minutes>\d{2}) (:?(?P<seconds>\d{2})(\.\d{1,9})?)?
    (\ ?(?P<half>[ap]m))? (\ ?(z|[+-]\d{2}(:?\d{2})?))?
    """,
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_LAST_HOUR, _LAST_HOUR_OF_A_HALF, _LAST_MINUTE, _LAST_SECOND = 23, 12, 59, 60


def _to_time(value: str) -> str:
    """The text of a TIME as PostgreSQL reads it; what lies beside the time of a moment is not looked at."""
    found = _TIME.fullmatch(value.strip())
    if found is not None:
        hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
        last = _LAST_HOUR_OF_A_HALF if found["half"] else _LAST_HOUR
        is_midnight = not found["half"] and (hours, minutes, seconds) == (_LAST_HOUR + 1, 0, 0)
        if is_midnight or (hours <= last and minutes <= _LAST_MINUTE and seconds <= _LAST_SECOND):
            return value
    raise PydanticCustomError("kind", "Must be a time like 14:30")


def _is_duration(value: str) -> bool:
    return _DIGITS.fullmatch(value) is not None and _SHORTEST_MINUTES <= int(value) <= _LONGEST_MINUTES


def _empty_is_none(value: Any) -> Any:
    return value or None


_AskedDay = Annotated[
    Day | None, BeforeValidator(_empty_is_none, json_schema_input_type=DayText | Literal[""])
]
_Time = Annotated[Text, AfterValidator(_to_time)]
_Title = Annotated[Text, Field(min_length=1), at_most(255)]
_Word = Annotated[Text, at_most(50)]
_Location = Annotated[Text, at_most(255)]
_Words = Literal[
    "Listing Presentation",
    "Buyer Consultation",
    "Property Showing",
    "Open House",
    "Closing",
    "Inspection",
    "Other",
    "meeting",
]
_Type = Annotated[Any, word_of(_Words)]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class ListQuery(_Camel):
    """The query of `GET /v1/appointments`; `scope` is read where the scopes are."""

    page: PageText = "1"
    limit: RowCount = 20
    start_date: _AskedDay = None
    end_date: _AskedDay = None
    status: str = ""


class CreateChecks(_Camel):
    """What the recorded API checks of `POST /v1/appointments` before its business rules."""

    title: Annotated[Text, Field(min_length=1), Says("Title is required")]
    appointment_type: Annotated[_Type | None, NOT_NULL, Says("Invalid value")] = None
    start_date: Annotated[IsoText | None, NOT_NULL, Says("Invalid start date")] = None
    end_date: Annotated[IsoText | None, NOT_NULL, Says("Invalid end date")] = None
    duration: Annotated[Any, each(_is_duration, "Invalid value", Any)] = None


class CreateAppointment(_Camel):
    """What of it is stored; other keys are ignored, the duration too."""

    title: _Title
    appointment_date: Day
    start_time: _Time
    end_time: _Time | None = None
    location: _Location | None = None
    appointment_type: _Word | None = "Property Showing"
    description: Text | None = None
    status: _Word | None = "Scheduled"
    client_id: Id | None = None
    listing_id: Id | None = None


class UpdateChecks(_Camel):
    """What the recorded API checks of `PUT /v1/appointments/{id}` before it looks at the row."""

    title: Annotated[Annotated[Text, Field(min_length=1)] | None, NOT_NULL, Says("Invalid value")] = None
    start_date: Annotated[IsoText | None, NOT_NULL, Says("Invalid value")] = None
    end_date: Annotated[IsoText | None, NOT_NULL, Says("Invalid value")] = None
    status: Annotated[str | None, NOT_NULL, Says("Invalid value")] = None


_UPDATED = (
    *("title", "appointment_date", "start_time", "end_time", "location", "appointment_type"),
    *("description", "status", "client_id", "listing_id"),
)
UpdateAppointment = row_model(
    "UpdateAppointment",
    appointments,
    [*_UPDATED, "version"],
    given={"start_time": _Time | None, "end_time": _Time | None, "version": Whole | None},
    aliases={},
    ignored=None,
)
"""What an update may change, as the columns are spelled, and the version that the appointment must have."""

_EMPTY_IS_NONE = ("endTime", "location", "description", "clientId", "listingId")


def creation_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new appointment; raises UnusableInputError where it has no title, day or time."""
    if not all(truthy(body.get(key)) for key in ("title", "appointmentDate", "startTime")):
        raise UnusableInputError("MISSING_FIELDS", "Title, date, and start time are required")
    none = {key: either(body.get(key), None) for key in _EMPTY_IS_NONE}
    return validated(CreateAppointment, {**body, **none}).model_dump()


def updates_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body is an update; other keys are ignored, as recorded."""
    return {key: body[key] for key in _UPDATED if key in body}


def check_business_rules(body: Mapping[str, Any], *, today: datetime | None) -> None:
    """Raise BusinessRuleError with every broken rule; `today`, its first moment, is for what is not to be past."""
    violations: list[Violation] = []
    starts_at, ends_at = (_at(body.get(key)) for key in ("start_time", "end_time"))
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        violations.append(Violation("end_time", "End time must be after start time", "END_AFTER_START"))
    day = moment_of(body.get("appointment_date"))
    if today is not None and day is not None and day < today:
        text = "Cannot create appointments in the past"
        violations.append(Violation("appointment_date", text, "NO_PAST_APPOINTMENTS"))
    if violations:
        raise BusinessRuleError(violations)


def _at(time: Any) -> datetime | None:
    return moment_of(f"1970-01-01T{time}") if time else None
