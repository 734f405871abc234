"""What one Locust process is told."""

from pathlib import Path

import pytest

from loadtests.settings import LoadSettings, domain_endpoints, parse_endpoints
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
    settings = LoadSettings(contract, "escrows", SECRET, ENDPOINTS, left_out=frozenset({"create_full"}))

    workload = settings.workload()

    assert "create_full" not in {journey.name for journey in workload.journeys}
    assert workload.left_out["create_full"] == "left out by the caller"
