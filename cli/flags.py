"""`crossfade flags | flip | rollback | history`: the flag table and its ledger."""

import time
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, message, print_json
from proxy.flag_rows import Acknowledgement, Change
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable
from proxy.stages import Stage

ACKNOWLEDGE_WITHIN_S = 5.0
STAGES = [stage.value for stage in Stage]


@click.command()
@json_option
@pass_context
def flags(context: Context, as_json: bool) -> None:
    """Show the flag table: every domain, and the endpoints that have a row of their own."""
    table = context.flags.table()
    rows = [(key, table.rows.get(key, DEFAULT_FLAG)) for key in _keys(context, table)]
    if as_json:
        print_json(
            "crossfade.flags/1",
            {"version": table.version, "flags": [{"key": key, **_flag_json(flag)} for key, flag in rows]},
        )
        return
    out = Table(box=None, pad_edge=False, title=f"flag table, version {table.version}", title_justify="left")
    for heading, justify in (
        ("domain or endpoint", "left"),
        ("stage", "left"),
        ("canary", "right"),
        ("sample", "right"),
    ):
        out.add_column(heading, justify="right" if justify == "right" else "left")
    for key, flag in rows:
        share = f"{flag.canary_share:.0%}" if flag.stage is Stage.CANARY else "-"
        out.add_row(key, flag.stage.value, share, f"{flag.sample_rate:.0%}")
    console().print(out)


def _keys(context: Context, table: FlagTable) -> list[str]:
    own = [key for key in table.rows if key not in context.domain_names()]
    return [*context.domain_names(), *sorted(own)]


def _flag_json(flag: Flag) -> dict[str, Any]:
    return {"stage": flag.stage.value, "canary_share": flag.canary_share, "sample_rate": flag.sample_rate}


@click.command()
@click.argument("key", metavar="DOMAIN|ENDPOINT")
@click.argument("stage", metavar=f"[{'|'.join(STAGES)}]")
@click.option("--share", type=float, help="Share of clients that modern serves at stage canary, 0-1.")
@click.option("--sample-rate", type=float, help="Share of eligible requests that are mirrored, 0-1.")
@click.option("--reason", required=True, help="Why; it goes to the ledger.")
@json_option
@pass_context
def flip(
    context: Context,
    key: str,
    stage: str,
    share: float | None,
    sample_rate: float | None,
    reason: str,
    as_json: bool,
) -> None:
    """Set the stage of a domain, or of one endpoint such as "GET /v1/escrows".

    Forward goes one stage at a time; back goes to any earlier one. Returns when every proxy worker serves it.
    """
    if stage not in STAGES:
        raise UsageError(f"stage {stage!r}: expected one of: {', '.join(STAGES)}")
    if not reason.strip():
        raise UsageError("--reason: expected some words, the ledger keeps them")
    store = context.flags  # made before the clock starts: what is measured is the change
    started_s = time.monotonic()
    change = store.flip(
        key, Stage(stage), canary_share=share, sample_rate=sample_rate, actor=context.actor, reason=reason
    )
    _report_change(context, "crossfade.flip/1", change, started_s, as_json=as_json)


@click.command()
@click.argument("key", metavar="DOMAIN|ENDPOINT", required=False)
@click.option("--all", "everything", is_flag=True, help="Every domain and endpoint.")
@click.option(
    "--to", "stage", default=Stage.OFF.value, show_default=True, help="The earlier stage to go back to."
)
@click.option("--reason", default="", help="Why; rolling back needs no reason.")
@json_option
@pass_context
def rollback(
    context: Context, key: str | None, everything: bool, stage: str, reason: str, as_json: bool
) -> None:
    """Bring a domain, an endpoint or everything back to legacy, at once.

    Returns when every proxy worker has acknowledged, and prints how long that took. Exit code 1 when a worker
    did not: the flags are changed all the same.
    """
    if everything == (key is not None):
        raise UsageError("expected either a domain (or endpoint) or --all")
    if stage not in STAGES:
        raise UsageError(f"--to {stage!r}: expected one of: {', '.join(STAGES)}")
    store = context.flags
    started_s = time.monotonic()
    change = store.roll_back(key, to=Stage(stage), actor=context.actor, reason=reason or "rollback")
    if change is None:
        table = context.flags.table()
        if as_json:
            print_json(
                "crossfade.rollback/1", {"version": table.version, "changed": [], "ms": 0.0, "workers": []}
            )
        else:
            message(
                f"nothing to roll back: {key or 'everything'} is at {stage} or before (version {table.version})"
            )
        return
    _report_change(context, "crossfade.rollback/1", change, started_s, as_json=as_json)


