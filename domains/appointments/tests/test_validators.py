"""The wire contract of appointments."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.appointments.validators import (
    CreateChecks,
    UpdateAppointment,
    check_business_rules,
    creation_of,
    updates_of,
)
from domains.shared.errors import ApiError, BusinessRuleError, InvalidInputError, UnusableInputError
from domains.shared.validation import validated

NEW = {"title": "T", "appointmentDate": "2027-02-04", "startTime": "09:00"}
TODAY = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_new_appointment_is_a_scheduled_showing_unless_it_says_otherwise() -> None:
    values = creation_of(NEW | {"endTime": "", "unheard": "of"})

    assert values == {
        "title": "T",
        "appointment_date": date(2027, 2, 4),
        "start_time": "09:00",
        "end_time": None,
        "location": None,
        "appointment_type": "Property Showing",
        "description": None,
        "status": "Scheduled",
        "client_id": None,
        "listing_id": None,
    }


@pytest.mark.parametrize("missing", ["title", "appointmentDate", "startTime"])
def test_without_a_title_a_day_or_a_time_there_is_no_appointment(missing: str) -> None:
    with pytest.raises(UnusableInputError) as caught:
        creation_of(NEW | {missing: ""})

    assert caught.value.code == "MISSING_FIELDS"


@pytest.mark.parametrize(
    "time",
    ["09:00", "9:05", "09:00:59.25", "24:00", "1430", "143015", "2:30 PM", "12:00am", "2027-01-02T10:00Z"],
)
def test_a_time_is_whatever_postgresql_reads_as_one(time: str) -> None:
    assert creation_of(NEW | {"startTime": time})["start_time"] == time


@pytest.mark.parametrize(
    "time", ["25:99", "24:01", "12:60", "13:00 pm", "noon", "9", "09:00; DROP TABLE x", [1]]
)
def test_another_text_is_no_time(time: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        creation_of(NEW | {"startTime": time})

    assert [fault.field for fault in caught.value.faults] == ["startTime"]


def test_what_is_checked_is_told_with_its_field_all_at_once() -> None:
    body = {"title": "", "appointmentType": "Party", "startDate": "x", "endDate": "y", "duration": 5}

    with pytest.raises(InvalidInputError) as caught:
        validated(CreateChecks, body)

    assert [(fault.field, fault.message) for fault in caught.value.faults] == [
        ("title", "Title is required"),
        ("appointmentType", "Invalid value"),
        ("startDate", "Invalid start date"),
        ("endDate", "Invalid end date"),
        ("duration", "Invalid value"),
    ]


def test_an_update_looks_at_the_snake_case_keys_alone() -> None:
    assert updates_of({"appointmentDate": "2027-01-01", "owner_id": "x", "title": "T"}) == {"title": "T"}


def test_every_broken_rule_is_told() -> None:
    body = {"start_time": "10:00", "end_time": "09:00", "appointment_date": "2020-01-01"}

    with pytest.raises(BusinessRuleError) as caught:
        check_business_rules(body, today=TODAY)
    with pytest.raises(BusinessRuleError) as of_update:
        check_business_rules(body, today=None)

    rules = [row["rule"] for row in caught.value.extra["violations"]]
    assert rules == ["END_AFTER_START", "NO_PAST_APPOINTMENTS"]
    assert [row["rule"] for row in of_update.value.extra["violations"]] == ["END_AFTER_START"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*NEW, "endTime", "clientId", "status", "duration"]), ANYTHING))
def test_whatever_is_sent_is_taken_or_refused(body: dict[str, Any]) -> None:
    for take in (
        creation_of,
        lambda sent: validated(CreateChecks, sent),
        lambda sent: validated(UpdateAppointment, updates_of(sent)),
        lambda sent: check_business_rules(sent, today=TODAY),
    ):
        with suppress(ApiError):
            take(body)
