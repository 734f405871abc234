"""What the options of the locustfile say, and wrong ones."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import pytest

from loadtests.errors import LoadTestError
from loadtests.scenarios import WorkloadKind, scenario_named
from loadtests.users.options import add_options, settings_from

CLASSES = {"EscrowsUser": "escrows", "ClientsUser": "clients", "BoatsUser": "boats"}


class Parser:
    """Locust's parser, as far as ours is told."""

    def __init__(self) -> None:
        self.parser = ArgumentParser()
        self.variables: dict[str, str] = {}

    def add_argument(self, *names: str, **more: Any) -> None:
        self.variables[names[0]] = more.pop("env_var")
        for of_the_page in ("include_in_web_ui", "is_secret"):
            more.pop(of_the_page, None)
        self.parser.add_argument(*names, **more)


def options(*given: str, **of_locust: Any) -> Namespace:
    parser = Parser()
    add_options(parser)
    values: dict[str, Any] = {"num_users": None, "user_classes": [], "headless": True, "run_time": None}
    return parser.parser.parse_args(given, Namespace(**values | of_locust))


def test_without_options_the_steady_scenario_loads_all_that_is_recorded(contract: Path) -> None:
    settings = settings_from(options(f"--contract={contract}"), CLASSES)

    steady = scenario_named("steady")
    assert settings.domains == ("escrows", "clients")
    assert (settings.scenario, settings.kind) == (steady, WorkloadKind.CLOSED)
    assert (settings.pace_s, settings.reads) == (steady.pace_s, steady.reads)
    assert settings.measured_s == steady.duration_s
    assert settings.rate_rps == steady.users / steady.pace_s


def test_a_scenario_says_what_options_do_not(contract: Path) -> None:
    given = options(f"--contract={contract}", "--scenario=spike")
    closed = options(
        f"--contract={contract}", "--scenario=spike", "--workload=closed", "--pace=0.5", "--reads=recorded"
    )

    assert settings_from(given, CLASSES).kind is WorkloadKind.OPEN
    assert settings_from(given, CLASSES).rate_rps == 25
    assert settings_from(closed, CLASSES).kind is WorkloadKind.CLOSED
    assert settings_from(closed, CLASSES).pace_s == 0.5
    assert settings_from(closed, CLASSES).reads is None


@pytest.mark.parametrize(
    ("given", "rate_rps"),
    [(["--rate=7"], 7.0), ([], 20 / 0.25), (["--pace=2"], 10.0)],
)
def test_an_open_workload_has_the_rate_that_the_users_would_have(
    contract: Path, given: list[str], rate_rps: float
) -> None:
    settings = settings_from(options(f"--contract={contract}", "--workload=open", *given), CLASSES)

    assert settings.rate_rps == rate_rps


def test_classes_that_are_named_win_over_domains(contract: Path) -> None:
    given = options(f"--contract={contract}", "--domain=clients", user_classes=["EscrowsUser"])

    assert settings_from(given, CLASSES).domains == ("escrows",)


@pytest.mark.parametrize(
    ("of_locust", "given", "measured_s"),
    [
        ({"headless": False}, [], None),
        ({"run_time": 30}, [], None),
        ({}, ["--measured=3"], 3.0),
        ({}, ["--scenario=smoke"], 6.0),
    ],
)
def test_only_a_page_or_a_run_time_leaves_the_end_open(
    contract: Path, of_locust: dict[str, Any], given: list[str], measured_s: float | None
) -> None:
    settings = settings_from(options(f"--contract={contract}", *given, **of_locust), CLASSES)

    assert settings.measured_s == measured_s


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--pace=-1", r"--pace: expected 0 or more, got -1"),
        ("--pace=nan", r"--pace: expected 0 or more, got nan"),
        ("--rate=-0.5", r"--rate: expected 0 or more, got -0\.5"),
        ("--timeout=0", r"--timeout: expected 0\.001 or more, got 0"),
        ("--in-flight=0", r"--in-flight: expected 1 or more, got 0"),
        ("--warm-up=-1", r"--warm-up: expected 0 or more, got -1"),
        ("--reads=80", r"--reads: expected a share between 0 and 1 like 0\.8 or recorded, got '80'"),
        ("--reads=all", r"--reads: expected a share between 0 and 1 like 0\.8 or recorded, got 'all'"),
        ("--endpoints=escrows", r"expected METHOD /path, got 'escrows'"),
    ],
)
def test_an_option_that_cannot_be_is_named_with_what_was_expected(given: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        settings_from(options(given), CLASSES)


def test_no_such_scenario_is_said_with_those_there_are() -> None:
    given = options()
    given.scenario = "stress"  # by the page; on the command line Locust's parser refuses it

    with pytest.raises(LoadTestError, match="no scenario 'stress', only smoke"):
        settings_from(given, CLASSES)


def test_a_secret_can_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hidden")

    settings = settings_from(options(f"--jwt-secret-file={file}", "--jwt-secret=shown"), CLASSES)

    assert settings.jwt_secret == "hidden"


def test_every_option_has_a_variable_and_is_in_the_docstring_of_the_locustfile() -> None:
    parser = Parser()
    add_options(parser)

    about = (Path(__file__).parents[3] / "loadtests" / "locustfile.py").read_text()
    for name, variable in parser.variables.items():
        assert name in about
        assert variable in about
