"""What one Locust process is told: by `run.py` in a file, by a person on Locust's command line."""

from dataclasses import dataclass
from pathlib import Path

from loadtests.recording import load_recording
from loadtests.scenarios import PACE_S
from loadtests.workload import Template, Workload, build_workload

WARM_UP_S = 1.0
TIMEOUT_S = 10.0
SIDE_DOWN_EXIT_CODE = 4


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """One block of load, or without `results` and `measured_s` an open end for Locust's web page.

    `pace_s` is the mean time from one request of a user to the user's next; a user who still waits for an
    answer sends late, nothing is sent twice as fast to catch up.
    """

    contract: Path
    domain: str
    jwt_secret: str
    endpoints: tuple[Template, ...]
    left_out: frozenset[str] = frozenset()
    seed: int = 1
    pace_s: float = PACE_S
    timeout_s: float = TIMEOUT_S
    warm_up_s: float = WARM_UP_S
    measured_s: float | None = None
    results: Path | None = None

    def workload(self) -> Workload:
        """What these settings have sent; raises RecordingError."""
        whole = build_workload(load_recording(self.contract, self.domain), self.endpoints)
        return whole.without(dict.fromkeys(self.left_out, "left out by the caller"))


def domain_endpoints(domain: str) -> tuple[Template, ...]:
    """The endpoints of a domain of the reference CRM."""
    from domains.routes import ROUTES

    return tuple((route.method, route.path) for route in ROUTES if route.domain == domain)


def parse_endpoints(text: str) -> tuple[Template, ...]:
    """`GET /v1/escrows, PUT /v1/escrows/{id}` as pairs; raises ValueError for anything else."""
    pairs = [tuple(name.split()) for name in text.split(",") if name.strip()]
    for pair in pairs:
        if len(pair) != 2 or not pair[1].startswith("/"):
            raise ValueError(f"expected METHOD /path, got {' '.join(pair)!r}")
    return tuple((method, path) for method, path in pairs)
