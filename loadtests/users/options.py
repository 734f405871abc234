"""The options of the locustfile, on the command line, in the environment and on Locust's web page."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from loadtests.generators import SILENCE_S
from loadtests.scenarios import SCENARIOS, STEADY, WorkloadKind, scenario_named
from loadtests.settings import (
    ALL_DOMAINS,
    IN_FLIGHT,
    TIMEOUT_S,
    WARM_UP_S,
    LoadSettings,
    parse_domains,
    parse_endpoints,
)

_EVERYWHERE = frozenset({"CONTRACT", "JWT_SECRET", "JWT_SECRET_FILE"})
"""Variables that other commands read as well."""
_RECORDED = "recorded"
_LEAST = {
    "pace": 0.0,
    "rate": 0.0,
    "timeout": 0.001,
    "warm_up": 0.0,
    "measured": 0.0,
    "in_flight": 1,
    "worker_silence": 1.0,
}


class Parser(Protocol):
    """Locust's parser of options."""

    def add_argument(self, *names: str, **more: Any) -> Any:
        """See argparse."""


def add_options(parser: Parser) -> None:
    """Add ours to Locust's."""

    def option(
        name: str, variable: str, default: Any, kind: Callable[[str], Any], text: str, **more: Any
    ) -> None:
        prefix = "CROSSFADE_" if variable in _EVERYWHERE else "CROSSFADE_LOADTEST_"
        parser.add_argument(name, env_var=prefix + variable, default=default, type=kind, help=text, **more)

    hidden: dict[str, Any] = {"include_in_web_ui": False}
    secret: dict[str, Any] = {"is_secret": True, "include_in_web_ui": False}
    option("--contract", "CONTRACT", "tests/contract", str, "Directory of the recording.")
    option("--domain", "DOMAIN", ALL_DOMAINS, str, "Whose endpoints are loaded, with commas, or all.")
    option("--scenario", "SCENARIO", STEADY, str, "The shape of load.", choices=[*SCENARIOS])
    kinds = ["", *map(str, WorkloadKind)]
    option("--workload", "WORKLOAD", "", str, "Who sends; empty: as the scenario says.", choices=kinds)
    option("--rate", "RATE", 0.0, float, "Requests a second of an open workload; 0: the scenario's.")
    option("--pace", "PACE", 0.0, float, "Mean seconds from a user's request to the next; 0: the scenario's.")
    option("--reads", "READS", "", str, "Share of requests that only read, like 0.8, or recorded.")
    option("--endpoints", "ENDPOINTS", "", str, "Only these endpoints, with commas.")
    option("--leave-out", "LEAVE_OUT", "", str, "Names of journeys not to send, with commas.")
    option("--jwt-secret", "JWT_SECRET", "", str, "Signs the tokens of the recorded users.", **secret)
    option(
        "--jwt-secret-file", "JWT_SECRET_FILE", "", str, "A file that holds that secret instead.", **hidden
    )
    option("--load-seed", "SEED", 1, int, "The same seed sends the same requests in the same order.")
    option("--timeout", "TIMEOUT", TIMEOUT_S, float, "Seconds after which an answer is missing.")
    option("--in-flight", "IN_FLIGHT", IN_FLIGHT, int, "Requests of an open workload in flight at most.")
    option(
        "--worker-silence", "WORKER_SILENCE", SILENCE_S, float, "Seconds after which one is lost.", **hidden
    )
    option("--results", "RESULTS", "", str, "File for one line a request.", **hidden)
    option("--warm-up", "WARM_UP", WARM_UP_S, float, "With --measured: seconds before it.", **hidden)
    option("--measured", "MEASURED", 0.0, float, "Seconds after which the process ends.", **hidden)


def settings_from(options: Namespace, classes: Mapping[str, str]) -> LoadSettings:
    """What the options say; `classes` are the domains of the user classes by their names.

    Classes that are named win over `--domain`. Raises LoadTestError, OSError and ValueError, each with one sentence.
    """
    for name, least in _LEAST.items():
        if not getattr(options, name) >= least:
            raise ValueError(
                f"--{name.replace('_', '-')}: expected {least:g} or more, got {getattr(options, name):g}"
            )
    scenario = scenario_named(options.scenario)
    contract = Path(options.contract)
    is_endless = options.run_time or not options.headless
    pace_s = options.pace or scenario.pace_s
    users = options.num_users or scenario.users
    chosen = [classes[name] for name in options.user_classes or () if name in classes]
    return LoadSettings(
        contract=contract,
        domains=tuple(sorted(chosen)) or parse_domains(options.domain, contract, [*classes.values()]),
        jwt_secret=Path(options.jwt_secret_file).read_text()
        if options.jwt_secret_file
        else options.jwt_secret,
        endpoints=parse_endpoints(options.endpoints),
        left_out=frozenset(name.strip() for name in options.leave_out.split(",") if name.strip()),
        seed=options.load_seed,
        scenario=scenario,
        kind=WorkloadKind(options.workload or scenario.workload),
        rate_rps=options.rate or scenario.rate_rps or users / pace_s,
        pace_s=pace_s,
        reads=_share(options.reads, scenario.reads),
        in_flight=options.in_flight,
        timeout_s=options.timeout,
        warm_up_s=options.warm_up,
        measured_s=options.measured or (None if is_endless else scenario.duration_s),
        results=Path(options.results) if options.results else None,
    )


def _share(text: str, by_scenario: float | None) -> float | None:
    if text in {"", _RECORDED}:
        return None if text else by_scenario
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"--reads: expected a share between 0 and 1 like 0.8 or {_RECORDED}, got {text!r}")
    return share
