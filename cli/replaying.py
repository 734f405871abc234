"""One replay as it was typed: which lines, which sides, how far an earlier run came; and how results are shown."""

import asyncio
import json
import signal
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

import loadtests.errors
from cli.context import Context
from cli.errors import UsageError
from cli.output import console, print_json, warn
from cli.sections import BackendsSection
from loadtests.recording import Credentials as SeedCredentials
from parity.errors import RecordingError
from parity.exchange import Backend
from parity.recordings.files import Recording
from parity.recordings.journal import Journal, Progress
from parity.recordings.line import BadLine, Lines
from parity.recordings.replay import Credentials, Ground, Replay, Replayed, ReplaySettings
from parity.recordings.results import Results
from parity.recordings.sides import HttpSide, SideSettings
from parity.recordings.variables import wanted_of
from parity.redact import Redactor
from parity.report_text import render_text
from proxy.addresses import Address
from proxy.routing import RoutingTable


@dataclass(frozen=True, slots=True)
class Plan:
    """What was typed for one replay."""

    context: Context
    recording: Recording
    urls: Mapping[Backend, str]
    speed: float | None
    concurrency: int
    writes: bool
    headers: Mapping[str, str]
    volatile: Path | None
    contract: Path

    def lines(self) -> Lines:
        """Those of the recording, with their volatile paths."""
        paths = _volatile_paths(self.volatile)
        for line in self.recording.lines():
            if isinstance(line, BadLine) or not paths:
                yield line
            else:
                yield replace(line, volatile=(*line.volatile, *paths.get(f"{line.id} {line.name}", ())))

    def subject(self) -> dict[str, Any]:
        """What must be the same where a replay goes on."""
        return {
            "recording": self.recording.digest(),
            "host": self.recording.host,
            "sides": {backend.value: url for backend, url in self.urls.items()},
            "writes": self.writes,
        }


def urls_of(backends: BackendsSection, only: Backend | None, *, writes: bool) -> dict[Backend, str]:
    """Where each side that is asked is; raises UsageError for one that is missing, or no address.

    With `writes` two sides must be two backends.
    """
    asked = [only] if only else list(Backend)
    given = {backend: getattr(backends, backend) for backend in asked}
    if missing := [backend for backend, url in given.items() if url is None]:
        raise UsageError(
            "; ".join(
                f"no {one} backend: give --{one} URL or [backends] {one} in crossfade.toml" for one in missing
            )
        )
    addresses = set()
    for backend, url in given.items():
        try:
            addresses.add(Address.of(url))
        except ValueError as error:
            raise UsageError(f"--{backend} {url!r}: {error}") from error
    if writes and len(addresses) < len(given):
        raise UsageError(
            f"--writes: legacy and modern are both {given[Backend.LEGACY]}: expected two backends, each with a database "
            "of its own, or every write would be applied twice"
        )
    return given


def _volatile_paths(file: Path | None) -> Mapping[str, list[str]]:
    if file is None:
        return {}
    try:
        paths = json.loads(file.read_text())
    except OSError as error:
        raise UsageError(f"--volatile {file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--volatile {file}: not JSON: {error}") from error
    if not isinstance(paths, dict) or not all(isinstance(one, list) for one in paths.values()):
        raise UsageError(f"--volatile {file}: expected an object of lists of paths")
    return paths


def run(plan: Plan, results: Results, *, resume: bool) -> Replayed:
    """Replay it, adding to the results; raises UsageError when an unfinished replay is there and not to be resumed."""
    redactor = Redactor(plan.context.settings.key("token"))
    journal = Journal(Path(f"{plan.recording.path}.progress"), redactor, plan.subject())
    if journal.path.exists() and not resume:
        raise UsageError(
            f"{journal.path} is there, an earlier replay was not finished: give --resume to go on with it, or remove it"
        )
    progress = journal.load() if resume else Progress()
    total = sum(1 for _ in plan.lines())
    wanted = wanted_of(line for line in plan.lines() if not isinstance(line, BadLine))
    with journal, _bar(total) as advance:
        done = asyncio.run(_replay(plan, redactor, results, journal, progress, wanted, advance))
    if not done.stopped:
        journal.remove()
    return done


