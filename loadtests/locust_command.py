"""How Locust is told one stretch of load: by its command line, which `users/options.py` reads.

Anybody may read a command line, so the secret goes by a file that only we may read.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from loadtests.settings import LoadSettings

_GRACE_S = 30.0
"""For Locust to start, and for its users to finish and clean up."""
_LOCUSTFILE = Path(__file__).with_name("locustfile.py")


@contextlib.contextmanager
def locust_command(settings: LoadSettings, url: str, users: int, results: Path) -> Iterator[list[str]]:
    """The arguments that send it to `url` and have `results` written, good for as long as the context lasts."""
    with _private(results.with_suffix(".secret"), settings.jwt_secret) as secret:
        told = {
            "locustfile": _LOCUSTFILE,
            "host": url,
            "users": users,
            "spawn-rate": users,
            "contract": settings.contract.resolve(),
            "domain": ",".join(settings.domains),
            "scenario": settings.scenario.name,
            "workload": settings.kind,
            "rate": settings.rate_rps,
            "endpoints": ", ".join(f"{method} {path}" for method, path in settings.endpoints),
            "leave-out": ",".join(sorted(settings.left_out)),
            "jwt-secret-file": secret,
            "pace": settings.pace_s,
            "reads": "recorded" if settings.reads is None else settings.reads,
            "load-seed": settings.seed,
            "timeout": settings.timeout_s,
            "warm-up": settings.warm_up_s,
            "measured": settings.measured_s or 0.0,
            "results": results,
            "exit-code-on-error": 0,
            "loglevel": "WARNING",
        }
        yield ["--headless", "--only-summary", *(f"--{name}={value}" for name, value in told.items())]


def longest_s(settings: LoadSettings) -> float:
    """How long it may take from the start of Locust to its end."""
    return _GRACE_S + settings.warm_up_s + (settings.measured_s or 0.0) + 2 * settings.timeout_s


@contextlib.contextmanager
def _private(file: Path, text: str) -> Iterator[Path]:
    """A file that only we may read, for as long as the context lasts."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
