"""A room from templates: its names, its files, and the import contracts that know of it."""

import keyword
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cli.errors import UsageError

_TEMPLATES = Path(__file__).parent / "templates"
_FOLDERS = {"room": ".", "room_tests": "tests"}
"""Folder of templates → where it goes in a room. None is called `tests`: the wheel leaves such folders out."""
_NAME = re.compile(r"[a-z]+([-_]?[a-z0-9]+)*")
_LONGEST = 24
_TAKEN = {"house", "rooms", "routes", "server", "shared", "tests"}
_LAYERS = re.compile(r'^(layers = \["server", "routes", "rooms", ")([^"]*)(", "shared"\])$', re.MULTILINE)
_CONTAINERS = re.compile(r'^(containers = \["domains\.[^\]]*)(\])$', re.MULTILINE)
_RULES = re.compile(r'^(source_modules = \["domains\.[^\]]*)(\])$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Naming:
    """How a room is called: `site_visits` in code, `site-visits` in paths, `site visits` in sentences."""

    room: str
    one: str

    @property
    def path(self) -> str:
        """As it stands in paths."""
        return self.room.replace("_", "-")

    @property
    def mount(self) -> str:
        """The line that mounts it."""
        return f'"{self.room}",'

    @property
    def words(self) -> dict[str, str]:
        """What the templates ask for."""
        many, one = self.room.replace("_", " "), self.one.replace("_", " ")
        return {
            "room": self.room,
            "path": self.path,
            "many": many,
            "Many": many.capitalize(),
            "one": one,
            "One": one.capitalize(),
            "room_one": self.one,
            "Class": "".join(word.capitalize() for word in self.one.split("_")),
        }


def naming(name: str, singular: str | None = None) -> Naming:
    """The names made from one; raises UsageError for what cannot be a room."""
    for text in (name, singular):
        if text is not None and (_NAME.fullmatch(text) is None or len(text) > _LONGEST):
            raise UsageError(
                f"{text!r} cannot name a room; expected lower-case words joined by - or _, "
                f"{_LONGEST} characters at most, such as reviews or site-visits"
            )
    room = name.replace("-", "_")
    one = (singular or _singular(room)).replace("-", "_")
    if room in _TAKEN or keyword.iskeyword(room) or keyword.issoftkeyword(room):
        raise UsageError(f"{name!r} cannot name a room: the word is taken")
    if one == room:
        raise UsageError(f"{name!r} has no plural s; say with --singular what one of them is called")
    return Naming(room, one)


def generate(words: Naming, root: Path) -> list[Path]:
    """Write the room below `root` and make it known to the import contracts; the files, relative to it."""
    room, project = root / "domains" / words.room, root / "pyproject.toml"
    if not project.is_file() or not (root / "domains" / "shared").is_dir():
        raise UsageError(
            f"{root} is not a checkout of Crossfade: it has no pyproject.toml with domains/shared"
        )
    if room.exists():
        raise UsageError(f"domains/{words.room} is there already")
    if owner := _owner_of_table(root, words.room):
        raise UsageError(f"a table {words.room!r} is declared already, in {owner}")
    contracts = _known(project.read_text(), words.room)
    with tempfile.TemporaryDirectory(dir=room.parent, prefix=".new-") as directory:
        made = Path(directory) / words.room
        for template in sorted(_TEMPLATES.glob("*/*.txt")):
            target = made / _FOLDERS[template.parent.name] / template.stem
            target.parent.mkdir(parents=True, exist_ok=True)
            text = Template(template.read_text()).substitute(words.words)
            target.write_text(_sorted_imports(text) if target.suffix == ".py" else text)
        shutil.move(made, room)
    project.write_text(contracts)
    return [path.relative_to(root) for path in sorted(room.rglob("*")) if path.is_file()] + [
        project.relative_to(root)
    ]


def _singular(room: str) -> str:
    if room.endswith("ies"):
        return f"{room[:-3]}y"
    return (
        room.removesuffix("es") if room.endswith(("sses", "shes", "ches", "xes")) else room.removesuffix("s")
    )


def _owner_of_table(root: Path, name: str) -> str | None:
    """The module below `domains` that declares a table of that name."""
    declared = re.compile(rf'\bTable\(\s*"{name}"')
    paths = sorted((root / "domains").rglob("*.py"))
    return next((str(path.relative_to(root)) for path in paths if declared.search(path.read_text())), None)


def _known(project: str, room: str) -> str:
    """The project file with the room in its import contracts; raises UsageError where they are others."""

    def layered(found: re.Match[str]) -> str:
        rooms = " | ".join(sorted([*found[2].split(" | "), room]))
        return f"{found[1]}{rooms}{found[3]}"

    rules = "".join(f', "domains.{room}.{name}"' for name in ("services", "models", "validators"))
    for pattern, put in (
        (_LAYERS, layered),
        (_CONTAINERS, rf'\1, "domains.{room}"\2'),
        (_RULES, rf"\1{rules}\2"),
    ):
        project, times = pattern.subn(put, project)
        if times != 1:
            raise UsageError(f"pyproject.toml has {times} lines like {pattern.pattern}; expected one")
    return project


def _sorted_imports(text: str) -> str:
    """The imports of `domains…` in order, which depends on the room's name."""
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if line.startswith("from domains.")]
    if not places:
        return text
    ordered = sorted((lines[number] for number in places), key=lambda line: line.split(" ")[1].split("."))
    for number, line in zip(places, ordered, strict=True):
        lines[number] = line
    return "\n".join(lines)
