"""What the bodies about users must hold."""

from typing import Any

import pytest

from domains.shared.errors import ApiError, InvalidInputError
from domains.users.validators import (
    account_changes,
    credentials_of,
    new_key_of,
    permissions_of,
    profile_changes,
    profile_settings_changes,
    registration_of,
    settings_changes,
)

NEW = {"email": "A@example.test", "password": "x", "firstName": "A", "lastName": "B", "username": "ab"}


@pytest.mark.parametrize("body", [{}, {"email": "a"}, {"email": 5, "password": "x"}, {"password": "x"}])
def test_signing_in_needs_a_name_and_a_password(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        credentials_of(body)

    assert refused.value.code == "MISSING_CREDENTIALS"


def test_a_role_in_a_registration_is_ignored() -> None:
    assert "role" not in registration_of(NEW | {"role": "system_admin"}).model_dump()


def test_every_name_that_is_too_long_is_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        registration_of(NEW | {"username": "x" * 101, "firstName": "x" * 101})

    assert {fault.field for fault in refused.value.faults} == {"username", "firstName"}


def test_an_account_changes_in_its_own_fields_alone() -> None:
    body = {"firstName": "A", "homeZip": None, "homeLat": None, "role": "broker", "password_hash": "x"}

    assert account_changes(body) == {"first_name": "A", "home_lat": None}


def test_a_part_of_a_profile_that_is_no_object_changes_nothing() -> None:
    assert profile_changes({"profile": "bio"}) == {}
    assert profile_settings_changes({"settings": ["theme"]}) == {}


def test_profiles_are_spelled_as_columns_and_settings_in_camel_case() -> None:
    assert profile_changes({"profile": {"show_email": False, "user_id": "x"}}) == {"show_email": False}
    assert profile_settings_changes({"settings": {"date_format": "ISO"}}) == {"date_format": "ISO"}
    assert settings_changes({"dateFormat": "ISO", "date_format": "x", "theme": None}) == {
        "date_format": "ISO",
        "theme": None,
    }


def test_a_fault_has_the_name_that_the_client_used() -> None:
    with pytest.raises(InvalidInputError) as refused:
        settings_changes({"dateFormat": "x" * 21})

    assert [fault.field for fault in refused.value.faults] == ["dateFormat"]


def test_permissions_that_are_not_given_hold_as_ever() -> None:
    given = {"can_delete": True, "can_edit_team_data": None, "can_view_financials": None}

    assert permissions_of({"permissions": given}) == {
        "can_delete": True,
        "can_edit_team_data": False,
        "can_view_financials": None,
        "can_manage_team": False,
        "is_team_admin": False,
        "is_broker_admin": False,
    }


@pytest.mark.parametrize("body", [{}, {"permissions": None}, {"permissions": {"can_delete": "maybe"}}])
def test_permissions_must_be_there_and_be_yes_or_no(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        permissions_of(body)


def test_a_key_needs_a_name_and_lives_for_a_number_of_days_or_for_ever() -> None:
    assert new_key_of({"name": "x", "expiresInDays": "30"}).expires_in_days == 30
    assert new_key_of({"name": "x", "expiresInDays": 0}).expires_in_days is None
    with pytest.raises(ApiError, match="API key name is required"):
        new_key_of({"name": ""})
