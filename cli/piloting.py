"""How a pilot is put together here: the store, the verdict, control; and what it would have done before."""

import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cli.context import Context
from cli.control import StoredJudge, as_judged, control_of, freeze_windows
from cli.ledger_file import read_ledger
from proxy.flag_rows import Judged
from proxy.pilot import Pilot, PilotSettings
from proxy.pilot_ledger import LedgerPast
from proxy.pilot_policy import Policy
from proxy.pilot_simulation import Moment, simulate
from proxy.stages import Stage

_LEASE_EVERY = 6


def pilot_of(context: Context) -> Pilot:
    """The watch of a console process, or of a command in the foreground."""
    every_s = context.settings.pilot.every_s
    return Pilot(
        context.engine,
        context.flags,
        control_of(context),
        StoredJudge(context),
        f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        PilotSettings(every_s=every_s, lease_s=max(PilotSettings().lease_s, every_s * _LEASE_EVERY)),
    )


def simulated(context: Context, domain: str, policy: Policy, target: Stage) -> Iterator[Moment]:
    """What the policy would have done on what the store has counted of a domain; nothing is changed.

    Self-test, load test, rules and acceptances are those of today; whether the books balanced then, nobody knows.
    """
    from cli.parity_verdict import limits, required_cells
    from parity.acceptances import acceptances_changed_at
    from parity.load_condition import deciding
    from parity.past import past_of
    from parity.rule_changes import rules_changed_at
    from parity.selftest_results import state_of
    from parity.verdict import build_verdict

    own = [endpoint for endpoint in context.endpoints if endpoint.domain == domain]
    names = [endpoint.name for endpoint in own]
    changed = [
        at
        for at in (rules_changed_at(context.engine, names), acceptances_changed_at(context.engine, names))
        if at is not None
    ]
    self_test = state_of(context.engine, domain)
    load_test = deciding(context.engine, domain)
    with past_of(context.engine, own) as past:

        def judge(since: float, now: float) -> Judged:
            verdict = build_verdict(
                past.until(now),
                domain,
                own,
                limits=limits(context),
                cells=required_cells(context),
                since=max([since, *(at for at in changed if at <= now)]),
                self_test=self_test,
                load_test=load_test,
                max_fleeting_share=context.settings.parity.max_fleeting_share,
                now=now,
            )
            told = [one for one in verdict.domain.conditions if one.name != "books"]
            return as_judged(replace(verdict.domain, conditions=tuple(told)))

        yield from simulate(
            domain,
            policy,
            target,
            past.span() or _no_time(),
            judge,
            tuple(freeze_windows(context.settings.control.freeze)),
        )


def simulated_by_ledger(
    context: Context, domain: str, policy: Policy, target: Stage, file: Path
) -> Iterator[Moment]:
    """What the policy would have done by the verdicts that an exported ledger has of a domain; no store is asked.

    Whoever took the domain back ends it, as that pauses a pilot. Raises UsageError where the file is no ledger.
    """
    keys = {domain, *(endpoint.name for endpoint in context.endpoints if endpoint.domain == domain)}
    past = LedgerPast(read_ledger(file), domain, keys)
    freezes = tuple(freeze_windows(context.settings.control.freeze))
    return simulate(domain, policy, target, past.span() or _no_time(), past.judge, freezes, past.taken_back)


def _no_time() -> tuple[float, float]:
    now = time.time()
    return now, now - 1.0
