"""What is told of the code itself: its test coverage, and how the rooms are built."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from loadtests.scorecard.card import Found, some
from loadtests.scorecard.goals import COVERAGE
from parity.load_results import MET, MISSED
from parity.report_words import count

AUDIT = "domain audit"


class RoomFacts(NamedTuple):
    """A room: what keeps it from being like the others (empty: nothing), its controllers, those on a service."""

    name: str
    faults: tuple[str, ...]
    controllers: int
    on_service: int


def of_coverage(totals: Mapping[str, Any], by: str, at: float) -> Found:
    """By the `totals` of what `coverage json` wrote. Raises LookupError or TypeError where it is not so."""
    share = float(totals["percent_covered"])
    lines, statements = int(totals["covered_lines"]), int(totals["num_statements"])
    branches = int(totals.get("num_branches", 0))
    of_branches = f", {int(totals['covered_branches']):,} of {branches:,} branches" if branches else ""
    return Found(
        MET if share > COVERAGE.limit else MISSED,
        f"{share:.1f} %",
        f"{lines:,} of {statements:,} statements{of_branches}",
        {"percent": share, "covered": lines, "statements": statements},
        by,
        at,
    )


def of_structure(rooms: Sequence[RoomFacts]) -> Found:
    """Whether every room has the files of a room, and is mounted."""
    faults = [f"{room.name}: {some(room.faults)}" for room in rooms if room.faults]
    whole = len(rooms) - len(faults)
    return Found(
        MISSED if faults else MET,
        f"{whole} of {len(rooms)} rooms",
        "mounted, with every file of a room",
        {"whole": whole, "rooms": len(rooms)},
        AUDIT,
        None,
        tuple(faults),
    )


def of_duplicates(places: Sequence[str], *, rooms: int, least_lines: int) -> Found:
    """Whether blocks of equal lines stand in two rooms."""
    return Found(
        MISSED if places else MET,
        count(len(places), "block"),
        f"of {least_lines} equal lines or more, between {count(rooms, 'room')}",
        {"blocks": len(places), "rooms": rooms},
        AUDIT,
        None,
        (some(places),) if places else (),
    )


def of_services(rooms: Sequence[RoomFacts], *, endpoints: int) -> Found:
    """Whether every controller stands on a service and sends no SQL itself."""
    controllers, on_service = sum(room.controllers for room in rooms), sum(room.on_service for room in rooms)
    if not controllers:
        return Found()
    without = [room.name for room in rooms if room.on_service < room.controllers]
    return Found(
        MISSED if without else MET,
        f"{100 * on_service / controllers:.0f} %",
        f"{on_service} of {count(controllers, 'controller')}, which serve {count(endpoints, 'endpoint')}",
        {"on_service": on_service, "controllers": controllers, "endpoints": endpoints},
        AUDIT,
        None,
        (f"not in {some(without)}",) if without else (),
    )
