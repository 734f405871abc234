"""What ends a command, and with which exit code (shared/libraries.md, "Conventions").

CliError
├── UsageError         2   what was typed or configured
├── UnavailableError   3   a backend, the database, a port or a server
└── NotAllowedError    4   a server refuses what was asked for

What the other folders raise is in the table of `failures.py`.
"""


class CliError(Exception):
    """One sentence for the user, and the exit code."""

    exit_code = 1


class UsageError(CliError):
    """What was typed or configured is not what was expected."""

    exit_code = 2


class UnavailableError(CliError):
    """A backend, the database, a port or a server is not as it must be."""

    exit_code = 3


class NotAllowedError(CliError):
    """A server refuses what was asked for, and has changed nothing."""

    exit_code = 4
