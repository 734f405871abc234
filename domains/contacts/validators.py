"""The wire contract of contacts and their roles, field for field."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from domains.contacts.models import contact_roles
from domains.shared.arrays import Texts
from domains.shared.errors import UnusableInputError
from domains.shared.node_json import either, truthy
from domains.shared.pagination import RowCount
from domains.shared.people import contacts
from domains.shared.validation import Id, row_model, validated

_INVALID = "VALIDATION_ERROR"
_Type = Literal[
    "buyer",
    "seller",
    "agent",
    "lender",
    "title_officer",
    "inspector",
    "appraiser",
    "contractor",
    "client",
    "vendor",
    "other",
]
_REQUIRED = ("first_name", "last_name", "contact_type")
_COLUMNS = (
    *_REQUIRED,
    *("email", "phone", "phone_secondary", "company", "license_number", "street_address", "city", "state"),
    *("zip_code", "notes", "tags"),
)
_GIVEN = {"contact_type": _Type, "tags": Texts | None}
CreateContact = row_model(
    "CreateContact", contacts, _COLUMNS, given=_GIVEN, aliases={}, required=_REQUIRED, ignored=None
)
UpdateContact = row_model("UpdateContact", contacts, _COLUMNS, given=_GIVEN, aliases={}, ignored=None)
_ROLE_REQUIRED = ("role_name", "display_name")
_ROLE_COLUMNS = (
    *_ROLE_REQUIRED,
    *("description", "icon", "color", "required_fields", "optional_fields", "hidden_fields"),
    *("is_lead_type", "lead_category", "sort_order"),
)
CreateRole = row_model(
    "CreateRole",
    contact_roles,
    _ROLE_COLUMNS,
    given=dict.fromkeys(("required_fields", "optional_fields", "hidden_fields"), Any),
    aliases={},
    required=_ROLE_REQUIRED,
    ignored=None,
)
_NEW_ROLE: dict[str, Any] = {
    "required_fields": [],
    "optional_fields": [],
    "hidden_fields": [],
    "is_lead_type": False,
    "sort_order": 999,
}


class RolesQuery(BaseModel):
    """The query of `GET /v1/contact-roles`."""

    active_only: str = "true"


class ListQuery(BaseModel):
    """The query of `GET /v1/contacts`."""

    limit: RowCount = 50
    offset: RowCount = 0
    archived: str = "false"
    contact_type: str = Field("", alias="type")
    search: str = ""


class SearchQuery(BaseModel):
    """The query of `GET /v1/contacts/search`."""

    limit: RowCount = 50
    role: str = ""
    name: str = ""
    email: str = ""


class Assignment(BaseModel):
    """The body of `POST /v1/contacts/{id}/roles`."""

    role_id: Id
    role_metadata: dict[str, Any] | None = None
    is_primary: bool | None = None


class Primary(BaseModel):
    """The body of `PUT /v1/contacts/{id}/roles/primary`."""

    role_id: Id


def creation_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new contact; what is no column is ignored, as recorded."""
    if not all(truthy(body.get(key)) for key in _REQUIRED):
        raise UnusableInputError(_INVALID, "First name, last name, and contact type are required")
    sent = {key: body[key] for key in _COLUMNS if key in body} | {"tags": either(body.get("tags"), [])}
    return validated(CreateContact, sent).model_dump(exclude_unset=True)


def sent_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body is an update; other keys are ignored, as recorded."""
    sent = {key: body[key] for key in _COLUMNS if key in body}
    if not sent:
        raise UnusableInputError(_INVALID, "No valid fields to update")
    return sent


def update_of(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an update changes."""
    return validated(UpdateContact, sent).model_dump(exclude_unset=True)


def role_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new role."""
    if not all(truthy(body.get(key)) for key in _ROLE_REQUIRED):
        raise UnusableInputError(_INVALID, "role_name and display_name are required")
    sent = {key: body[key] for key in _ROLE_COLUMNS if key in body}
    return _NEW_ROLE | validated(CreateRole, sent).model_dump(exclude_unset=True)


def check_role_id(body: Mapping[str, Any]) -> None:
    """Raise UnusableInputError where a body names no role."""
    if not truthy(body.get("role_id")):
        raise UnusableInputError(_INVALID, "role_id is required")
