"""What ends a command, and with which exit code (shared/libraries.md, "Conventions").

CliError
├── UsageProblem        2   what was typed or configured
├── EnvironmentProblem  3   a backend, the database or a port
└── Refused             4   the state machine, later a verdict or a guard
"""


class CliError(Exception):
    """One sentence for the user, and the exit code."""

    exit_code = 1


class UsageProblem(CliError):
    """What was typed or configured is not what was expected."""

    exit_code = 2


class EnvironmentProblem(CliError):
    """A backend, the database or a port is not as it must be."""

    exit_code = 3


class Refused(CliError):
    """The state machine does not allow it."""

    exit_code = 4
