"""What of a recording can be sent again and again."""

from pathlib import Path

import pytest

from loadtests.errors import RecordingError
from loadtests.recording import load_recording
from loadtests.workload import Workload, build_workload
from tests.loadtests.stub_backend import ENDPOINTS
from tests.loadtests.test_recording import recorded


@pytest.fixture
def escrows(contract: Path) -> Workload:
    return build_workload(load_recording(contract, "escrows"), ENDPOINTS)


def names(workload: Workload) -> set[str]:
    return {journey.name for journey in workload.journeys}


def test_all_seven_escrow_endpoints_are_in_the_load(escrows: Workload) -> None:
    sent = {step.endpoint for journey in escrows.journeys for step in journey.steps}

    assert sent == {f"{method} {path}" for method, path in ENDPOINTS}


def test_what_was_recorded_as_5xx_is_left_out_with_its_status(escrows: Workload) -> None:
    assert escrows.left_out["create_address_too_long"] == "recorded as 500"
    assert all(step.exchange.status < 500 for journey in escrows.journeys for step in journey.steps)


def test_refusals_are_in_the_load_and_marked(escrows: Workload) -> None:
    refused = {s.name for s in escrows.journeys if s.steps[0].refused}

    assert {
        "list_no_auth",
        "get_unknown_uuid",
        "create_missing_address",
        "update_agent_other_forbidden",
    } <= refused
    assert not refused & {"list_admin_page2", "create_full", "update_price"}


@pytest.mark.parametrize("name", ["archive", "restore", "delete_archived", "archive_display_id"])
def test_a_write_that_succeeds_once_is_left_out(escrows: Workload, name: str) -> None:
    assert escrows.left_out[name] == "succeeds only once"


@pytest.mark.parametrize("name", ["archive_again", "restore_again", "get_after_delete"])
def test_what_follows_such_a_write_on_the_same_resource_is_left_out(escrows: Workload, name: str) -> None:
    assert escrows.left_out[name] == "follows a write that succeeds only once"


def test_a_creation_is_a_life_cycle_that_leaves_nothing_behind(escrows: Workload) -> None:
    cycle = next(journey for journey in escrows.journeys if journey.name == "create_full")

    item = "/v1/escrows/{{create_full.data.id}}"
    assert [(step.exchange.method, step.exchange.path, step.exchange.status) for step in cycle.steps] == [
        ("POST", "/v1/escrows", 201),
        ("PUT", f"{item}/archive", 200),
        ("PUT", f"{item}/restore", 200),
        ("PUT", f"{item}/archive", 200),
        ("DELETE", item, 200),
    ]


def test_what_was_recorded_on_a_creation_happens_before_its_clean_up(escrows: Workload) -> None:
    cycle = next(journey for journey in escrows.journeys if journey.name == "create_minimal_agent")

    assert [step.exchange.name for step in cycle.steps[:3]] == [
        "create_minimal_agent",
        "get_created_by_creator_agent",
        "update_created_by_creator_agent",
    ]
    assert cycle.steps[-1].endpoint == "DELETE /v1/escrows/{id}"


def test_without_a_recorded_deletion_a_creation_stands_alone() -> None:
    create = recorded(name="create", method="POST", path="/v1/boats", body={"a": 1}, status=201)

    workload = build_workload([create], [("POST", "/v1/boats"), ("DELETE", "/v1/boats/{id}")])

    assert [len(journey.steps) for journey in workload.journeys] == [1]


def test_what_needs_an_answer_of_no_creation_is_left_out() -> None:
    get = recorded(name="get", path="/v1/boats/{{login.data.id}}")
    listed = recorded(name="list", path="/v1/boats")

    workload = build_workload([get, listed], [("GET", "/v1/boats"), ("GET", "/v1/boats/{id}")])

    assert names(workload) == {"list"}
    assert workload.left_out == {"get": "needs the answer of login"}


def test_journeys_can_be_taken_out_with_a_reason(escrows: Workload) -> None:
    fewer = escrows.without({"create_full": "modern answers 400"})

    assert names(fewer) == names(escrows) - {"create_full"}
    assert fewer.left_out == escrows.left_out | {"create_full": "modern answers 400"}


def test_a_recording_with_nothing_to_repeat_is_an_error() -> None:
    with pytest.raises(RecordingError, match="nothing in the recording of 1 endpoints can be sent again"):
        build_workload([recorded(status=500)], [("GET", "/v1/escrows/{id}")])
