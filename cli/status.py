"""`crossfade status`: every domain with stage, verdict, traffic, outcomes; the proxy workers; the balance of the books."""

import time
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.context import Context, pass_context
from cli.openfeature_words import state_line
from cli.output import console, json_option, print_json
from parity.report_words import moment
from parity.retention import Removed
from parity.tally import Tally
from parity.verdict_summary import VerdictSummary
from proxy.flags import DEFAULT_FLAG
from proxy.stages import Stage


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Show where every domain stands."""
    operations = context.operations
    table = operations.table()
    workers = operations.workers()
    alarming = operations.alarming_keys()
    tallies = operations.tallies()
    domains = {name: tallies.get(name, Tally()) for name in context.domain_names()}
    use = operations.store_use()
    summaries = {one.domain.name: one.summary for one in operations.verdicts(list(domains))}
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
                        **_figures(tally),
                        "verdict": summaries[name].to_json(),
                    }
                    for name, tally in domains.items()
                ],
                "store": {"bytes": use.taken, "removed": [one.to_json() for one in use.removed]},
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
    out = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    out.add_column("domain", overflow="fold")
    for heading in ("stage", "verdict", "modern serves"):
        out.add_column(heading, no_wrap=True)
    for heading in ("requests", "compared", "differ", "not compared"):
        out.add_column(heading, justify="right")
    for name, tally in domains.items():
        flag = table.rows.get(name, DEFAULT_FLAG)
        figures = _figures(tally)
        out.add_row(
            name,
            flag.stage.value,
            summaries[name].verdict,
            _split(flag.stage, flag.canary_share),
            f"{figures['requests']:,}",
            f"{figures['compared']:,}",
            f"{figures['mismatch']:,}",
            f"{figures['not_compared']:,}",
        )
    printer = console()
    printer.print(out)
    _lacking([one for one in summaries.values() if domains[one.domain].mirrored], printer)
    own_rows = [key for key in table.rows if key not in domains]
    for key in sorted(own_rows):
        printer.print(f"  {key}: {table.rows[key].stage.value} (a row of its own)")
    for state in alarming:
        printer.print(Text(f"  {state.key}: {state.state}: {state_line(state, time.time())}"))
    printer.print(f"\nstore of {use.taken / 2**20:,.1f} MiB{_removed(use.removed)}", soft_wrap=True)
    printer.print(f"flag version {table.version}")
    for worker in workers:
        lag = "" if worker.version == table.version else f", [bold]behind {table.version}[/]"
        printer.print(f"proxy worker {worker.id} (pid {worker.pid}) serves version {worker.version}{lag}")
    if not workers:
        printer.print("no proxy worker is running (crossfade up starts one)")


def _removed(removed: Sequence[Removed]) -> str:
    parts = [f"{one.what} from before {moment(one.before)}" for one in removed]
    return f"; removed: {', '.join(parts)}" if parts else ""


def _lacking(summaries: Sequence[VerdictSummary], printer: Console) -> None:
    """What withholds the verdicts on domains that are mirrored; of the others all is missing."""
    if not any(one.lacks for one in summaries):
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in summaries:
        if one.lacks:
            table.add_row(Text(one.domain), Text(one.line))
    printer.print()
    printer.print(table)
    printer.print("crossfade parity verdict DOMAIN says how much", style="dim")


def _split(stage: Stage, share: float) -> str:
    match stage:
        case Stage.OFF | Stage.SHADOW:
            return "nothing"
        case Stage.CANARY:
            return f"{share:.0%} of clients"
        case Stage.LIVE | Stage.COMPLETE:
            return "everything"


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "requests": tally.requests,
        "mirrored": tally.mirrored,
        "compared": tally.compared,
        "mismatch": tally.mismatches,
        "not_compared": tally.not_compared,
        "fallback": tally.fallback,
        "failed": tally.failed,
    }
