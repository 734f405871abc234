"""`crossfade status`: every domain with stage, traffic, outcomes; the proxy workers; the balance of the books."""

import time
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from cli.context import Context, pass_context
from cli.openfeature_words import followed, state_line
from cli.output import console, json_option, print_json
from parity.report import Report, build_report
from proxy.flags import DEFAULT_FLAG
from proxy.stages import Stage


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Show where every domain stands."""
    table = context.flags.table()
    workers = context.flags.workers()
    alarming = [state for state in followed(context) if state.state.is_alarming]
    domains = {
        name: build_report(context.engine, domain=name, endpoints=context.endpoints)
        for name in context.domain_names()
    }
    if as_json:
        print_json(
            "crossfade.status/1",
            {
                "version": table.version,
                "domains": [
                    {
                        "domain": name,
                        "stage": table.rows.get(name, DEFAULT_FLAG).stage.value,
                        "canary_share": table.rows.get(name, DEFAULT_FLAG).canary_share,
                        **_figures(report),
                    }
                    for name, report in domains.items()
                ],
                "workers": [
                    {
                        "worker": w.id,
                        "pid": w.pid,
                        "version": w.version,
                        "seen_s_ago": round(time.time() - w.seen_at.timestamp(), 1),
                    }
                    for w in workers
                ],
                "openfeature": [
                    {"key": one.key, "state": one.state.value, "problem": one.problem} for one in alarming
                ],
            },
        )
        return
    out = Table(box=None, pad_edge=False)
    out.add_column("domain", overflow="fold")
    for heading in ("stage", "modern serves"):
        out.add_column(heading, no_wrap=True)
    for heading in ("requests", "compared", "differ", "not compared"):
        out.add_column(heading, justify="right")
    for name, report in domains.items():
        flag = table.rows.get(name, DEFAULT_FLAG)
        figures = _figures(report)
        out.add_row(
            name,
            flag.stage.value,
            _split(flag.stage, flag.canary_share),
            f"{figures['requests']:,}",
            f"{figures['compared']:,}",
            f"{figures['mismatch']:,}",
            f"{figures['not_compared']:,}",
        )
    printer = console()
    printer.print(out)
    own_rows = [key for key in table.rows if key not in domains]
    for key in sorted(own_rows):
        printer.print(f"  {key}: {table.rows[key].stage.value} (a row of its own)")
    for state in alarming:
        printer.print(Text(f"  {state.key}: {state.state}: {state_line(state, time.time())}"))
    printer.print(f"\nflag version {table.version}")
    for worker in workers:
        lag = "" if worker.version == table.version else f", [bold]behind {table.version}[/]"
        printer.print(f"proxy worker {worker.id} (pid {worker.pid}) serves version {worker.version}{lag}")
    if not workers:
        printer.print("no proxy worker is running (crossfade up starts one)")


def _split(stage: Stage, share: float) -> str:
    match stage:
        case Stage.OFF | Stage.SHADOW:
            return "nothing"
        case Stage.CANARY:
            return f"{share:.0%} of clients"
        case Stage.LIVE | Stage.COMPLETE:
            return "everything"


def _figures(report: Report) -> dict[str, Any]:
    tally = report.tally
    return {
        "requests": tally.requests,
        "mirrored": tally.mirrored,
        "compared": tally.compared,
        "mismatch": tally.mismatches,
        "not_compared": tally.not_compared,
        "fallback": tally.fallback,
        "failed": tally.failed,
    }
