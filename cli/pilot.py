"""`crossfade pilot`: walk a domain through the stages by a policy; see, pause, resume and stop that."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from cli.confirming import confirm, confirm_options
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.flips import GRAVE, STAGES, stage_of
from cli.output import Progress, console, json_option, message, print_json
from cli.pilot_here import here_options, walk_here
from cli.pilot_words import event_text, policy_lines, run_json, run_lines
from cli.piloting import pilot_of, simulated, simulated_by_ledger
from proxy.errors import PilotError
from proxy.flags import DEFAULT_FLAG
from proxy.operations import Piloted, Turn
from proxy.pilot_policy import DEFAULT_POLICY, Policy, name_of, read_policy
from proxy.pilot_runs import PilotRun, RunState
from proxy.pilot_simulation import Moment
from proxy.stages import Stage

RUNS = "crossfade.pilot-runs/1"
SIMULATION = "crossfade.pilot-simulation/1"
NOT_REACHED = 1
_TARGETS = STAGES[1:]
_BY_STORE = "the self-test, rules and acceptances are today's, and the books are taken to balance"
_BY_LEDGER = "verdicts are those that the ledger kept with its entries, at the stages of then"
_TURNED: Mapping[Turn, frozenset[RunState]] = {
    Turn.PAUSE: frozenset({RunState.RUNNING}),
    Turn.RESUME: frozenset({RunState.PAUSED}),
    Turn.STOP: frozenset({RunState.RUNNING, RunState.PAUSED}),
}
"""The runs that are turned where no domain is named."""


class _Starting(click.Group):
    """`crossfade pilot escrows` is `crossfade pilot start escrows`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A word that is no command of the group is a domain."""
        is_domain = args[0] not in self.commands and not args[0].startswith("-")
        return super().resolve_command(ctx, ["start", *args] if is_domain else args)


@click.group(cls=_Starting)
def pilot() -> None:
    """Walk a domain through the stages by a policy, as soon as each verdict allows.

    `crossfade pilot DOMAIN` is `crossfade pilot start DOMAIN`.
    """


@pilot.command()
@click.argument("domain")
@click.option("--to", "target", default=Stage.COMPLETE.value, show_default=True, help="The stage to end at.")
@click.option(
    "--policy",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_POLICY,
    show_default="the one in the box",
    help="Steps, holds, working hours: a TOML file.",
)
@click.option("--simulate", is_flag=True, help="Play it against what was recorded; nothing is changed.")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Play it against that file of `crossfade history --export` instead.",
)
@confirm_options
@here_options
@json_option
@pass_context
def start(
    context: Context,
    domain: str,
    target: str,
    file: Path,
    simulate: bool,
    ledger: Path | None,
    yes: bool,
    no_input: bool,
    here: bool,
    as_json: bool,
) -> None:
    """Start a pilot of DOMAIN. A console walks it, or with --here this command.

    It goes one step when the step before has lasted, the verdict is ready, and within working hours. It pauses, and says
    why, when the verdict is no, when anybody else changes the flag, and before a step in a freeze window.
    """
    context.require_domain(domain)
    stage = stage_of(target, "--to")
    if target not in _TARGETS:
        raise UsageError(f"--to {target!r}: expected one of: {', '.join(_TARGETS)}")
    if ledger is not None and not simulate:
        raise UsageError(f"--ledger {ledger}: expected --simulate with it")
    text, policy = read_policy(file)
    steps = policy_lines(policy, stage)
    if simulate:
        _simulate(context, domain, policy, stage, ledger, as_json=as_json)
        return
    table = context.flags.table()
    flag = table.rows.get(domain, DEFAULT_FLAG)
    message("\n".join([f"{domain} is at {flag.stage}; policy {name_of(file)}:", *steps]))
    own = [name for name in table.rows if name != domain and context.domain_of(name) == domain]
    if own:
        message(f"rows of their own, which a pilot leaves as they are: {', '.join(own)}")
    if stage in GRAVE:
        confirm(domain, f"a pilot takes {domain} to {stage}, step by step", yes=yes, no_input=no_input)
    made = pilot_of(context)

    def begin() -> PilotRun:
        return made.runs.start(domain, text, name_of(file), stage, actor=context.actor, now=time.time())

    if here:
        walk_here(context, made, domain, begin, as_json=as_json)
    else:
        run = begin()
        _report([Piloted(run, made.holder(domain))], as_json=as_json)


@pilot.command()
@click.argument("domain", required=False)
@json_option
@pass_context
def status(context: Context, domain: str | None, as_json: bool) -> None:
    """Show the latest pilot of DOMAIN, or of every domain: state, step, and why it waits or is paused."""
    operations = context.operations
    found = operations.pilots() if domain is None else [operations.pilot(context.require_domain(domain))]
    _report(found, as_json=as_json)
    if not found and not as_json:
        message("no pilot was started yet: crossfade pilot start DOMAIN")


@pilot.command()
@click.argument("domain", required=False)
@click.option("--reason", default="", help="Why; not required.")
@json_option
@pass_context
def pause(context: Context, domain: str | None, reason: str, as_json: bool) -> None:
    """Pause the pilot of DOMAIN, or every one that is running. The flag stays where it is."""
    _turn(context, domain, Turn.PAUSE, reason.strip(), as_json=as_json)


@pilot.command()
@click.argument("domain", required=False)
@here_options
@json_option
@pass_context
def resume(context: Context, domain: str | None, here: bool, as_json: bool) -> None:
    """Resume the pilot of DOMAIN, or every one that is paused, from where the domain is now.

    With --here also one that runs and that nobody walks.
    """
    if not here:
        _turn(context, domain, Turn.RESUME, "", as_json=as_json)
        return
    if domain is None:
        raise UsageError("--here: expected a domain to walk")
    made = pilot_of(context)
    run = made.runs.get(context.require_domain(domain))

    def begin() -> PilotRun:
        if run.state is RunState.RUNNING:
            return run
        return made.runs.resume(run, actor=context.actor, now=time.time())

    walk_here(context, made, domain, begin, as_json=as_json)


@pilot.command()
@click.argument("domain", required=False)
@click.option("--reason", default="", help="Why; not required.")
@json_option
@pass_context
def stop(context: Context, domain: str | None, reason: str, as_json: bool) -> None:
    """End the pilot of DOMAIN, or every one. The flag stays where it is; rollback brings it back."""
    _turn(context, domain, Turn.STOP, reason.strip(), as_json=as_json)


def _turn(context: Context, domain: str | None, turn: Turn, reason: str, *, as_json: bool) -> None:
    operations = context.operations
    if domain is not None:
        found = [operations.pilot(context.require_domain(domain))]
    else:
        states = _TURNED[turn]
        found = [one for one in operations.pilots() if one.run.state in states]
        if not found:
            raise PilotError(f"no pilot is {' or '.join(sorted(states))}")
    _report([operations.turn_pilot(one, turn, reason) for one in found], as_json=as_json)


def _report(found: Sequence[Piloted], *, as_json: bool) -> None:
    if as_json:
        print_json(RUNS, {"runs": [run_json(one.run, one.walked_by) for one in found]})
        return
    out = console()
    for one in found:
        for line in run_lines(one.run, one.walked_by):
            out.print(line, markup=False)


def _simulate(
    context: Context, domain: str, policy: Policy, target: Stage, ledger: Path | None, *, as_json: bool
) -> None:
    if ledger is not None:
        moments = list(simulated_by_ledger(context, domain, policy, target, ledger))
    else:
        with Progress() as progress:
            progress(f"playing the policy against what was recorded of {domain}")
            moments = list(simulated(context, domain, policy, target))
    last = moments[-1]
    if as_json:
        print_json(
            SIMULATION,
            {
                "domain": domain,
                "target": target.value,
                "reached": last.kind == "done",
                "moments": [
                    {"at": one.at.isoformat(), "kind": one.kind, "words": one.words} for one in moments
                ],
            },
        )
    else:
        _print_moments(moments)
        message(f"{_BY_STORE if ledger is None else _BY_LEDGER}; nothing was changed")
    if last.kind != "done":
        raise click.exceptions.Exit(NOT_REACHED)


def _print_moments(moments: list[Moment]) -> None:
    out = console()
    for one in moments:
        out.print(f"{one.at:%Y-%m-%d %H:%M} UTC  {event_text(one.kind, one.words)}", markup=False)
