"""From what a client sent to typed values, or to every fault of it at once (Q-16: each names its field).

A room declares pydantic models; a field's sentence of the recorded API stands beside its type (`Says`). Models of
whole rows are made from the table (`row_model`): the columns are declared once. The types here take what
PostgreSQL took from the recorded server (a number as text for NUMERIC, `yes` for BOOLEAN) and nothing that it
refused, so that a value which does not fit its column is the client's error (Q-09).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, LiteralString, TypeVar, cast, get_args
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from sqlalchemy import Boolean, Column, Date, Integer, Numeric, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from domains.shared import wire
from domains.shared.errors import Fault, InvalidInputError
from domains.shared.node_json import loads, string_of, text, well_formed
from domains.shared.uuids import uuid_of
from domains.shared.wire import Described

Model = TypeVar("Model", bound=BaseModel)

_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        '"': "&quot;",
        "'": "&#x27;",
        "<": "&lt;",
        ">": "&gt;",
        "/": "&#x2F;",
        "\\": "&#x5C;",
        "`": "&#96;",
    }
)
_DAY = re.compile(wire.DAY, re.ASCII)
_ISO_8601 = re.compile(
    r"""
    [+-]?\d{4}(?!\d{2}\b)
    (
      (?P<dash>-?) (
        (0[1-9]|1[0-2]) ((?P=dash)(0[1-9]|[12]\d|3[01]))?
        | W([0-4]\d|5[0-3])(-?[1-7])?
        | (00[1-9]|0[1-9]\d|[12]\d{2}|3([0-5]\d|6[1-6]))
      )
      (
        [T\s] (([01]\d|2[0-3])((?P<colon>:?)[0-5]\d)?|24:?00) ([.,]\d+(?!:))?
        (:?[0-5]\d([.,]\d+)?)? ([zZ]|[+-]([01]\d|2[0-3]):?([0-5]\d)?)?
      )?
    )?
    """,
    re.VERBOSE | re.ASCII,
)
"""Calendar, week and ordinal dates with an optional time, as the recorded server's library takes them."""
_OTHER_DAY = re.compile(wire.OTHER_DAY, re.ASCII)
_NUMBER = re.compile(wire.NUMBER, re.ASCII)
_FLOAT = re.compile(wire.FLOAT, re.ASCII)
_INTEGER = re.compile(wire.INTEGER, re.ASCII)
_PLAIN_NUMBER = re.compile(wire.PLAIN_NUMBER, re.ASCII)
_DIGITS = re.compile(wire.DIGITS, re.ASCII)
_LEADING_DIGITS = re.compile(wire.LEADING_DIGITS, re.ASCII)
_SIZE: LiteralString = "size"
"""Kind of a fault whose own sentence is better than the field's: the value is of the right kind, but too much."""


@dataclass(frozen=True, slots=True)
class Says:
    """The sentence with which the recorded API refuses a value of the wrong kind."""

    sentence: str


