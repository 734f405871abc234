"""What a domain leaves behind that has been retired: what nobody needs any more, and what is still in the way."""

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cli.context import ROOT, Context
from parity.database import complete_tables, storing
from parity.holdings import STORE, Declared, Held, read_holdings
from parity.paths import takes_any
from parity.tables import METADATA
from proxy.flags import FlagTable

_LEGACY = "legacy_bridge"


@dataclass(frozen=True, slots=True)
class Handler:
    """Legacy's function for one endpoint; `place` is `path:line`, both are empty where legacy is not the bundled one."""

    endpoint: str
    function: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What to delete, in the order in which that is safe.

    `modules` are used by nothing but those handlers. `rules_files` say nothing of any other
    domain; the rules and acceptances are those that stand elsewhere. Flags and settings have to stay until the requests
    of the domain do not pass the proxy any more: what it does not know goes to legacy.
    """

    handlers: tuple[Handler, ...]
    modules: tuple[str, ...]
    rules_files: tuple[str, ...]
    rules: tuple[str, ...]
    acceptances: tuple[str, ...]
    flags: tuple[str, ...]
    settings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def find_leftovers(context: Context, domain: str, table: FlagTable) -> Leftovers:
    """Look for them; raises RulesError where a rules file cannot be read, StoreError when the database refuses."""
    own = [endpoint.name for endpoint in context.endpoints if endpoint.domain == domain]
    others = [endpoint.name for endpoint in context.endpoints if endpoint.domain != domain]
    scope = _Scope(tuple(own), tuple(others))
    declared = Declared.load(context.rule_files)
    whole = tuple(str(path) for path in context.rule_files if _is_whole(path, declared, scope))
    held = [
        one
        for one in _held(context, declared, datetime.now(UTC).date())
        if scope.has(one.acceptance.endpoint) and not _stands_in(one.source, whole)
    ]
    handlers, modules = _legacy(context, domain, own)
    return Leftovers(
        handlers=handlers,
        modules=modules,
        rules_files=whole,
        rules=tuple(words for source, words in _rules(declared, scope) if not _stands_in(source, whole)),
        acceptances=tuple(_acceptance_words(one) for one in held),
        flags=tuple(key for key in (domain, *own) if key in table.rows),
        settings=tuple(_settings(context, domain, own)),
    )


@dataclass(frozen=True, slots=True)
class _Scope:
    own: Sequence[str]
    others: Sequence[str]

    def has(self, glob: str) -> bool:
        """Whether that glob over endpoints takes some of the domain, and none of another."""
        return takes_any(glob, self.own) and not takes_any(glob, self.others)


def _rules(declared: Declared, scope: _Scope) -> Iterator[tuple[str, str]]:
    """Each row once with the words for it, although one for a group is a rule for each of its globs."""
    globs: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for rule in declared.rules.rules:
        globs.setdefault(rule.source, []).append(rule.endpoint)
        words[rule.source] = f"{rule.source}: {rule.group or rule.endpoint} {rule.path}"
    for source, found in globs.items():
        if any(takes_any(glob, scope.own) for glob in found) and not any(
            takes_any(glob, scope.others) for glob in found
        ):
            yield source, words[source]


def _is_whole(path: Path, declared: Declared, scope: _Scope) -> bool:
    globs = [rule.endpoint for rule in declared.rules.rules if rule.source.startswith(f"{path}: ")]
    globs += [acceptance.endpoint for acceptance in declared.files.get(path, ())]
    return any(scope.has(glob) for glob in globs) and not any(takes_any(glob, scope.others) for glob in globs)


def _stands_in(source: str, files: Iterable[str]) -> bool:
    return any(source.startswith((f"{file}: ", f"{file}, ")) for file in files)


def _held(context: Context, declared: Declared, today: date) -> Iterator[Held]:
    """Those of rules files, and of the store those that hold or would: a withdrawn one is history."""
    with storing("read the acceptances"):
        complete_tables(context.engine, METADATA)
        with context.engine.connect() as connection:
            holdings = read_holdings(connection, declared, today)
    return (one for one in holdings.held if one.withdrawn_at is None)


def _acceptance_words(held: Held) -> str:
    one = held.acceptance
    name = f"{one.id} (store)" if held.source == STORE else held.source
    return f"{name}: {one.endpoint} {one.path}"


def _legacy(context: Context, domain: str, own: Sequence[str]) -> tuple[tuple[Handler, ...], tuple[str, ...]]:
    if context.settings.endpoints:
        return tuple(Handler(name) for name in own), ()
    from legacy_bridge.endpoints import DOMAINS

    bundled = {one.name: one.handlers for one in DOMAINS}
    functions = {
        " ".join(endpoint): inspect.unwrap(handler) for endpoint, handler in bundled.get(domain, {}).items()
    }
    handlers = tuple(
        Handler(endpoint, f"{function.__module__}.{function.__name__}", _place(function))
        for endpoint, function in sorted(functions.items(), key=lambda item: _by_path(item[0]))
    )
    elsewhere = {
        inspect.unwrap(handler).__module__
        for name, handlers_of in bundled.items()
        if name != domain
        for handler in handlers_of.values()
    }
    imports = _imports()
    modules = _reached(
        {function.__module__ for function in functions.values()}, f"{_LEGACY}.{domain}", imports
    )
    return handlers, tuple(sorted(_unused(modules - elsewhere, imports)))


def _place(function: Any) -> str:
    file = Path(inspect.getsourcefile(function) or "").resolve()
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    return f"{shown}:{inspect.getsourcelines(function)[1]}"


def _by_path(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return path, method


def _reached(modules: set[str], list_of_handlers: str, imports: Mapping[str, set[str]]) -> set[str]:
    """Those modules, the one that lists their handlers, and what of legacy they import, step by step."""
    found, new = set[str](), modules | ({list_of_handlers} & imports.keys())
    while new:
        found |= new
        new = {one for module in new for one in imports[module] if one in imports} - found
    return found


def _unused(modules: set[str], imports: Mapping[str, set[str]]) -> set[str]:
    """Those that no module imports but one of them, and the list of endpoints, which loses their row."""
    found = set(modules)
    while stays := {
        module
        for importer, imported in imports.items()
        if importer not in found and importer != f"{_LEGACY}.endpoints"
        for module in imported & found
    }:
        found -= stays
    return found


def _imports() -> dict[str, set[str]]:
    """What each module of legacy imports of it, and each other that imports any."""
    found: dict[str, set[str]] = {}
    for package in (_LEGACY, "cli", "domains", "loadtests", "parity", "proxy"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text()
            if package == _LEGACY or _LEGACY in text:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                found[name] = _imported(ast.parse(text))
    return found


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _LEGACY:
            names |= {f"{_LEGACY}.{one.name}" for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    return names


def _settings(context: Context, domain: str, own: Iterable[str]) -> Iterator[str]:
    """Rows of the configuration, each with the name or endpoint that it is for."""
    settings = context.settings
    names = {domain, *own}
    for number, row in enumerate(settings.endpoints, 1):
        if row.domain == domain:
            yield f"endpoints[{number}]: {row.method} {row.path}"
    for number, bounds in enumerate(settings.bounds, 1):
        if bounds.endpoint in names:
            yield f"bounds[{number}]: {bounds.endpoint}"
    for number, cell in enumerate(settings.verdict.cells, 1):
        if cell.endpoint in names:
            yield f"verdict.cells[{number}]: {cell.endpoint} {cell.status}"
    for name in settings.write_checks.exceptions:
        if name in names:
            yield f"write_checks.exceptions: {name}"
