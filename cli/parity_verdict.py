"""`crossfade parity verdict`: may a domain advance, by everything that was compared since something changed."""

import difflib
import math
import time
from collections.abc import Iterator, Sequence

import click

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, print_json
from cli.spans import Span
from parity.acceptances import acceptances_changed_at
from parity.coverage import Requirement
from parity.load_condition import deciding
from parity.rule_changes import rules_changed_at
from parity.selftest_results import added_up
from parity.selftest_results import read as read_self_test
from parity.verdict import SCHEMA, SCHEMA_OF_SEVERAL, Verdict, build_verdicts
from parity.verdict_limits import VerdictLimits
from parity.verdict_text import render_verdict, render_verdicts
from proxy.flag_rows import Change
from proxy.flags import DEFAULT_FLAG
from proxy.stages import Stage

NOT_READY = 1
_LEDGER = 10_000


@click.command()
@click.argument("domain", required=False)
@click.option(
    "--since",
    type=Span(),
    help="Only the last 90s, 15m, 2h, 7d; default: since the stage or the rules changed.",
)
@json_option
@pass_context
def verdict(context: Context, domain: str | None, since: float | None, as_json: bool) -> None:
    """Say whether a domain may advance: ready, not yet with what is missing, or no with what is wrong.

    Without DOMAIN all of them, each with what is missing and wrong. Exit code 0 when all that were asked for are
    ready, else 1.
    """
    names = context.domain_names() if domain is None else [context.require_domain(domain)]
    found = context.operations.verdicts(names, since_s=since)
    if as_json:
        _print_json(found, one=domain is not None)
    elif domain is None:
        render_verdicts(found, console())
    else:
        render_verdict(found[0], console())
    if not all(one.is_ready for one in found):
        raise click.exceptions.Exit(NOT_READY)


def verdicts_on(context: Context, names: Sequence[str], *, since: float | None = None) -> list[Verdict]:
    """Those on these domains at one moment, over the last `since` seconds or since each was changed.

    Raises UsageError, StoreError.
    """
    cells = required_cells(context)
    if not names:
        return []
    changes = context.flags.history(_LEDGER)
    trials, _ = read_self_test(context.engine)
    now = time.time()
    return build_verdicts(
        context.engine,
        {name: changed_at(context, name, changes) if since is None else now - since for name in names},
        context.endpoints,
        limits=limits(context),
        cells=cells,
        self_tests={
            name: added_up(own) if (own := [row for row in trials if row.domain == name]) else None
            for name in names
        },
        load_tests={name: deciding(context.engine, name) for name in names},
        max_fleeting_share=context.settings.parity.max_fleeting_share,
        now=now,
    )


def _print_json(found: Sequence[Verdict], *, one: bool) -> None:
    if one:
        print_json(SCHEMA, found[0].to_json())
    else:
        print_json(SCHEMA_OF_SEVERAL, {"verdicts": [each.to_json() for each in found]})


def judged(context: Context, domain: str) -> Verdict:
    """The verdict on a domain since its stage, rules or acceptances changed."""
    return verdicts_on(context, [domain])[0]


def limits(context: Context) -> VerdictLimits:
    """The limits of the configuration."""
    return VerdictLimits(**context.settings.verdict.model_dump(exclude={"cells"}))


def required_cells(context: Context) -> list[Requirement]:
    """The cells of the configuration; raises UsageError with every one whose endpoint is not known."""
    known = [endpoint.name for endpoint in context.endpoints]
    rows = context.settings.verdict.cells
    wrong = [
        f"verdict.cells.{number}.endpoint: {row.endpoint!r}: expected an endpoint like 'GET /v1/escrows'"
        + "".join(f", did you mean {near!r}?" for near in difflib.get_close_matches(row.endpoint, known, n=1))
        for number, row in enumerate(rows)
        if row.endpoint not in known
    ]
    if wrong:
        raise UsageError("; ".join(wrong))
    return [
        Requirement(row.endpoint, row.status, None if row.query is None else "&".join(sorted(set(row.query))))
        for row in rows
    ]


def changed_at(context: Context, domain: str, changes: Sequence[Change]) -> float | None:
    """When stage, rules or acceptances of that domain changed last, in Unix seconds; None where they never did."""
    names = [endpoint.name for endpoint in context.endpoints if endpoint.domain == domain]
    times = [
        *_stage_changes(domain, names, changes),
        rules_changed_at(context.engine, names),
        acceptances_changed_at(context.engine, names),
    ]
    return max((at for at in times if at is not None), default=None)


def _stage_changes(domain: str, names: Sequence[str], changes: Sequence[Change]) -> Iterator[float]:
    for change in changes:
        for row in change.rows:
            if row.key != domain and row.key not in names:
                continue
            # an endpoint without a row of its own was where its domain was
            before = row.before.stage if row.before else DEFAULT_FLAG.stage if row.key == domain else None
            if before is not row.after.stage:
                at = change.changed_at.timestamp()
                # at stage off nothing was compared: no minute has something of before and of after
                yield math.floor(at / 60) * 60 if before is Stage.OFF else at
