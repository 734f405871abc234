"""What the scorecard takes from the code of this checkout: how its rooms are built, and when it was changed last."""

from collections.abc import Collection
from pathlib import Path

from cli.domain_audit import BLOCK_LINES, Audit
from loadtests.scorecard.card import Found
from loadtests.scorecard.goals import DUPLICATES, SERVICES, STRUCTURE, Goal
from loadtests.scorecard.of_code import RoomFacts, of_duplicates, of_services, of_structure

PACKAGES = ("cli", "domains", "legacy_bridge", "loadtests", "parity", "proxy")


def found_by_audit(audit: Audit) -> dict[Goal, Found]:
    """What the audit of both sides says."""
    rooms = [
        RoomFacts(
            room.name,
            (*(f"no {file}" for file in room.missing), *(() if room.mounted else ("not mounted",))),
            len(room.controllers),
            len(room.on_service),
        )
        for room in audit.rooms
    ]
    places = [f"{block.lines} lines: {block.one} ~ {block.other}" for block in audit.duplicates]
    return {
        STRUCTURE: of_structure(rooms),
        DUPLICATES: of_duplicates(places, rooms=len(rooms), least_lines=BLOCK_LINES),
        SERVICES: of_services(rooms, endpoints=sum(len(side.modern) for side in audit.domains)),
    }


def changed_at(root: Path, packages: Collection[str]) -> float:
    """When a source file of these packages was changed here last, tests aside (Unix seconds)."""
    return max(
        (
            path.stat().st_mtime
            for package in packages
            for path in (root / package).rglob("*.py")
            if "tests" not in path.relative_to(root).parts
        ),
        default=0.0,
    )
