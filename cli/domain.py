"""`crossfade domain`: make a room, and see how the rooms stand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from cli.context import ROOT
from cli.output import Progress, console, json_option, message, print_json

if TYPE_CHECKING:
    from cli.domain_audit import Audit


@click.group()
def domain() -> None:
    """The rooms of the modern backend, and what of legacy they stand for."""


@domain.command()
@click.argument("name")
@click.option("--singular", help="What one of them is called; default: the name without its plural s.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=ROOT,
    help="The checkout; default: the one that this command runs from.",
)
@json_option
def new(name: str, singular: str | None, root: Path, as_json: bool) -> None:
    """Generate a room with its tests: owned, archived, versioned rows; it passes `make test` as it is.

    NAME is a plural as it stands in the path, such as reviews or site-visits. All or nothing.
    """
    from cli.domain_new import generate, naming

    words = naming(name, singular)
    made = generate(words, root)
    if as_json:
        values = {"room": words.room, "path": words.path, "files": [str(path) for path in made]}
        print_json("crossfade.domain-new/1", {**values, "mount": words.mount})
        return
    for path in made:
        click.echo(path)
    message(f"mount it by adding one line to ROOMS in domains/rooms.py:\n    {words.mount}")
    message("its table wants a migration; until there is one the room's tests make it for themselves")


@domain.command()
@json_option
def audit(as_json: bool) -> None:
    """Print the structure of both sides, read from the code itself.

    Legacy modules and handlers, endpoints per side, rooms and their files, services, duplicates, coverage.
    """
    from cli.domain_audit import audited

    with Progress() as progress:
        progress("reading the code ...")
        found = audited(ROOT)
    if as_json:
        print_json("crossfade.domain-audit/1", found.to_json())
        return
    _print(found)


def _print(found: "Audit") -> None:
    out = console()
    sides = Table("domain", "legacy modules", "legacy", "modern", "only legacy", "only modern", box=None)
    for side in found.domains:
        counts = (len(side.legacy), len(side.modern), len(side.only_legacy), len(side.only_modern))
        sides.add_row(side.name, ", ".join(side.legacy_modules) or "-", *(str(count) for count in counts))
    out.print(sides)
    for side in found.domains:
        for label, names in (("legacy", side.only_legacy), ("modern", side.only_modern)):
            for name in names:
                out.print(f"only {label}: {name}", markup=False)
    rooms = Table("room", "mounted", "modules", "lines", "tests", "on a service", "coverage", box=None)
    for room in found.rooms:
        covered = "-" if room.coverage is None else f"{room.coverage:.1f} %"
        on_service = f"{len(room.on_service)} of {len(room.controllers)}"
        mounted = "yes" if room.mounted else "no"
        size = (str(len(room.modules)), str(room.lines), str(len(room.tests)))
        rooms.add_row(room.name, mounted, *size, on_service, covered)
    out.print()
    out.print(rooms)
    for room in found.rooms:
        for file in room.missing:
            out.print(f"{room.name} has no {file}", markup=False)
    out.print()
    out.print(f"blocks that stand in two rooms: {len(found.duplicates)}", markup=False)
    for block in found.duplicates:
        out.print(f"  {block.lines} lines: {block.one} ~ {block.other}", markup=False)
    out.print(f"controllers on a service: {found.service_coverage:.0f} %", markup=False)
