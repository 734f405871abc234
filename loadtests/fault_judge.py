"""Whether planted faults were found: the groups of differences of each run against the group that its fault names.

Right is a mismatch in that group; every other group must be one of those in which the fault shows besides. What is in
neither is false, and so is whatever is found without a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domains.shared.faults import Fault
from loadtests.measurements import Measurement
from parity.paths import TextGlob, path_glob
from parity.samples import OTHER_PATHS

CONTROL = "without a fault"


@dataclass(frozen=True, slots=True, order=True)
class FoundGroup:
    """Mismatches by endpoint, folded path and kind."""

    endpoint: str
    path: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.path} of {self.endpoint}"


@dataclass(frozen=True, slots=True)
class FaultRun:
    """What was compared while a fault was on (None: none was), and the mismatches by group, in exchanges."""

    fault: Fault | None
    compared: int
    groups: Mapping[FoundGroup, int] = field(default_factory=dict)

    @property
    def right(self) -> int:
        """The exchanges in the group that the fault names."""
        fault = self.fault
        return 0 if fault is None else sum(n for group, n in self.groups.items() if _is_right(fault, group))

    @property
    def false(self) -> list[FoundGroup]:
        """The groups that are not of the fault."""
        fault = self.fault
        return sorted(group for group in self.groups if fault is None or not _is_own(fault, group))


def _is_right(fault: Fault, group: FoundGroup) -> bool:
    return group.kind == fault.kind and _is_at(fault, group.endpoint) and _takes(fault.path, group.path)


def _is_own(fault: Fault, group: FoundGroup) -> bool:
    if not _is_at(fault, group.endpoint):
        return False
    return any(_takes(path, group.path) for path in (fault.path, *fault.also))


def _is_at(fault: Fault, endpoint: str) -> bool:
    """Whether it shows at that endpoint, or at a write of the same resource, which is checked by reading it."""
    read = f"GET {endpoint.partition(' ')[2]}"
    return any(TextGlob.of(fault.endpoint).matches(name) for name in (endpoint, read))


def _takes(glob: str, folded: str) -> bool:
    """Whether a glob takes a folded path, whose `[*]` stands for any index and whose `.*` for any key."""
    if folded == OTHER_PATHS:
        return False
    steps = path_glob(folded.replace("[*]", "[0]")).steps
    return path_glob(glob).matches([step if isinstance(step, str | int) else "*" for step in steps])


def measurements_of(runs: Sequence[FaultRun]) -> list[Measurement]:
    """How many of the faults were found, how many of the groups are right, and each fault by itself."""
    faults = [run for run in runs if run.fault is not None]
    found = sum(run.right > 0 for run in faults)
    groups = sum(len(run.groups) for run in runs)
    false = sum(len(run.false) for run in runs)
    recall = found / len(faults) if faults else 0.0
    precision = (groups - false) / groups if groups else 0.0
    return [
        Measurement(f"faults found, of {len(faults)}", found, f">= {len(faults)}", found == len(faults) > 0),
        Measurement("recall", round(recall, 4), ">= 1", recall == 1),
        Measurement(f"precision, of {groups} groups", round(precision, 4), ">= 1", precision == 1),
        *(
            Measurement(
                f"false groups {CONTROL}, of {run.compared} compared", len(run.false), "<= 0", not run.false
            )
            for run in runs
            if run.fault is None
        ),
        *(
            Measurement(f"{run.fault.name}: exchanges in its group", run.right, ">= 1", run.right > 0)
            for run in faults
            if run.fault is not None
        ),
    ]


def render_runs(runs: Sequence[FaultRun], console: Console) -> None:
    """Each fault with the group that it has to be in, how often it was found there, and what is false."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("fault", no_wrap=True)
    table.add_column("its group")
    table.add_column("found", justify="right")
    table.add_column("false", justify="right")
    for run in runs:
        fault = run.fault
        name, group = (CONTROL, "") if fault is None else (fault.name, _group_of(fault))
        found = "" if fault is None else f"[green]{run.right}[/]" if run.right else "[red]no[/]"
        table.add_row(name, group, found, f"[red]{len(run.false)}[/]" if run.false else "0")
    console.print(table)
    for run in runs:
        name = CONTROL if run.fault is None else run.fault.name
        for beside in run.false:
            console.print(f"[red]false[/] {name}: {run.groups[beside]} x {escape(str(beside))}")


def _group_of(fault: Fault) -> str:
    return escape(f"{fault.endpoint}\n  {fault.path} {fault.kind}")