async def _replay(
    plan: Plan,
    redactor: Redactor,
    results: Results,
    journal: Journal,
    progress: Progress,
    wanted: Mapping[str, frozenset[str]],
    advance: Callable[[], None],
) -> Replayed:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_once() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):  # the second one ends it at once
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_once)
    ground = Ground(
        rules=plan.context.rules(),
        redactor=redactor,
        endpoint_of=RoutingTable(plan.context.endpoints).match,
        credentials=_credentials(plan.context, plan.contract),
        results=results,
        wanted=wanted,
        journal=journal,
        progress=progress,
        stop=stop,
        advance=advance,
    )
    settings = ReplaySettings(
        speed=plan.speed,
        writes=plan.writes,
        concurrency=plan.concurrency,
        headers=plan.headers,
        bounds=plan.context.bounds,
    )
    async with AsyncExitStack() as stack:
        sides = {
            backend: await stack.enter_async_context(HttpSide(_side(plan, url)))
            for backend, url in plan.urls.items()
        }
        return await Replay(sides, settings, ground).run(plan.lines())


def _side(plan: Plan, url: str) -> SideSettings:
    address = Address.of(url)
    ca = plan.context.settings.backends.ca
    return SideSettings(
        url="http://localhost" if address.path else url,
        socket=address.path,
        tls=ssl.create_default_context(cafile=ca) if address.tls and ca else None,
        connections=plan.concurrency,
    )


def _credentials(context: Context, contract: Path) -> Credentials:
    """Those of the seed's users; read when a line first has a user."""
    made: list[SeedCredentials] = []

    def headers(user: str) -> Mapping[str, str]:
        try:
            if not made:
                made.append(SeedCredentials(contract, context.jwt_secret))
            return made[0].headers(user)
        except loadtests.errors.RecordingError as error:
            raise RecordingError(str(error)) from error

    return headers


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on stderr where that is a terminal; what it yields is called once a line."""
    with Bar(
        *("replaying", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as progress:
        task = progress.add_task("replay", total=total)
        yield lambda: progress.advance(task)


def values_of(plan: Plan, done: Replayed, results: Results) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "recording": str(plan.recording.path),
        "form": plan.recording.form.value,
        "legacy": plan.urls.get(Backend.LEGACY),
        "modern": plan.urls.get(Backend.MODERN),
        "writes": plan.writes,
        "lines": results.total,
        "sent": done.sent,
        "resumed": done.resumed,
        "bad": done.bad,
        "bad_lines": [{"line": line.number, "problem": line.problem} for line in done.bad_lines],
        "stopped": done.stopped,
        "report": results.report().to_json(),
    }


def places(plan: Plan) -> str:
    """Which sides are asked, for a title."""
    said = " and ".join(f"{backend} {url}" for backend, url in plan.urls.items())
    if len(plan.urls) == len(Backend):
        return said
    return f"{said}; {next(iter(plan.urls)).other} is the recorded answer"


def show_results(schema: str, title: str, values: dict[str, Any], results: Results, *, as_json: bool) -> None:
    """On stdout, as JSON or for people."""
    if as_json:
        print_json(schema, values)
        return
    printed = console()
    printed.print(title, markup=False)
    render_text(results.report(), printed)


def end_with(results: Results) -> None:
    """Exit code 1 when something differs that nobody accepted, or nothing could be compared."""
    report = results.report()
    if report.differs or not report.tally.compared:
        raise click.exceptions.Exit(1)


def say_bad_lines(lines: Sequence[BadLine], count: int) -> None:
    """On stderr: the first ones by number, and how many there are."""
    for line in lines:
        warn(f"line {line.number}: {line.problem}")
    if count > len(lines):
        warn(f"and {count - len(lines):,} more bad lines")
