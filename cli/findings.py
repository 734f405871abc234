"""What `crossfade check` and `crossfade doctor` find: each line ok, a warning or failed, with what to do about it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from rich.table import Table
from rich.text import Text

from cli.failures import DIFFERENCES, ENVIRONMENT
from cli.output import console

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


class Health(StrEnum):
    """How something that was looked at is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do where it is not ok.

    `is_environment` says whose it is: a backend, the store, a port or a directory, or else Crossfade's own.
    """

    what: str
    health: Health
    says: str
    remedy: str = ""
    is_environment: bool = True


def ok(what: str, says: str) -> Finding:
    """Nothing is to be done."""
    return Finding(what, Health.OK, says)


def warning(what: str, says: str, remedy: str = "") -> Finding:
    """It goes on, but somebody should know."""
    return Finding(what, Health.WARNING, says, remedy)


def failed(what: str, says: str, remedy: str, *, is_environment: bool = True) -> Finding:
    """It does not work before that is done."""
    return Finding(what, Health.FAILED, says, remedy, is_environment)


def exit_code_of(findings: Sequence[Finding]) -> int:
    """0 when nothing failed, 3 when something of the environment did, else 1."""
    bad = [one for one in findings if one.health is Health.FAILED]
    if not bad:
        return 0
    return ENVIRONMENT if any(one.is_environment for one in bad) else DIFFERENCES


def print_findings(findings: Sequence[Finding]) -> None:
    """A line each with its remedy below, and one that counts them."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        said = Text(one.says)
        if one.remedy:
            said.append(f"\n→ {one.remedy}", style="italic")
        table.add_row(Text(one.health.value, style=_STYLES[one.health]), Text(one.what), said)
    out = console()
    out.print(table)
    counts = {health: sum(one.health is health for one in findings) for health in Health}
    out.print("\n" + ", ".join(f"{n} {health}" for health, n in counts.items() if n))


def findings_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """The same for programs."""
    return [asdict(one) for one in findings]
