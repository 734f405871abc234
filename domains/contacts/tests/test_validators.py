"""The wire contract of contacts and their roles."""

from typing import Any

import pytest

from domains.contacts.validators import (
    Assignment,
    ListQuery,
    check_role_id,
    creation_of,
    role_of,
    sent_of,
    update_of,
)
from domains.shared.errors import InvalidInputError, UnusableInputError
from domains.shared.validation import validated

MINIMAL = {"first_name": "X", "last_name": "Y", "contact_type": "buyer"}


def details(values: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        update_of(values)
    return [row["field"] for row in caught.value.extra["details"]]


@pytest.mark.parametrize("missing", MINIMAL)
def test_a_creation_needs_both_names_and_a_type(missing: str) -> None:
    with pytest.raises(UnusableInputError, match="First name, last name, and contact type are required"):
        creation_of(MINIMAL | {missing: ""})


def test_a_creation_ignores_what_is_no_column() -> None:
    body: dict[str, Any] = MINIMAL | {
        "email": "",
        "notes": None,
        "tags": [],
        "user_id": "me",
        "is_archived": True,
    }

    assert creation_of(body) == MINIMAL | {"email": "", "notes": None, "tags": []}
    assert creation_of(MINIMAL | {"tags": None}) == MINIMAL | {"tags": []}


def test_an_update_changes_what_it_names_and_may_empty_it() -> None:
    sent = sent_of({"email": None, "tags": ["a", 5], "phone": 7, "user_id": "me"})

    assert update_of(sent) == {"email": None, "tags": ["a", "5"], "phone": "7"}


def test_an_update_of_nothing_is_none() -> None:
    with pytest.raises(UnusableInputError, match="No valid fields to update"):
        sent_of({"user_id": "me"})


def test_every_value_that_does_not_fit_names_its_field() -> None:
    values = {"first_name": None, "contact_type": "alien", "state": "California", "tags": "vip"}

    assert details(values) == ["first_name", "contact_type", "state", "tags"]


def test_a_new_role_has_defaults() -> None:
    assert role_of({"role_name": "chef", "display_name": "Chef", "color": None}) == {
        "role_name": "chef",
        "display_name": "Chef",
        "required_fields": [],
        "optional_fields": [],
        "hidden_fields": [],
        "is_lead_type": False,
        "color": None,
        "sort_order": 999,
    }


@pytest.mark.parametrize("body", [{}, {"role_name": "chef"}, {"role_name": "", "display_name": "Chef"}])
def test_a_new_role_needs_both_names(body: dict[str, Any]) -> None:
    with pytest.raises(UnusableInputError, match="role_name and display_name are required"):
        role_of(body)


@pytest.mark.parametrize("role_id", [None, "", 0])
def test_an_assignment_names_a_role(role_id: object) -> None:
    with pytest.raises(UnusableInputError, match="role_id is required"):
        check_role_id({"role_id": role_id})


@pytest.mark.parametrize(
    ("name", "value"), [("role_id", "bogus"), ("role_metadata", [1]), ("is_primary", "x")]
)
def test_an_assignment_that_does_not_fit_names_its_field(name: str, value: object) -> None:
    body = {"role_id": "401e0000-0000-4000-8000-000000000003", name: value}

    with pytest.raises(InvalidInputError) as caught:
        validated(Assignment, body)

    assert [row["field"] for row in caught.value.extra["details"]] == [name]


def test_a_query_has_defaults() -> None:
    asked = validated(ListQuery, {"type": "lender", "page": "5"})

    assert (asked.limit, asked.offset, asked.archived, asked.contact_type) == (50, 0, "false", "lender")
