"""What one Locust process is told."""

from pathlib import Path

import pytest

from loadtests.errors import RecordingError
from loadtests.settings import LoadSettings, domain_endpoints, parse_domains, parse_endpoints
from tests.loadtests.stub_backend import ENDPOINTS, SECRET


def test_endpoints_are_read_from_one_line() -> None:
    parsed = parse_endpoints("GET /v1/escrows, PUT /v1/escrows/{id},")

    assert parsed == (("GET", "/v1/escrows"), ("PUT", "/v1/escrows/{id}"))
    assert parse_endpoints("") == ()


@pytest.mark.parametrize("text", ["GET", "/v1/escrows", "GET v1/escrows", "GET /v1 /v2"])
def test_something_else_than_endpoints_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="expected METHOD /path, got"):
        parse_endpoints(text)


def test_the_escrow_endpoints_are_those_of_the_room() -> None:
    assert set(domain_endpoints("escrows")) >= set(ENDPOINTS)
    assert domain_endpoints("boats") == ()


def test_the_workload_is_without_what_the_caller_left_out(contract: Path) -> None:
    left_out = frozenset({"escrows/create_full"})
    settings = LoadSettings(contract, ("escrows",), SECRET, ENDPOINTS, left_out=left_out)

    workload = settings.workload()

    assert "escrows/create_full" not in {journey.name for journey in workload.journeys}
    assert workload.left_out["escrows/create_full"] == "left out by the caller"


def test_several_domains_make_one_workload_whose_names_say_where_they_are_from(contract: Path) -> None:
    both = LoadSettings(contract, ("escrows", "clients"), SECRET).workload()
    one = LoadSettings(contract, ("clients",), SECRET).workload()

    assert {journey.domain for journey in both.journeys} == {"escrows", "clients"}
    assert [each for each in both.journeys if each.domain == "clients"] == list(one.journeys)
    assert all(journey.name.startswith(f"{journey.domain}/") for journey in both.journeys)
    assert both.left_out.items() > one.left_out.items()


def test_what_the_recording_lacks_is_sent_by_users_that_the_seed_has(contract: Path, tmp_path: Path) -> None:
    def asked(where: Path) -> set[str]:
        journeys = LoadSettings(where, ("users",), SECRET).workload().journeys
        return {one.steps[0].endpoint for one in journeys if "unrecorded" in one.name}

    (tmp_path / "exchanges").symlink_to(contract / "exchanges")
    (tmp_path / "volatile_paths.json").symlink_to(contract / "volatile_paths.json")
    (tmp_path / "seed").mkdir()

    assert "GET /v1/api-keys" in asked(contract)
    assert asked(tmp_path) == {"GET /v1/auth/check-username/{username}"}


def test_a_domain_with_nothing_to_send_is_left_out_unless_there_is_no_other(contract: Path) -> None:
    endpoints = (("GET", "/v1/escrows"),)

    workload = LoadSettings(contract, ("clients", "escrows"), SECRET, endpoints).workload()

    assert {journey.domain for journey in workload.journeys} == {"escrows"}
    assert workload.left_out["clients"] == "nothing in the recording of 1 endpoints can be sent again"
    with pytest.raises(RecordingError, match="nothing in the recording of 1 endpoints"):
        LoadSettings(contract, ("clients",), SECRET, endpoints).workload()


def test_domains_are_read_from_one_line_and_all_are_those_with_a_recording(contract: Path) -> None:
    known = ("escrows", "boats", "clients")

    assert parse_domains("escrows, boats,escrows", contract, known) == ("escrows", "boats")
    assert parse_domains("all", contract, known) == ("escrows", "clients")
    with pytest.raises(RecordingError, match="no domain to load in"):
        LoadSettings(contract, parse_domains("", contract, known), SECRET).workload()
