"""`crossfade bench-store`: how soon a store that is full answers a verdict, a report, `status` and the overview. Hidden."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.output import console, message
from cli.parity_verdict import verdicts_on
from cli.postgres import embedded_postgres
from loadtests.bench.filled_store import fill
from loadtests.measurements import Measurement, render_measurements, write_measurements
from parity.adding_up import AddingUp
from parity.counted import read_tallies
from parity.report import build_report
from proxy.console.figures import FigureReader

TARGET_MS = 500
_ROUNDS = 3
_STORES = ("sqlite", "postgresql")


@click.command(hidden=True)
@click.option("--hours", type=click.IntRange(1, 5_000), default=96, show_default=True,
              help="Of every endpoint compared in every minute.")  # fmt: skip
@click.option("--only", type=click.Choice(_STORES), help="Only a store of this kind.")
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
@pass_context
def bench_store(context: Context, hours: int, only: str | None, build_dir: Path) -> None:
    """Fill a store of each kind, ask it, and write build/bench-store.json; exit code 1 where a target is missed."""
    measurements: list[Measurement] = []
    for kind in _STORES if only is None else (only,):
        with _store(kind) as url:
            section = type(context.settings.store)(**context.settings.store.model_dump() | {"url": url})
            settings = context.settings.model_copy(update={"store": section})
            measurements += _measured(
                Context(settings, context.config, context.jwt_secret, context.actor), kind, hours
            )
    render_measurements(measurements, console())
    message(f"written: {write_measurements('bench-store', measurements, build_dir)}")
    if any(not one.passed for one in measurements):
        raise click.exceptions.Exit(1)


@contextlib.contextmanager
def _store(kind: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as directory:
        if kind == "sqlite":
            yield f"sqlite:///{Path(directory) / 'store.sqlite3'}"
        else:
            with embedded_postgres(Path(directory) / "postgres") as url:
                yield url


def _measured(context: Context, kind: str, hours: int) -> Iterator[Measurement]:
    engine, endpoints = context.engine, context.endpoints
    context.flags.table()
    now = time.time()
    rows = fill(engine, endpoints, first=int(now // 60) - hours * 60 - 11, hours=hours)
    message(f"{kind}: {rows:,} rows by minute, {time.time() - now:.0f} s; adding up")
    while not AddingUp(engine).keep_up(now):
        pass
    domain, span = context.domain_names()[0], hours * 3_600 * 0.7 + 1_234
    asked: dict[str, Callable[[], object]] = {
        "a verdict": lambda: verdicts_on(context, [domain]),
        "a verdict since a minute within": lambda: verdicts_on(context, [domain], since=span),
        "all verdicts (status)": lambda: verdicts_on(context, context.domain_names()),
        "all tallies (status, watch)": lambda: read_tallies(engine, endpoints),
        "a report of everything": lambda: build_report(
            engine, endpoints=endpoints, declared=context.declared()
        ),
        "the overview's hour": lambda: FigureReader(engine, endpoints).by_domain(now - 3_600),
        "a timeline of seven days": lambda: FigureReader(engine, endpoints).timeline(
            domain, now - 7 * 86_400, now
        ),
    }
    for name, ask in asked.items():
        took_ms = min(_took_ms(ask) for _ in range(_ROUNDS))
        yield Measurement(f"{kind}: {name}, ms", round(took_ms), f"<= {TARGET_MS}", took_ms <= TARGET_MS)
    engine.dispose()


def _took_ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1_000