def sanitized(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its top-level strings HTML-escaped, as they are stored (Q-22)."""
    return {
        key: value.translate(_ESCAPES) if isinstance(value, str) else value for key, value in body.items()
    }


def validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    """An instance of the model; raises InvalidInputError with every fault, one a field."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        rows = error.errors(include_url=False, include_context=False, include_input=False)
        if any(not row["loc"] for row in rows):  # half a surrogate pair in a key, which pydantic cannot name
            return validated(model, {well_formed(key): value for key, value in values.items()})
        faults: dict[str, Fault] = {}
        for row in rows:
            at = str(row["loc"][0])
            name, sentence = _declared(model, at)
            field = name if name in values and at not in values else at
            faults.setdefault(at, Fault(field, _sentence(row["type"], row["msg"], sentence)))
        raise InvalidInputError(list(faults.values())) from None


def _sentence(kind: str, own: str, declared: str | None) -> str:
    if kind == "extra_forbidden":
        return "Is not a field that can be set"
    return own if kind == _SIZE or declared is None else declared


def _declared(model: type[BaseModel], at: str) -> tuple[str, str | None]:
    """The name and the sentence of the field at that location, which is its alias where it has one."""
    for name, field in model.model_fields.items():
        if at in (name, field.alias):
            return name, next((item.sentence for item in field.metadata if isinstance(item, Says)), None)
    return at, None


def row_model(
    name: str,
    table: Table,
    columns: Iterable[str],
    *,
    given: Mapping[str, Any] | None = None,
    aliases: Mapping[str, str] | None = None,
    required: Iterable[str] = (),
    ignored: Iterable[str] | None = (),
) -> type[BaseModel]:
    """A model of these columns, spelled as the column or in camelCase; other keys are refused.

    `given` replaces the type that a column's own would be, `aliases` (column → alias) the other spellings. All
    are optional but the `required`. Who calls it leaves out the `ignored` keys, or with None all but the aliases.
    """
    given = given or {}
    spelled = to_camel if aliases is None else lambda key: aliases.get(key, key)
    needed = frozenset(required)
    fields: dict[str, Any] = {
        key: (given.get(key) or _type_of(table.c[key]), Field(... if key in needed else None))
        for key in columns
    }

    config = ConfigDict(
        extra="forbid",
        alias_generator=spelled,
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_extra=wire.in_both_spellings({key: spelled(key) for key in fields}, ignored),
    )
    return cast("type[BaseModel]", create_model(name, __config__=config, **fields))


def _type_of(column: Column[Any]) -> Any:
    kind: Any
    match column.type:
        case String(length=length):
            kind = Text if length is None else Annotated[Text, at_most(length)]
        case Numeric(precision=precision, scale=scale):
            kind = Annotated[Number, fits(precision or 0, scale or 0)]
        case Integer():
            kind = Whole
        case Boolean():
            kind = Flag
        case Date():
            kind = Day
        case JSONB():
            kind = Json
        case Uuid():
            kind = Id
        case other:
            raise TypeError(f"no wire type for a column of {other}")
    return kind | None if column.nullable else kind


def _wrong(sentence: LiteralString, kind: LiteralString = "kind") -> PydanticCustomError:
    return PydanticCustomError(kind, sentence)


def _to_text(value: Any) -> Any:
    sent = text(value)
    if sent is not None and "\0" in sent:
        raise _wrong("Must not hold a NUL character", _SIZE)
    return sent


def _refuse_array(value: Any) -> Any:
    if isinstance(value, list):
        raise _wrong("Must not be an array")
    return value


def _to_number(value: Any) -> Decimal:
    try:
        if (
            not isinstance(value, bool)
            and isinstance(value, str | int | float)
            and _NUMBER.fullmatch(str(value))
        ):
            return Decimal(str(value).strip())
    except InvalidOperation:
        pass
    raise _wrong("Must be a number")


def _to_plain_number(value: Any) -> Decimal:
    if not _PLAIN_NUMBER.fullmatch(text(value) or ""):
        raise _wrong("Must be a number")
    return _to_number(value)


def _to_positive(value: Any) -> Decimal:
    if not _FLOAT.fullmatch(str(value)) or (number := _to_number(value)) < 0:
        raise _wrong("Must be a positive number")
    return number


def _to_count(value: Any) -> int:
    if not isinstance(value, int) and not _DIGITS.fullmatch(str(value)):
        raise _wrong("Must be an integer")
    if int(value) < 1:
        raise _wrong("Must be 1 or more")
    return int(value)


def _to_leading_count(value: Any) -> int:
    if (found := _LEADING_DIGITS.match(str(value))) is None:
        raise _wrong("Must be an integer")
    number = int(float(found[1]))  # JavaScript's integers are doubles
    if number >= wire.BIGINT_LIMIT:
        raise _wrong("Must be smaller")
    if number < 0:
        raise _wrong("Must not be negative")
    return number


def _refuse_zero(value: int) -> int:
    if value == 0:
        raise _wrong("Must be 1 or more")
    return value


def _to_integer(value: Any) -> int:
    number = _to_number(value)
    is_whole = number.is_finite() and number == number.to_integral_value()
    if not is_whole or (isinstance(value, str) and not _INTEGER.fullmatch(value)):
        raise _wrong("Must be a whole number")
    if not -wire.INTEGER_LIMIT <= number < wire.INTEGER_LIMIT:
        raise _wrong("Must be smaller", _SIZE)
    return int(number)


def _to_day(value: Any) -> date | str:
    sent = text(value) or ""
    found = _DAY.fullmatch(sent)
    try:
        if found is not None:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    else:
        if _OTHER_DAY.fullmatch(sent):
            return sent
    raise _wrong("Must be a date like 2027-03-15")


def _to_uuid(value: Any) -> UUID:
    if (found := uuid_of(value)) is None:
        raise _wrong("Must be a UUID")
    return found


def _to_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return loads(value)  # a number or a word of JSON: whatever has quotes was escaped before
    except ValueError:
        raise _wrong("Must be an object or an array") from None


def _refuse_empty_items(value: Any) -> Any:
    if isinstance(value, list) and any(item in (None, "", []) for item in value):
        raise _wrong("Must not be empty")
    return value


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise _wrong("Must not be null")
    return value


def each(holds: Callable[[str], Any], sentence: LiteralString, told: Any = str) -> BeforeValidator:
    """A recorded check of text, which is `told` in the document: an array passes where every item does."""

    def check(value: Any) -> Any:
        if not all(holds(string_of(item)) for item in (value if isinstance(value, list) else [value])):
            raise _wrong(sentence)
        return value

    return BeforeValidator(check, json_schema_input_type=told | list[told])


def word_of(kind: Any) -> BeforeValidator:
    """The recorded check that a text is one of the words of a Literal, as they are spelt there."""
    return each(frozenset(get_args(kind)).__contains__, "Must be one of the known words", kind)


def at_most(length: int) -> Described:
    """VARCHAR(length); blanks that are too many at the end are cut off, not refused."""

    def check(value: str) -> str:
        if value[length:].strip(" "):
            raise PydanticCustomError(_SIZE, "Must have at most {length} characters", {"length": length})
        return value[:length]

    return Described(AfterValidator(check), lambda schema: {**schema, "maxLength": length})


def fits(precision: int, scale: int) -> AfterValidator:
    """NUMERIC(precision, scale); digits that are too fine are rounded off, not refused."""
    digits = precision - scale

    def check(value: Decimal) -> Decimal:
        largest = Decimal(10) ** digits
        if value.is_nan():
            return value
        if abs(value) >= largest or abs(round(value, scale)) >= largest:
            raise PydanticCustomError(
                _SIZE, "Must have at most {digits} digits before the point", {"digits": digits}
            )
        return value

    return AfterValidator(check)


NOT_NULL = Described(BeforeValidator(_refuse_null), wire.without_null)
"""For a field that may be absent, and then is None, but was refused when it was null."""
Text = Annotated[str, BeforeValidator(_to_text, json_schema_input_type=wire.Plain)]
"""Text; a number, a boolean, an array or an object becomes one, as the recorded server stored it."""
Filled = Annotated[Text, Field(min_length=1), BeforeValidator(_refuse_empty_items)]
"""Text that is there; of an array each item is."""
Item = Annotated[Text, BeforeValidator(_refuse_array)]
"""Text that is an item of an array itself."""
Number = Annotated[
    Decimal,
    Field(allow_inf_nan=True),
    BeforeValidator(_to_number, json_schema_input_type=float | wire.NumberText),
]
"""A number, also as text; NaN is one for NUMERIC, and infinity where it has no precision."""
Price = Annotated[
    Decimal,
    BeforeValidator(_to_plain_number, json_schema_input_type=float | wire.PlainNumberText),
    fits(12, 2),
]
"""NUMERIC(12,2); as text it has no exponent."""
Whole = Annotated[int, BeforeValidator(_to_integer, json_schema_input_type=wire.Integer | wire.IntegerText)]
"""An INTEGER, also as text."""
Positive = Annotated[
    Decimal,
    BeforeValidator(_to_positive, json_schema_input_type=Annotated[float, Field(ge=0)] | wire.FloatText),
]
"""A finite number of 0 or more, also as text."""
Count = Annotated[int, BeforeValidator(_to_count, json_schema_input_type=wire.FromOne | wire.DigitsText)]
"""A whole number of 1 or more, as a query has it."""
PageLimit = Annotated[
    int, BeforeValidator(_to_leading_count, json_schema_input_type=wire.FromZero | wire.LeadingDigitsText)
]
"""The whole number of 0 or more that a text begins with, as most lists read `page` and `limit`."""
PageNumber = Annotated[
    int,
    BeforeValidator(_to_leading_count, json_schema_input_type=wire.FromOne | wire.LeadingDigitsText),
    AfterValidator(_refuse_zero),
]
"""The same, of 1 or more."""
Flag = Annotated[
    bool, BeforeValidator(lambda value: value, json_schema_input_type=bool | Literal[0, 1] | wire.FlagText)
]
"""A BOOLEAN, also as the words that PostgreSQL takes for one."""
Day = Annotated[
    date | str, BeforeValidator(_to_day, json_schema_input_type=wire.DayText | wire.OtherDayText | int)
]
"""A calendar date of ISO 8601; a time behind it is cut off, as PostgreSQL does.

What it may read as a date besides (`tomorrow`, `01/02/2026`, a year of five digits) stays the text that was sent.
"""
IsoDay = Annotated[Day, each(_ISO_8601.fullmatch, "Must be a date of ISO 8601", wire.DayText)]
"""The same where the recorded API looks for ISO 8601 itself, of an array at each item."""
Id = Annotated[UUID, BeforeValidator(_to_uuid, json_schema_input_type=wire.UuidText)]
"""A UUID."""
Json = Annotated[Any, BeforeValidator(_to_json, json_schema_input_type=wire.Structure)]
"""What a JSONB column holds; as text it is JSON."""
IsoText = Annotated[Text, each(_ISO_8601.fullmatch, "Must be a date of ISO 8601")]
"""A date in any form of ISO 8601, kept as text: for values that are checked and then not used."""