def _report_change(context: Context, schema: str, change: Change, started_s: float, *, as_json: bool) -> None:
    # raises NotAcknowledgedError, after which the change is in force all the same and the ledger has it
    acknowledgements = context.flags.wait_acknowledged(change.version, ACKNOWLEDGE_WITHIN_S, since=started_s)
    total_ms = (time.monotonic() - started_s) * 1000
    if as_json:
        print_json(
            schema,
            {
                "version": change.version,
                "changed": _rows(change),
                "ms": round(total_ms, 1),
                "workers": [{"worker": ack.worker, "ms": round(ack.ms, 1)} for ack in acknowledgements],
            },
        )
    else:
        _print_change(change, acknowledgements, total_ms)


def _rows(change: Change) -> list[dict[str, Any]]:
    return [
        {"key": row.key, "before": row.before and _flag_json(row.before), "after": _flag_json(row.after)}
        for row in change.rows
    ]


def _words(flag: Flag | None) -> str:
    flag = flag or DEFAULT_FLAG
    share = f" {flag.canary_share:.0%}" if flag.stage is Stage.CANARY else ""
    sampled = "" if flag.sample_rate == 1 else f", {flag.sample_rate:.0%} sampled"
    return f"{flag.stage}{share}{sampled}"


def _print_change(change: Change, acknowledgements: list[Acknowledgement], total_ms: float) -> None:
    out = console()
    for row in change.rows:
        out.print(f"{row.key}: {_words(row.before)} → {_words(row.after)}")
    if acknowledgements:
        count = len(acknowledgements)
        workers = "1 proxy worker" if count == 1 else f"{count} proxy workers"
        out.print(f"version {change.version}, served by {workers} after {total_ms:.0f} ms")
        for ack in acknowledgements:
            out.print(f"  {ack.worker}  {ack.ms:.0f} ms")
    else:
        out.print(f"version {change.version}; no proxy worker runs now, the next one starts with it")
    if change.rows[0].after.stage.is_further_than(_before(change).stage):
        out.print(f"undo: crossfade rollback '{change.key}' --to {_before(change).stage}", soft_wrap=True)


def _before(change: Change) -> Flag:
    return change.rows[0].before or DEFAULT_FLAG


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, newest first."
)
@json_option
@pass_context
def history(context: Context, limit: int, as_json: bool) -> None:
    """Show the ledger: who changed which flag, or accepted which difference, when and why."""
    changes = context.flags.history(limit)
    if as_json:
        rows = [
            {
                "version": c.version,
                "at": c.changed_at.isoformat(),
                "action": c.action,
                "key": c.key,
                "actor": c.actor,
                "reason": c.reason,
                "changed": _rows(c),
            }
            for c in changes
        ]
        print_json("crossfade.history/1", {"changes": rows})
        return
    if not changes:
        message("nothing has been changed yet")
        return
    out = console()
    for change in changes:
        head = (
            f"{change.changed_at:%Y-%m-%d %H:%M:%S} UTC  {change.action} by {change.actor}: {change.reason}"
        )
        out.print(Text(f"{change.version}", style="bold"), Text(f" {head}"))
        for row in change.rows:
            out.print(f"     {row.key}: {_words(row.before)} → {_words(row.after)}")
        if not change.rows:
            out.print(Text(f"     {change.key}"))
