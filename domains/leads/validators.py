"""The wire contract of leads, field for field; sentences and their order are those of the recorded API."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from domains.leads.models import leads
from domains.shared.emails import Email
from domains.shared.errors import BusinessRuleError, Violation
from domains.shared.node_json import number_of
from domains.shared.pagination import PageText, RowCount
from domains.shared.validation import NOT_NULL, Says, Text, Whole, at_most, row_model, word_of

_LOWEST_SCORE, _HIGHEST_SCORE = 0, 100
_Source = Annotated[Text, at_most(100)]
_Name = Annotated[Text, Field(min_length=1)]
_Words = Literal["Buyer", "Seller", "Both", "Investor", "buyer", "seller", "both", "investor"]
_Type = Annotated[Any, word_of(_Words)]


class ListQuery(BaseModel):
    """The query of `GET /v1/leads`; `scope` is read where the scopes are."""

    page: PageText = "1"
    limit: RowCount = 20
    lead_status: str = Field("", alias="leadStatus")
    search: str = ""


class CreateLead(BaseModel):
    """The body of `POST /v1/leads`; `leadSource` and `leadType` are checked and not stored, as recorded."""

    first_name: Annotated[Text, Field(min_length=1), at_most(100), Says("First name is required")] = Field(
        alias="firstName"
    )
    last_name: Annotated[Text, Field(min_length=1), at_most(100), Says("Last name is required")] = Field(
        alias="lastName"
    )
    email: Annotated[Annotated[Email, at_most(255)] | None, NOT_NULL, Says("Invalid email")] = None
    phone: Annotated[Annotated[str, at_most(20)] | None, NOT_NULL, Says("Invalid phone number")] = None
    lead_source: _Source | None = Field(None, alias="source")
    checked_source: Annotated[str | None, NOT_NULL, Says("Invalid value")] = Field(
        None, alias="leadSource", exclude=True
    )
    checked_type: Annotated[_Type | None, NOT_NULL, Says("Invalid value")] = Field(
        None, alias="leadType", exclude=True
    )
    lead_status: Annotated[Text, at_most(50)] | None = Field(None, alias="leadStatus")
    lead_score: Whole | None = Field(None, alias="leadScore")
    lead_temperature: Annotated[Text, at_most(20)] | None = Field(None, alias="leadTemperature")
    notes: Text | None = None


class UpdateChecks(BaseModel):
    """What the recorded API checks of `PUT /v1/leads/{id}` before it looks who asks; none of it is stored."""

    first_name: Annotated[_Name | None, NOT_NULL, Says("Invalid value")] = Field(None, alias="firstName")
    last_name: Annotated[_Name | None, NOT_NULL, Says("Invalid value")] = Field(None, alias="lastName")
    lead_type: Annotated[_Type | None, NOT_NULL, Says("Invalid value")] = Field(None, alias="leadType")
    status: Annotated[str | None, NOT_NULL, Says("Invalid value")] = None


_UPDATED = (
    *("first_name", "last_name", "email", "phone", "lead_source", "lead_status", "lead_score"),
    *("lead_temperature", "notes", "property_interest", "budget_range", "timeline", "next_follow_up"),
)
UpdateLead = row_model(
    "UpdateLead", leads, [*_UPDATED, "version"], given={"version": Whole | None}, aliases={}, ignored=None
)
"""What `PUT /v1/leads/{id}` may change, as the columns are spelled, and the version that the lead must have."""


class Activity(BaseModel):
    """The body of `POST /v1/leads/{id}/activities`; whatever it is becomes text."""

    kind: Any = Field(None, alias="activityType")
    notes: Any = None


def updates_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body is an update; other keys are ignored, as recorded."""
    return {key: body[key] for key in _UPDATED if key in body}


def check_business_rules(body: Mapping[str, Any]) -> None:
    """Raise BusinessRuleError with every broken rule; the rules look at the snake_case keys alone, as recorded."""
    violations: list[Violation] = []
    score, budget = number_of(body, "lead_score"), body.get("budget_range")
    if score is not None and not _LOWEST_SCORE <= score <= _HIGHEST_SCORE:
        text = f"Lead score must be between {_LOWEST_SCORE} and {_HIGHEST_SCORE}"
        violations.append(Violation("lead_score", text, "LEAD_SCORE_RANGE"))
    if isinstance(budget, str) and budget and not budget.strip():
        violations.append(Violation("budget_range", "Budget range cannot be empty", "NON_EMPTY_BUDGET"))
    if violations:
        raise BusinessRuleError(violations)
