"""`crossfade parity replay`: a recording sent again to both backends, or to one of them, and compared."""

import json
import time
from dataclasses import replace
from pathlib import Path

import click

from cli.asking import confirm
from cli.context import ROOT, Context, pass_context
from cli.errors import UsageError
from cli.output import json_option, message
from parity.exchange import Backend

_SCHEMA = "crossfade.replay/1"
_MAX = "max"


class Speed(click.ParamType[float | None]):
    """`recorded`, `max`, or by how much the recorded speed is multiplied; None is as quick as the backends are."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Raises BadParameter that shows the forms."""
        if value == _MAX:
            return None
        try:
            speed = 1.0 if value == "recorded" else float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed < 1e6:
            self.fail(f"{value!r}: expected recorded, max, or a number like 2 or 0.5", param, ctx)
        return speed


class Header(click.ParamType[tuple[str, str]]):
    """A header as `Name: value`."""

    name = "header"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Raises BadParameter that shows the form."""
        name, colon, text = str(value).partition(":")
        if not colon or not name.replace("-", "").isalnum() or not text.isprintable():
            self.fail(f"{value!r}: expected a header like 'Authorization: Bearer …'", param, ctx)
        return name, text.strip()


_file = click.Path(path_type=Path, dir_okay=False)
host_option = click.option(
    "--host", help="Which host's exchanges of a HAR file are meant, if it has several."
)


@click.command()
@click.argument("file", type=_file)
@click.option(
    "--speed",
    type=Speed(),
    default="recorded",
    show_default=True,
    help="recorded, max, or a factor: 2 is twice as fast.",
)
@click.option(
    "--only",
    type=click.Choice([one.value for one in Backend]),
    help="Ask this side alone; the recorded answers stand for the other one.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1_000),
    default=1,
    show_default=True,
    help="Sessions that are under way at the same time.",
)
@click.option("--writes", is_flag=True, help="Send writes too: each side needs a database of its own.")
@click.option("--resume", is_flag=True, help="Go on where an earlier run has ended.")
@click.option("--legacy", metavar="URL", help="The legacy backend; wins over [backends] legacy.")
@click.option("--modern", metavar="URL", help="The modern backend; wins over [backends] modern.")
@click.option(
    "--header",
    "headers",
    type=Header(),
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Send this header instead of the recorded one; may be given several times.",
)
@host_option
@click.option(
    "--volatile",
    type=_file,
    help="JSON: paths that differ between two runs of one backend, by '<id> <name>' of the exchange.",
)
@click.option(
    "--contract",
    type=click.Path(path_type=Path),
    default=ROOT / "tests" / "contract",
    help="Whose seed/users.json has the users of the recording.",
)
@click.option("--yes", is_flag=True, help="Do not ask before backends are written to.")
@click.option("--out", type=_file, help="Also write the result, as --json prints it, to this new file.")
@json_option
@pass_context
def replay(
    context: Context,
    file: Path,
    speed: float | None,
    only: str | None,
    concurrency: int,
    writes: bool,
    resume: bool,
    legacy: str | None,
    modern: str | None,
    headers: tuple[tuple[str, str], ...],
    host: str | None,
    volatile: Path | None,
    contract: Path,
    yes: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Send a recording (own form, HAR, GoReplay) to both backends and compare what they answer.

    Writes are left out unless --writes is given: then each is sent to each side once, so both sides must have databases
    of their own; one that they share would get every row twice. Exit code 0 when nothing differs beyond what was
    accepted, 1 when something does or nothing could be compared.
    """
    from cli.replaying import Plan, end_with, places, run, say_bad_lines, show_results, urls_of, values_of
    from cli.up import probe
    from parity.recordings.files import Recording, whole_file
    from parity.recordings.results import Results

    typed = {name: url for name, url in (("legacy", legacy), ("modern", modern)) if url}
    backends = context.settings.backends.model_copy(update=typed)
    urls = urls_of(backends, Backend(only) if only else None, writes=writes)
    plan = Plan(
        context=replace(context, settings=context.settings.model_copy(update={"backends": backends})),
        recording=Recording.open(file, host),
        urls=urls,
        speed=speed,
        concurrency=concurrency,
        writes=writes,
        headers=dict(headers),
        volatile=volatile,
        contract=contract,
    )
    if out is not None and out.exists():
        raise UsageError(f"--out {out} exists: expected the name of a new file")
    for name, url in urls.items():
        probe(name, url)
    if writes and not yes:
        confirm(f"The replay writes to {' and to '.join(urls.values())}. Go on?")
    results, began = Results(), time.monotonic()
    done = run(plan, results, resume=resume)
    values = values_of(plan, done, results) | {"duration_s": round(time.monotonic() - began, 3)}
    if out is not None:
        with whole_file(out) as stream:
            stream.write(json.dumps({"schema": _SCHEMA, **values}, indent=2).encode())
        message(f"wrote {out}")
    say_bad_lines(done.bad_lines, done.bad)
    if done.stopped:
        message(f"crossfade: stopped after {results.total:,} lines; the same command with --resume goes on")
    show_results(_SCHEMA, f"Replay of {file} to {places(plan)}", values, results, as_json=as_json)
    if done.stopped:
        raise click.exceptions.Exit(130)
    end_with(results)
