"""The wire contract of clients, field for field; sentences and their order are those of the recorded API."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domains.shared.emails import Email
from domains.shared.validation import (
    NOT_NULL,
    Filled,
    Item,
    PageLimit,
    PageNumber,
    Says,
    Text,
    Whole,
    at_most,
)

_Type = Literal[
    "Buyer", "Seller", "Both", "Investor", "Referral", "buyer", "seller", "both", "investor", "referral"
]
_ContactType = Literal["Buyer", "Seller", "buyer", "seller"]
_Name = Annotated[Filled, at_most(100)]
_Email = Annotated[Email, at_most(255)]
_Phone = Annotated[str, at_most(20)]
_WRONG = Says("Invalid value")


class ListQuery(BaseModel):
    """The query of `GET /v1/clients`; the type and the sorting are ignored, as recorded."""

    page: PageNumber = 1
    limit: PageLimit = 20
    scope: str | None = None
    status: Text = "active"
    search: Text = ""


class CreateClient(BaseModel):
    """The body of `POST /v1/clients`, by the columns of its contact; other keys are ignored.

    The type is the contact's too, where there are only buyers and sellers (Q-09).
    """

    first_name: Annotated[_Name, Says("First name is required")] = Field(alias="firstName")
    last_name: Annotated[_Name, Says("Last name is required")] = Field(alias="lastName")
    email: Annotated[_Email | None, NOT_NULL, Says("Valid email is required")] = None
    phone: Annotated[_Phone | None, NOT_NULL, Says("Invalid phone number")] = None
    client_type: Annotated[_ContactType, _WRONG] = Field("Buyer", alias="clientType")
    street_address: Annotated[Text, at_most(255)] | None = Field(None, alias="addressStreet")
    city: Annotated[Text, at_most(100)] | None = Field(None, alias="addressCity")
    state: Annotated[Text, at_most(2)] | None = Field(None, alias="addressState")
    zip_code: Annotated[Text, at_most(10)] | None = Field(None, alias="addressZip")
    notes: Text | None = None
    tags: list[Item | None] | None = None


def _describe_version(schema: dict[str, Any]) -> None:
    told = "The version that the client must have; looked at only where its type or status is changed"
    schema["properties"]["version"] = {"description": told}


class UpdateClient(BaseModel):
    """The body of `PUT /v1/clients/{id}`; notes, tags, the address and other keys are ignored, as recorded."""

    model_config = ConfigDict(alias_generator=to_camel, json_schema_extra=_describe_version)

    first_name: Annotated[_Name | None, NOT_NULL, _WRONG] = None
    last_name: Annotated[_Name | None, NOT_NULL, _WRONG] = None
    email: Annotated[_Email | None, NOT_NULL, _WRONG] = None
    phone: Annotated[_Phone | None, NOT_NULL, _WRONG] = None
    client_type: Annotated[_Type | None, NOT_NULL, _WRONG] = None
    status: Annotated[Literal["active", "inactive", "archived"] | None, NOT_NULL, _WRONG] = None


OF_THE_CLIENT = frozenset({"client_type", "status"})
"""What an update changes of the client itself; only then its version is looked at, as recorded."""


class Versioned(BaseModel):
    """The version that a client must have."""

    version: Whole | None = None


class Note(BaseModel):
    """The body of `POST /v1/clients/{id}/notes`."""

    content: Text


class Tags(BaseModel):
    """The body of `PATCH /v1/clients/{id}/tags`: all tags."""

    tags: list[Item | None]


def shown_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the answer to a creation repeats of the body, as it was sent."""
    names = {"firstName": "first_name", "lastName": "last_name", "email": "email", "phone": "phone"}
    return {shown: body[sent] for sent, shown in names.items() if sent in body}
