"""Reads of one item that go to others of the seed as well."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.errors import RecordingError
from loadtests.recording import load_recording
from loadtests.seeded import Seed
from loadtests.workload import Workload, build_workload

READS = [("GET", "/v1/escrows/{id}"), ("GET", "/v1/escrows/{id}/people"), ("GET", "/v1/escrows")]


@pytest.fixture
def recorded(contract: Path) -> Workload:
    return build_workload(load_recording(contract, "escrows"), READS)


def paths(workload: Workload, like: str) -> list[str]:
    return [one.steps[0].exchange.path for one in workload.journeys if one.like == like]


def test_a_recorded_read_goes_to_rows_that_are_owned_and_shared_alike(
    contract: Path, recorded: Workload
) -> None:
    varied = Seed(contract).varied(recorded)

    own = next(one for one in recorded.journeys if one.name == "get_after_update")
    assert own.steps[0].exchange.path == "/v1/escrows/e5c00000-0000-4000-8000-000000000008"
    # row n belongs to user [1,2,3,3,4,4,5][n % 7], and each second one of these has no broker
    assert paths(varied, "get_after_update") == [
        f"/v1/escrows/e5c00000-0000-4000-8000-0000000000{number}" for number in (22, 36)
    ]


def test_all_else_of_such_a_read_is_as_recorded(contract: Path, recorded: Workload) -> None:
    varied = Seed(contract).varied(recorded)

    for one in [one for one in varied.journeys if one.like]:
        own = next(other for other in recorded.journeys if other.name == one.like)
        step, other = own.steps[0], one.steps[0]
        assert one.name == other.exchange.name == f"{own.name}@{one.name.partition('@')[2]}"
        assert replace(other.exchange, name=step.exchange.name, path=step.exchange.path) == step.exchange
        assert other.endpoint == step.endpoint


def test_what_is_no_successful_read_of_one_item_is_sent_as_recorded_alone(
    contract: Path, recorded: Workload
) -> None:
    varied = Seed(contract).varied(recorded)

    likes = {one.like for one in varied.journeys if one.like}
    assert [one for one in varied.journeys if not one.like] == list(recorded.journeys)
    for one in recorded.journeys:
        if one.steps[0].refused or one.steps[0].endpoint == "GET /v1/escrows":
            assert one.name not in likes


def test_without_a_seed_everything_is_as_recorded(tmp_path: Path, recorded: Workload) -> None:
    assert Seed(tmp_path).varied(recorded) == recorded


@pytest.mark.parametrize("text", ["boats", "[]", "[7]", "{}"])
def test_a_seed_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "escrows.json").write_text(text)

    with pytest.raises(RecordingError, match=r"escrows\.json is not a table of the seed"):
        Seed(tmp_path)


def test_who_can_sign_in_is_known(contract: Path) -> None:
    seed = Seed(contract)

    assert [seed.has_user(name) for name in ("agent_ann", "nobody")] == [True, False]
