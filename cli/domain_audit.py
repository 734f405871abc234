"""How both sides are built, read from the code itself: nothing here is written down anywhere else."""

import ast
import inspect
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domains.rooms import ROOMS
from domains.routes import ROUTES
from domains.shared.routes import Route
from legacy_bridge.endpoints import DOMAINS

FILES = ("__init__.py", "models.py", "validators.py", "services.py", "controllers.py", "routes.py")
"""What every room has; the other files of a room stand where there is something to say."""
BLOCK_LINES = 6
"""How many equal lines in two rooms are a block."""
_SKIPPED = re.compile(r"\W*|#.*")
_TYPES_ONLY = {"RowMapping"}
"""What a controller may take from SQLAlchemy, as it sends no SQL."""
_Line = tuple[Path, int, str]


@dataclass(frozen=True, slots=True)
class Side:
    """The endpoints of one domain on both sides."""

    name: str
    legacy_modules: list[str]
    legacy: list[str]
    modern: list[str]
    handlers: dict[str, str]
    """Legacy's handler of each of its endpoints, as `module.function`."""

    @property
    def only_legacy(self) -> list[str]:
        """What modern does not serve."""
        return sorted(set(self.legacy) - set(self.modern))

    @property
    def only_modern(self) -> list[str]:
        """What legacy does not serve."""
        return sorted(set(self.modern) - set(self.legacy))


@dataclass(frozen=True, slots=True)
class Room:
    """One folder below `domains`."""

    name: str
    mounted: bool
    modules: list[str]
    missing: list[str]
    tests: list[str]
    lines: int
    controllers: list[str]
    on_service: list[str]
    coverage: float | None
    """Per cent of its statements; None without a coverage file."""


@dataclass(frozen=True, slots=True)
class Block:
    """Equal lines in two rooms; places are `path:first line`."""

    one: str
    other: str
    lines: int


@dataclass(frozen=True, slots=True)
class Audit:
    """All of it."""

    domains: list[Side]
    rooms: list[Room]
    duplicates: list[Block]

    @property
    def service_coverage(self) -> float:
        """Per cent of all controllers that stand on a service and send no SQL themselves."""
        count = sum(len(room.controllers) for room in self.rooms)
        return 100 * sum(len(room.on_service) for room in self.rooms) / count if count else 100.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        sides = [
            {**asdict(one), "only_legacy": one.only_legacy, "only_modern": one.only_modern}
            for one in self.domains
        ]
        return {
            "domains": sides,
            "rooms": [asdict(room) for room in self.rooms],
            "duplicates": [asdict(block) for block in self.duplicates],
            "service_coverage": self.service_coverage,
        }


def audited(root: Path) -> Audit:
    """Everything about the checkout at `root`; what is mounted is that of this process."""
    folders = sorted(
        path.parent for path in (root / "domains").glob("*/__init__.py") if path.parent.name != "shared"
    )
    coverage = _coverage(root)
    rooms = [_room(folder, coverage) for folder in folders]
    return Audit(_sides(ROUTES), rooms, duplicates(root, folders))


def _sides(routes: Iterable[Route]) -> list[Side]:
    modern: dict[str, list[str]] = {}
    for route in routes:
        modern.setdefault(route.domain, []).append(f"{route.method} {route.path}")
    legacy = {
        domain.name: {" ".join(endpoint): handler for endpoint, handler in domain.handlers.items()}
        for domain in DOMAINS
    }
    return [
        Side(
            name,
            sorted({_module_of(handler) for handler in legacy.get(name, {}).values()}),
            sorted(legacy.get(name, {})),
            sorted(modern.get(name, [])),
            {endpoint: _name_of(handler) for endpoint, handler in sorted(legacy.get(name, {}).items())},
        )
        for name in sorted(legacy.keys() | modern.keys())
    ]


def _module_of(handler: Any) -> str:
    found = inspect.getmodule(inspect.unwrap(handler))
    return found.__name__.rpartition(".")[2] if found else "?"


def _name_of(handler: Any) -> str:
    return f"{_module_of(handler)}.{inspect.unwrap(handler).__name__}"


