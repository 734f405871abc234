"""What Locust is told of a stretch of load, and that its options say the same again."""

from dataclasses import replace
from pathlib import Path

from loadtests.locust_command import locust_command, longest_s
from loadtests.scenarios import WorkloadKind, scenario_named
from loadtests.settings import LoadSettings
from loadtests.users.options import settings_from
from tests.loadtests.stub_backend import ENDPOINTS, SECRET
from tests.loadtests.users.test_options import options

_OF_LOCUST = {
    "headless",
    "only-summary",
    "locustfile",
    "host",
    "users",
    "spawn-rate",
    "exit-code-on-error",
    "loglevel",
}


def settings_of(contract: Path, results: Path) -> LoadSettings:
    return LoadSettings(
        contract=contract,
        domains=("clients", "escrows"),
        jwt_secret=SECRET,
        endpoints=ENDPOINTS,
        left_out=frozenset({"escrows/list", "escrows/archive"}),
        seed=7,
        scenario=scenario_named("spike"),
        kind=WorkloadKind.OPEN,
        rate_rps=12.5,
        pace_s=0.02,
        timeout_s=2.0,
        warm_up_s=0.1,
        measured_s=1.5,
        results=results,
    )


def ours(command: list[str]) -> list[str]:
    return [one for one in command if one[2:].partition("=")[0] not in _OF_LOCUST]


def test_its_options_say_again_what_it_was_told(contract: Path, tmp_path: Path) -> None:
    settings = settings_of(contract.resolve(), tmp_path / "block.jsonl")

    with locust_command(settings, "http://127.0.0.1:1", 3, tmp_path / "block.jsonl") as command:
        again = settings_from(options(*ours(command), num_users=3), {})

    assert again == settings
    assert {"--host=http://127.0.0.1:1", "--users=3", "--spawn-rate=3", "--headless"} <= {*command}


def test_the_secret_is_in_a_file_that_nobody_else_can_read_and_that_is_gone_afterwards(
    contract: Path, tmp_path: Path
) -> None:
    settings = settings_of(contract, tmp_path / "block.jsonl")

    with locust_command(settings, "http://127.0.0.1:1", 3, tmp_path / "block.jsonl") as command:
        (file,) = tmp_path.iterdir()
        mode, text = file.stat().st_mode & 0o777, file.read_text()

    assert (mode, text) == (0o600, SECRET)
    assert f"--jwt-secret-file={file}" in command
    assert SECRET not in str(command)
    assert [*tmp_path.iterdir()] == []


def test_it_has_the_time_of_its_load_and_of_two_answers_that_never_come(
    contract: Path, tmp_path: Path
) -> None:
    settings = settings_of(contract, tmp_path / "block.jsonl")

    assert longest_s(replace(settings, timeout_s=12.0)) - longest_s(settings) == 20.0
    assert longest_s(replace(settings, measured_s=11.5)) - longest_s(settings) == 10.0
