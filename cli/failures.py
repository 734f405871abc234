"""Every error of every folder as one sentence and an exit code."""

import sqlalchemy.exc

import domains.shared.errors
import legacy_bridge.errors
import loadtests.errors
import parity.errors
import proxy.errors
from cli.errors import CliError

DIFFERENCES = 1
USAGE = 2
ENVIRONMENT = 3
REFUSED = 4

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (proxy.errors.NotAcknowledgedError, DIFFERENCES),
    (proxy.errors.StageError, REFUSED),
    (proxy.errors.RefusedError, REFUSED),
    (proxy.errors.PilotError, REFUSED),
    (proxy.errors.ConflictError, REFUSED),
    (proxy.errors.FlagStoreError, ENVIRONMENT),
    (proxy.errors.ListenError, ENVIRONMENT),
    (proxy.errors.TelemetryError, ENVIRONMENT),
    (proxy.errors.CountsError, ENVIRONMENT),
    (proxy.errors.NotSentError, ENVIRONMENT),
    (proxy.errors.ProxyError, USAGE),
    (parity.errors.RulesError, USAGE),
    (parity.errors.AcceptanceError, USAGE),
    (parity.errors.RecordingError, USAGE),
    (parity.errors.BaselineError, USAGE),
    (parity.errors.ParityError, ENVIRONMENT),
    (loadtests.errors.RecordingError, USAGE),
    (loadtests.errors.LoadTestError, ENVIRONMENT),
    (legacy_bridge.errors.SeedError, USAGE),
    (legacy_bridge.errors.LegacyError, ENVIRONMENT),
    (domains.shared.errors.MigrationError, ENVIRONMENT),
    (sqlalchemy.exc.OperationalError, ENVIRONMENT),
    (OSError, ENVIRONMENT),
)
"""The first kind that fits decides, so the special ones stand before the general."""


def explain(error: Exception) -> tuple[str, int]:
    """The sentence and the exit code; what nobody foresaw says how to see its trace."""
    if isinstance(error, CliError):
        return str(error), error.exit_code
    for kind, code in _CODES:
        if isinstance(error, kind):
            return _first_line(error), code
    return (
        f"unexpected {type(error).__name__}: {_first_line(error)} (CROSSFADE_DEBUG=1 shows where)",
        ENVIRONMENT,
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, sqlalchemy.exc.OperationalError):
        return f"the store refuses: {str(error.orig).splitlines()[0]}"
    return str(error).strip() or type(error).__name__
