"""The wire contract of leads."""

from datetime import date
from typing import Any

import pytest

from domains.leads.models import leads
from domains.leads.validators import CreateLead, ListQuery, UpdateLead, check_business_rules, updates_of
from domains.shared.errors import BusinessRuleError, InvalidInputError
from domains.shared.validation import validated


def details(model: type[Any], values: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        validated(model, values)
    return [(row["field"], row["message"]) for row in caught.value.extra["details"]]


def test_a_creation_names_all_its_faults_in_the_recorded_order() -> None:
    body = {"lastName": "", "email": "nope", "phone": 5, "leadSource": None, "leadType": "Alien"}

    assert details(CreateLead, body) == [
        ("firstName", "First name is required"),
        ("lastName", "Last name is required"),
        ("email", "Invalid email"),
        ("phone", "Invalid phone number"),
        ("leadSource", "Invalid value"),
        ("leadType", "Invalid value"),
    ]


def test_what_is_only_checked_is_not_stored() -> None:
    lead = validated(
        CreateLead, {"firstName": "A", "lastName": "B", "leadSource": "x", "leadType": "Both", "id": 5}
    )

    assert lead.model_dump(exclude_none=True) == {"first_name": "A", "last_name": "B"}


def test_an_update_is_spelled_as_the_columns_and_other_keys_are_ignored() -> None:
    sent = updates_of({"firstName": "Camel", "owner_id": "me", "notes": None, "next_follow_up": "2027-03-15"})

    assert validated(UpdateLead, sent).model_dump(exclude_unset=True) == {
        "notes": None,
        "next_follow_up": date(2027, 3, 15),
    }


def test_no_update_can_touch_what_the_server_keeps() -> None:
    kept = {column.name for column in leads.c} - set(UpdateLead.model_fields)

    assert {"id", "owner_id", "team_id", "is_private", "deleted_at", "converted_to_client_id"} <= kept


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lead_score", "many", "Must be a number"),
        ("lead_score", 2**31, "Must be smaller"),
        ("phone", "1" * 21, "Must have at most 20 characters"),
        ("next_follow_up", "soon", "Must be a date like 2027-03-15"),
        ("version", "one", "Must be a number"),
    ],
)
def test_an_update_that_does_not_fit_names_its_field(name: str, value: object, message: str) -> None:
    assert details(UpdateLead, {name: value}) == [(name, message)]


def test_a_query_has_defaults_and_ignores_what_it_does_not_know() -> None:
    query = validated(ListQuery, {"status": "New", "limit": " 7"})

    assert (query.page, query.limit, query.lead_status) == ("1", 7, "")


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"lead_score": 101}, ["LEAD_SCORE_RANGE"]),
        ({"lead_score": -1, "budget_range": " "}, ["LEAD_SCORE_RANGE", "NON_EMPTY_BUDGET"]),
        ({"lead_score": 100, "budget_range": None}, []),
        ({"lead_score": "abc"}, []),
        ({"leadScore": 500}, []),
        ({}, []),
    ],
)
def test_the_business_rules_look_at_the_snake_case_keys(body: dict[str, Any], rules: list[str]) -> None:
    try:
        check_business_rules(body)
        broken = []
    except BusinessRuleError as error:
        broken = [row["rule"] for row in error.extra["violations"]]

    assert broken == rules
