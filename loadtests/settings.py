"""What one Locust process is told: by `run.py` in a file, by a person on Locust's command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.errors import RecordingError
from loadtests.recording import load_recording
from loadtests.scenarios import PACE_S, STEADY, Scenario, WorkloadKind, scenario_named
from loadtests.seeded import Seed
from loadtests.unrecorded import in_load
from loadtests.workload import Template, Workload, build_workload

WARM_UP_S = 1.0
TIMEOUT_S = 10.0
IN_FLIGHT = 500
SIDE_DOWN_EXIT_CODE = 4
ALL_DOMAINS = "all"


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """One block of load, or without `results` and `measured_s` an open end for Locust's web page.

    `endpoints` are those of all domains; empty: what the reference CRM serves of them. `pace_s` is the mean time from
    one request of a user to the user's next; a user who still waits for an answer sends late, nothing is sent twice as
    fast to catch up. `rate_rps` are the requests a second of an open workload; arrivals beyond `in_flight` unanswered
    requests are not sent. `reads` is the share of requests in journeys that only read; None: as recorded.
    """

    contract: Path
    domains: tuple[str, ...]
    jwt_secret: str
    endpoints: tuple[Template, ...] = ()
    left_out: frozenset[str] = frozenset()
    seed: int = 1
    scenario: Scenario = scenario_named(STEADY)  # noqa: RUF009  immutable
    kind: WorkloadKind = WorkloadKind.CLOSED
    rate_rps: float = 0.0
    pace_s: float = PACE_S
    reads: float | None = None
    in_flight: int = IN_FLIGHT
    timeout_s: float = TIMEOUT_S
    warm_up_s: float = WARM_UP_S
    measured_s: float | None = None
    results: Path | None = None

    def workload(self) -> Workload:
        """What these settings have sent, journeys named after domain and exchange (`escrows/list`).

        Raises RecordingError where a domain has no recording, or none of them anything to send.
        """
        seed = Seed(self.contract)
        found: list[Workload] = []
        problems: dict[str, str] = {}
        for domain in self.domains:
            exchanges = load_recording(self.contract, domain)
            try:
                templates = self.endpoints or domain_endpoints(domain)
                more = [one for one in in_load(domain) if one.user is None or seed.has_user(one.user)]
                recorded = build_workload(exchanges, templates, more)
            except RecordingError as error:
                problems[domain] = str(error)
            else:
                found.append(seed.varied(recorded).prefixed(f"{domain}/"))
        if not found:
            raise RecordingError("; ".join(problems.values()) or f"no domain to load in {self.contract}")
        whole = Workload(
            tuple(journey for one in found for journey in one.journeys),
            problems | {name: reason for one in found for name, reason in one.left_out.items()},
        )
        return whole.without(dict.fromkeys(self.left_out, "left out by the caller"))


def domain_endpoints(domain: str) -> tuple[Template, ...]:
    """The endpoints of a domain of the reference CRM."""
    from domains.routes import ROUTES

    return tuple((route.method, route.path) for route in ROUTES if route.domain == domain)


def parse_domains(text: str, contract: Path, known: Sequence[str]) -> tuple[str, ...]:
    """`escrows,clients` as a tuple; `all` are those of the known ones that `contract` has a recording of."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if names != (ALL_DOMAINS,):
        return names
    return tuple(name for name in known if (contract / "exchanges" / f"{name}.jsonl").exists())


def parse_endpoints(text: str) -> tuple[Template, ...]:
    """`GET /v1/escrows, PUT /v1/escrows/{id}` as pairs; raises ValueError for anything else."""
    pairs = [tuple(name.split()) for name in text.split(",") if name.strip()]
    for pair in pairs:
        if len(pair) != 2 or not pair[1].startswith("/"):
            raise ValueError(f"expected METHOD /path, got {' '.join(pair)!r}")
    return tuple((method, path) for method, path in pairs)
