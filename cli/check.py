"""`crossfade check`: whether the configuration is right, and everything there that it names."""

import click

from cli.backend_findings import backend_findings
from cli.checks import problems
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.findings import exit_code_of, findings_json, ok, print_findings
from cli.local_findings import port_findings, state_findings, store_finding
from cli.output import Progress, json_option, print_json
from cli.settings import wrong
from cli.workers import require_backends, runtime_socket
from parity.errors import RulesError


@click.command()
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Validate the configuration, every wrong field at once; then ask both backends, the store and the ports.

    Each backend is asked once, by a signed copy. Exit code 2 when the configuration is wrong, 3 when something
    that it names is not there.
    """
    settings = context.settings
    faults = configuration_faults(context)
    if faults:
        raise wrong(faults, "as a whole")
    domains = len(context.domain_names())
    said = f"{len(context.endpoints)} endpoints in {domains} domains, {len(context.rule_files)} rule files"
    with Progress() as progress:
        progress("asking the backends ...")
        findings = [
            ok("configuration", said),
            *backend_findings(context),
            store_finding(context),
            *state_findings(settings),
            *port_findings(settings),
        ]
    code = exit_code_of(findings)
    if as_json:
        print_json("crossfade.check/1", {"exit_code": code, "findings": findings_json(findings)})
    else:
        print_findings(findings)
    if code:
        raise click.exceptions.Exit(code)


def configuration_faults(context: Context) -> list[str]:
    """Everything that is wrong although each field is what it may be: what is missing, does not fit, is not there."""
    faults = []
    try:
        require_backends(context.settings)
    except UsageError as error:
        faults += str(error).split("; ")
    try:
        runtime_socket(context.settings)
    except UsageError as error:
        faults.append(str(error))
    faults += problems(context.settings, context.endpoints)
    try:
        context.rules()
    except RulesError as error:
        faults += error.problems
    return faults