def _room(folder: Path, coverage: Mapping[Path, tuple[int, int]]) -> Room:
    modules = sorted(folder.glob("*.py"))
    name = folder.name
    controllers, on_service = _controllers(folder)
    counts = [coverage[path.resolve()] for path in modules if path.resolve() in coverage]
    total = sum(statements for statements, _ in counts)
    return Room(
        name=name,
        mounted=name in ROOMS,
        modules=[path.name for path in modules],
        missing=[file for file in FILES if not (folder / file).is_file()],
        tests=sorted(path.name for path in (folder / "tests").glob("test_*.py")),
        lines=sum(len(path.read_text().splitlines()) for path in modules),
        controllers=controllers,
        on_service=on_service,
        coverage=100 * sum(run for _, run in counts) / total if total else None,
    )


def _controllers(folder: Path) -> tuple[list[str], list[str]]:
    """The controllers of a room, and those that are given a service and send no SQL themselves."""
    path = folder / "controllers.py"
    if not path.is_file():
        return [], []
    tree = ast.parse(path.read_text())
    classes = [
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Controller")
    ]
    names = [node.name for node in classes]
    if _sends_sql(tree):
        return names, []
    return names, [node.name for node in classes if _stands_on_service(node)]


def _sends_sql(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.Import) and any(name.name.startswith("sqlalchemy") for name in node.names))
        or (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith(("sqlalchemy", "psycopg"))
            and not {name.name for name in node.names} <= _TYPES_ONLY
        )
        for node in ast.walk(tree)
    )


def _stands_on_service(node: ast.ClassDef) -> bool:
    """Whether it is made with a service, by itself or by the controller that it inherits from."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            kinds = [ast.unparse(each.annotation) for each in item.args.args if each.annotation]
            return any(kind.endswith(("Service", "Services")) for kind in kinds)
    return any(ast.unparse(base).endswith("Controller") for base in node.bases)


def duplicates(root: Path, folders: Sequence[Path]) -> list[Block]:
    """The blocks of equal lines in two rooms, longest first; imports, blank lines and comments do not count."""
    places: dict[tuple[str, ...], list[tuple[Path, int]]] = {}
    read = {path: _lines_of(path) for folder in folders for path in sorted(folder.glob("*.py"))}
    for path, lines in read.items():
        for start in range(len(lines) - BLOCK_LINES + 1):
            key = tuple(text for _, _, text in lines[start : start + BLOCK_LINES])
            places.setdefault(key, []).append((path, start))
    pairs = {
        (one, other)
        for found in places.values()
        for one, other in itertools.combinations(found, 2)
        if one[0].parent != other[0].parent
    }
    blocks = [
        Block(
            _place(root, read[one[0]][one[1]]),
            _place(root, read[other[0]][other[1]]),
            _length(pairs, one, other),
        )
        for one, other in pairs
        if (_moved(one, -1), _moved(other, -1)) not in pairs
    ]
    return sorted(blocks, key=lambda block: (-block.lines, block.one, block.other))


def _lines_of(path: Path) -> list[_Line]:
    text = path.read_text()
    imports = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [
        (path, number, line)
        for number, line in lines
        if number not in imports and not _SKIPPED.fullmatch(line)
    ]


def _moved(place: tuple[Path, int], by: int) -> tuple[Path, int]:
    return place[0], place[1] + by


def _length(
    pairs: set[tuple[tuple[Path, int], tuple[Path, int]]], one: tuple[Path, int], other: tuple[Path, int]
) -> int:
    length = BLOCK_LINES
    while (_moved(one, length - BLOCK_LINES + 1), _moved(other, length - BLOCK_LINES + 1)) in pairs:
        length += 1
    return length


def _place(root: Path, line: _Line) -> str:
    path, number, _ = line
    return f"{path.relative_to(root)}:{number}"


def _coverage(root: Path) -> dict[Path, tuple[int, int]]:
    """Statements and those that ran, of each module of `domains`; nothing without `.coverage` or the tool."""
    if not (root / ".coverage").is_file():
        return {}
    try:
        from coverage import Coverage
    except ImportError:
        return {}
    measured = Coverage(data_file=root / ".coverage", config_file=False)
    measured.load()
    found = {}
    for path in (root / "domains").glob("*/*.py"):
        _, statements, _, missing, _ = measured.analysis2(str(path.resolve()))
        found[path.resolve()] = (len(statements), len(statements) - len(missing))
    return found
