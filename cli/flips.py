"""`crossfade advance | flip | rollback`: flags change, and every proxy worker says that it serves the change."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack

import click

from cli.confirming import confirm, confirm_options
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.flag_words import rows_json, step_words, verdict_json, verdict_words
from cli.output import console, json_option, message, print_json
from proxy.flag_rows import Change, LastAnswer
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, needs_verdict
from proxy.served import LastByModern, Served
from proxy.stages import Stage

STAGES = [stage.value for stage in Stage]
GRAVE = (Stage.LIVE, Stage.COMPLETE)
"""Stages that are confirmed before somebody goes forward to them."""


class Forward(TypedDict):
    """What every command takes that can go forward."""

    reason: str
    force: bool
    if_version: int | None
    yes: bool
    no_input: bool
    as_json: bool


def forward_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Those of `Forward`."""
    options = (
        click.option("--reason", required=True, help="Why; it goes to the ledger."),
        click.option(
            "--force", is_flag=True, help="Go forward whatever the verdict says; the ledger keeps that."
        ),
        click.option(
            "--if-version",
            type=click.IntRange(min=0),
            metavar="N",
            help="Only if nobody changed the flags of the domain since this version.",
        ),
        confirm_options,
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("key", metavar="DOMAIN|ENDPOINT")
@click.option("--share", type=float, help="Canary share to go to, 0-1.")
@forward_options
@pass_context
def advance(
    context: Context,
    key: str,
    share: float | None,
    **options: Unpack[Forward],
) -> None:
    """Go one stage forward, or to a larger canary share, if the verdict is ready.

    Into canary without --share it is 5% of clients. Exit code 4 with what is missing when it is not ready, or in a
    freeze window.
    """
    require_reason(options["reason"])
    table = context.operations.table()
    stage = _flag_of(context, table, key).stage
    target = stage if share is not None and stage is Stage.CANARY else stage.next or stage
    expected = _confirm_forward(key, stage, target, options, table)
    served = context.operations.advance(
        key,
        share=share,
        reason=options["reason"],
        force=options["force"],
        expected_version=expected,
    )
    report_change("crossfade.advance/1", served, as_json=options["as_json"])


@click.command()
@click.argument("key", metavar="DOMAIN|ENDPOINT")
@click.argument("stage", metavar=f"[{'|'.join(STAGES)}]")
@click.option("--share", type=float, help="Share of clients that modern serves at stage canary, 0-1.")
@click.option("--sample-rate", type=float, help="Share of eligible requests that are mirrored, 0-1.")
@forward_options
@pass_context
def flip(
    context: Context,
    key: str,
    stage: str,
    share: float | None,
    sample_rate: float | None,
    **options: Unpack[Forward],
) -> None:
    """Set exactly this stage, with these shares, of a domain or of one endpoint such as "GET /v1/escrows".

    Forward goes one stage at a time, by the rules of `crossfade advance`; back goes to any earlier one. Returns when
    every proxy worker serves it.
    """
    target = stage_of(stage, "stage")
    require_reason(options["reason"])
    table = context.operations.table()
    before = _flag_of(context, table, key).stage
    expected = _confirm_forward(key, before, target, options, table)
    served = context.operations.set_stage(
        key,
        target,
        share=share,
        sample_rate=sample_rate,
        reason=options["reason"],
        force=options["force"],
        expected_version=expected,
    )
    report_change("crossfade.flip/1", served, as_json=options["as_json"])


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

    Never refused and never asked about. Returns when every proxy worker has acknowledged, and prints how long that
    took and what modern answered last. Exit code 1 when a worker did not: the flags are changed all the same.
    """
    if everything == (key is not None):
        raise UsageError("expected either a domain (or endpoint) or --all")
    target = stage_of(stage, "--to")

    def told(served: Served) -> None:
        if served.change is not None:
            report_change("crossfade.rollback/1", served, as_json=as_json)
        elif as_json:
            print_json(
                "crossfade.rollback/1",
                {"version": served.version, "changed": [], "ms": 0.0, "workers": [], "last_by_modern": None},
            )
        else:
            what = key or "everything"
            message(f"nothing to roll back: {what} is at {stage} or before (version {served.version})")

    context.operations.roll_back(key, to=target, reason=reason.strip(), told=told)


def stage_of(word: str, name: str) -> Stage:
    """The stage; raises UsageError that names the option or argument."""
    if word not in STAGES:
        raise UsageError(f"{name} {word!r}: expected one of: {', '.join(STAGES)}")
    return Stage(word)


def require_reason(reason: str) -> None:
    """Raises UsageError when there are no words in it."""
    if not reason.strip():
        raise UsageError("--reason: expected some words, the ledger keeps them")


def report_change(schema: str, served: Served, *, as_json: bool) -> None:
    """Say what was changed and how long it took until every proxy worker served it.

    Raises NotAcknowledgedError, after which the change is in force all the same and the ledger has it.
    """
    served.require_all()
    change = served.change
    if change is None:
        raise AssertionError("whoever changed nothing has nothing to report")
    if not as_json:
        _print_change(change, served)
        return
    values: dict[str, Any] = {
        "version": change.version,
        "changed": rows_json(change),
        "ms": round(served.ms, 1),
        "workers": [{"worker": ack.worker, "ms": round(ack.ms, 1)} for ack in served.workers],
    }
    if change.action == "rollback":
        last = served.last_by_modern
        values["last_by_modern"] = last and {
            "worker": last.worker,
            "endpoint": last.answer.endpoint,
            "at": _at(last.answer).isoformat(),
        }
    else:
        values |= {"forced": change.forced, "verdict": verdict_json(change.verdict)}
    print_json(schema, values)


def _confirm_forward(
    key: str, before: Stage, target: Stage, options: Forward, table: FlagTable
) -> int | None:
    """Have it confirmed where it is dangerous; the version that it is good for, which then is the one that was shown."""
    is_grave = target in GRAVE and target.is_further_than(before)
    if not is_grave and not options["force"]:
        return options["if_version"]
    what = f"{key} goes from {before} to {target}" if target is not before else f"{key} stays at {before}"
    forced = ", whatever the verdict says" if options["force"] else ""
    confirm(key, f"{what}{forced}", yes=options["yes"], no_input=options["no_input"])
    return table.version if options["if_version"] is None else options["if_version"]


def _flag_of(context: Context, table: FlagTable, key: str) -> Flag:
    return table.rows.get(key) or table.rows.get(context.domain_of(key)) or DEFAULT_FLAG


def _print_change(change: Change, served: Served) -> None:
    out = console()
    for row in change.rows:
        out.print(step_words(row.key, row.before, row.after), markup=False)
    is_needed = any(needs_verdict(row.before or DEFAULT_FLAG, row.after) for row in change.rows)
    if change.verdict is not None and (change.forced or is_needed):
        out.print(verdict_words(change.verdict, forced=change.forced), markup=False)
    if served.workers:
        count = len(served.workers)
        workers = "1 proxy worker" if count == 1 else f"{count} proxy workers"
        out.print(f"version {change.version}, served by {workers} after {served.ms:.0f} ms")
        for ack in served.workers:
            out.print(f"  {ack.worker}  {ack.ms:.0f} ms")
        if change.action == "rollback":
            out.print(_last_words(served.last_by_modern), markup=False)
    else:
        out.print(f"version {change.version}; no proxy worker runs now, the next one starts with it")
    before = (change.rows[0].before or DEFAULT_FLAG).stage
    if change.rows[0].after.stage.is_further_than(before):
        out.print(f"undo: crossfade rollback '{change.key}' --to {before}", soft_wrap=True, markup=False)


def _last_words(last: LastByModern | None) -> str:
    if last is None:
        return "modern has answered nothing there since these workers started"
    at = f"{_at(last.answer):%H:%M:%S.%f}"[:-3]
    return f"last answer by modern: {at} UTC, {last.answer.endpoint} ({last.worker})"


def _at(answer: LastAnswer) -> datetime:
    return datetime.fromtimestamp(answer.at, UTC)
