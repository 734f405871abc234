"""What the lenient types take, as JSON schema says it: beside each validator, so that the document tells what it does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core.core_schema import CoreSchema

Schema = dict[str, Any]
"""A JSON schema."""

INTEGER_LIMIT = 2**31
BIGINT_LIMIT = 2**63
FLOAT = r"[+-]?(?=\.?[0-9])[0-9]*(\.[0-9]*)?([eE][+-]?[0-9]{1,9})?"
INTEGER = r"\s*[+-]?[0-9]{1,300}\s*"
PLAIN_NUMBER = r"[+-]?([0-9]*\.)?[0-9]+"
DIGITS = r"[+-]?[0-9]{1,300}"
LEADING_DIGITS = r"\s*([+-]?[0-9]{1,300})"
_SCALARS = ("string", "number", "boolean")
_TRUTHS = ("true", "t", "yes", "y", "on", "1", "false", "f", "no", "n", "off", "0")


def _in_any_case(*words: str) -> str:
    """A pattern of these words; in JSON schema a pattern has no flags."""
    spelled = (
        "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else sign for sign in word) for word in words
    )
    return f"({'|'.join(spelled)})"


_HOUR, _SIXTY = "([01]?[0-9]|2[0-3])", "[0-5][0-9]"
DAY = (
    r"\s*([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    rf"([Tt\s]\s*({_HOUR}(:?{_SIXTY}(:?({_SIXTY}|60)(\.[0-9]*)?)?)?|24:?00(:?00)?)"
    rf"\s*([Zz]|[+-](0?[0-9]|1[0-5])(:?{_SIXTY})?)?)?\s*"
)
OTHER_DAY = (
    rf"\s*({_in_any_case('now', 'today', 'tomorrow', 'yesterday', 'epoch')}"
    rf"|[+-]?{_in_any_case('infinity')}|[^\x00]*[0-9][^\x00]*)\s*"
)
NUMBER = (
    rf"\s*({_in_any_case('nan')}|"
    rf"[+-]?({_in_any_case('inf', 'infinity')}|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{{1,9}})?))\s*"
)
Plain = str | float | bool | Annotated[Any, WithJsonSchema({"not": {"type": [*_SCALARS, "null"]}})]
"""What becomes text."""
NumberText = Annotated[str, Field(pattern=f"^{NUMBER}$")]
FloatText = Annotated[str, Field(pattern=f"^{FLOAT}$")]
IntegerText = Annotated[str, Field(pattern=f"^{INTEGER}$")]
PlainNumberText = Annotated[str, Field(pattern=rf"^{PLAIN_NUMBER}$")]
DigitsText = Annotated[str, Field(pattern=rf"^{DIGITS}$")]
LeadingDigitsText = Annotated[str, Field(pattern=rf"^{LEADING_DIGITS}")]
OtherDayText = Annotated[
    str, Field(pattern=f"^{OTHER_DAY}$", description="Or what else PostgreSQL reads as a date")
]
DayText = Annotated[str, Field(pattern=f"^{DAY}$")]
_JSON_TEXT: Schema = {"type": "string", "contentMediaType": "application/json"}
Structure = Annotated[Any, WithJsonSchema({"anyOf": [{"not": {"type": "string"}}, _JSON_TEXT]})]
"""What JSON columns take; without the word object, of which generators would make a class for each field."""
Items = list[Any] | Annotated[str, Field(pattern=r"^\s*\{[\s\S]*\}\s*$")]
"""What becomes an array of texts."""
FlagText = Annotated[str, Field(pattern=f"^{_in_any_case(*_TRUTHS)}$")]
UuidText = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Integer = Annotated[int, Field(ge=-INTEGER_LIMIT, lt=INTEGER_LIMIT)]
FromZero = Annotated[int, Field(ge=0, lt=BIGINT_LIMIT)]
FromOne = Annotated[int, Field(ge=1, lt=BIGINT_LIMIT)]


@dataclass(frozen=True, slots=True)
class Described:
    """A validator with what it makes of the JSON schema of what it validates."""

    validator: AfterValidator | BeforeValidator
    describe: Callable[[Schema], Schema]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as the validator does."""
        return self.validator.__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """Describe it."""
        return self.describe(handler(schema))


def without_null(schema: Schema) -> Schema:
    """The same without `null`."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    match kinds:
        case []:
            return schema
        case [one]:
            return {**{key: value for key, value in schema.items() if key != "anyOf"}, **one}
        case _:
            return {**schema, "anyOf": kinds}


def in_both_spellings(aliases: Mapping[str, str], ignored: Iterable[str] | None) -> Callable[[Schema], None]:
    """Adds the columns' own names (name → alias), and the keys that change nothing.

    None of those stands for every key that is not an alias.
    """

    def describe(schema: Schema) -> None:
        if ignored is None:
            del schema["additionalProperties"]
            return
        known = schema["properties"]
        schema["properties"] = {
            **known,
            **{name: known[alias] for name, alias in aliases.items()},
            **{name: {"description": "Changes nothing"} for name in ignored},
        }

    return describe
