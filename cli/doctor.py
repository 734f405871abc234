"""`crossfade doctor`: looks at everything that Crossfade stands on, and sends one request through all of it."""

import time
from collections.abc import Iterator

import click

from cli.backend_findings import backend_findings
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.findings import Finding, Health, exit_code_of, failed, findings_json, print_findings, warning
from cli.installation_findings import configuration_findings, installation_findings
from cli.local_findings import has_store, port_findings, state_findings, store_finding
from cli.mirror_probe import mirror_finding
from cli.output import Progress, json_option, print_json
from cli.sections import host_and_port
from cli.worker_findings import reached, worker_findings
from parity.errors import ParityError
from proxy.errors import ProxyError


@click.command()
@click.option("--no-mirror-probe", is_flag=True, help="Send no request through the proxy.")
@json_option
@pass_context
def doctor(context: Context, no_mirror_probe: bool, as_json: bool) -> None:
    """Look at the installation, the configuration, the backends, store, ports, clocks, proxy workers and mirror path.

    Exit code 1 when something of Crossfade's own failed, 3 when something around it did; warnings are no failure.
    """
    began = time.monotonic()
    with Progress() as progress:
        progress("looking ...")
        findings = [*_around(context), *_running(context, probes=not no_mirror_probe)]
    code = exit_code_of(findings)
    if as_json:
        took = round(time.monotonic() - began, 3)
        print_json(
            "crossfade.doctor/1", {"exit_code": code, "took_s": took, "findings": findings_json(findings)}
        )
    else:
        print_findings(findings)
    if code:
        raise click.exceptions.Exit(code)


def _around(context: Context) -> Iterator[Finding]:
    yield from installation_findings()
    yield from configuration_findings(context)
    backends = context.settings.backends
    if backends.legacy and backends.modern:
        try:
            yield from backend_findings(context)
        except UsageError as error:
            yield failed(
                "keys", str(error), "remove it, and end and start crossfade up", is_environment=False
            )
    yield store_finding(context)
    yield from state_findings(context.settings)
    yield from port_findings(context.settings)


def _running(context: Context, *, probes: bool) -> Iterator[Finding]:
    workers = list(worker_findings(context))
    yield from workers
    if not probes or not any(one.health is not Health.FAILED for one in workers):
        return
    try:
        running = context.flags.workers() if has_store(context.settings) else []
        if running:
            yield mirror_finding(context, _proxy_url(context, running[0].port))
    except (ParityError, ProxyError, UsageError) as error:
        yield warning("mirror path", f"not tried: {error}")


def _proxy_url(context: Context, port: int) -> str:
    proxy = context.settings.proxy
    host = reached(host_and_port(proxy.listen)[0])
    scheme = "http" if proxy.tls_certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
