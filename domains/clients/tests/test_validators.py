"""The wire contract of clients."""

from typing import Any

import pytest
from pydantic import BaseModel

from domains.clients.validators import (
    CreateClient,
    ListQuery,
    Note,
    Tags,
    UpdateClient,
    Versioned,
    shown_of,
)
from domains.shared.errors import InvalidInputError
from domains.shared.validation import validated


def details(model: type[BaseModel], values: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        validated(model, values)
    return [(row["field"], row["message"]) for row in caught.value.extra["details"]]


def test_a_creation_names_all_its_faults_in_the_recorded_order() -> None:
    body = {"lastName": "", "email": "nope", "phone": 5551234, "clientType": "Alien", "tags": "a"}

    assert details(CreateClient, body)[:5] == [
        ("firstName", "First name is required"),
        ("lastName", "Last name is required"),
        ("email", "Valid email is required"),
        ("phone", "Invalid phone number"),
        ("clientType", "Invalid value"),
    ]


@pytest.mark.parametrize("kind", ["Both", "Investor", "referral"])
def test_a_type_that_no_contact_has_cannot_be_created(kind: str) -> None:
    body = {"firstName": "Ivo", "lastName": "Example", "clientType": kind}

    assert details(CreateClient, body) == [("clientType", "Invalid value")]


@pytest.mark.parametrize("kind", ["Both", "Investor", "referral", "Buyer"])
def test_it_can_be_given_to_a_client_later(kind: str) -> None:
    assert validated(UpdateClient, {"clientType": kind}).model_dump(exclude_unset=True) == {
        "client_type": kind
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("firstName", "", "Invalid value"),
        ("lastName", None, "Invalid value"),
        ("lastName", "x" * 101, "Must have at most 100 characters"),
        ("email", "ivo@example", "Invalid value"),
        ("phone", None, "Invalid value"),
        ("phone", "5" * 21, "Must have at most 20 characters"),
        ("clientType", "BUYER", "Invalid value"),
        ("status", "zombie", "Invalid value"),
    ],
)
def test_what_is_checked_of_an_update(name: str, value: object, message: str) -> None:
    assert details(UpdateClient, {name: value}) == [(name, message)]


def test_an_update_ignores_what_it_does_not_change() -> None:
    update = validated(
        UpdateClient, {"notes": "x", "tags": 5, "owner_id": "me", "first_name": "x", "version": "x"}
    )

    assert update.model_dump(exclude_unset=True) == {}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (Versioned, {"version": "x"}),
        (Note, {"content": "\0"}),
        (Tags, {"tags": [[]]}),
        (Tags, {"tags": ["\0"]}),
    ],
)
def test_what_a_column_cannot_hold_is_refused(model: type[BaseModel], body: dict[str, Any]) -> None:
    assert len(details(model, body)) == 1


def test_a_query_asks_for_active_clients_unless_it_says_otherwise() -> None:
    assert validated(ListQuery, {}).status == "active"
    assert validated(ListQuery, {"status": ""}).status == ""


def test_an_answer_repeats_what_was_sent() -> None:
    assert shown_of({"firstName": 5, "email": None, "clientType": "x"}) == {"first_name": 5, "email": None}
