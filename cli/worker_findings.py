"""How the proxy workers are: are they ready, of which version, which flags do they serve, is their clock right."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

from cli.backend_probe import probe_page
from cli.context import Context
from cli.errors import UnavailableError
from cli.findings import Finding, failed, ok, warning
from cli.installation_findings import own_version
from cli.local_findings import has_store
from cli.sections import host_and_port
from proxy.acknowledgements import STALE_S
from proxy.errors import FlagStoreError
from proxy.flag_rows import Worker

_SKEW_S = 5.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  where a listener on all is reached


def worker_findings(context: Context) -> Iterator[Finding]:
    """Every proxy worker that the store knows; those of other machines by their heartbeat alone."""
    try:
        workers = context.flags.workers() if has_store(context.settings) else []
        version = context.flags.version() if workers else 0
    except FlagStoreError:
        return  # the finding about the store has said why
    if not workers:
        yield warning("proxy workers", "none is running", "crossfade up starts them")
    for worker in workers:
        if worker.host == socket.gethostname():
            yield _own(context, worker, version)
        else:
            yield _elsewhere(worker, version)


def reached(host: str) -> str:
    """Where a listener on that host is reached from this machine."""
    return _EVERY_ADDRESS.get(host, host)


def _own(context: Context, worker: Worker, version: int) -> Finding:
    host = reached(host_and_port(context.settings.proxy.admin)[0])
    where = f"http://{f'[{host}]' if ':' in host else host}:{worker.admin_port}"
    try:
        told = _page(where, "/version")
        ready = _page(where, "/readyz")
    except UnavailableError as error:
        return failed(
            worker.name, f"pid {worker.pid}: {where}: {error}", "crossfade restart", is_environment=False
        )
    said = f"pid {worker.pid}, crossfade {told.get('version')}, flag version {told.get('flag_version')}"
    if not ready.get("ready"):
        problems = ", ".join(map(str, ready.get("problems", ())))
        return warning(worker.name, f"{said}: not ready: {problems}", "start what is missing")
    if told.get("version") != own_version():
        return warning(worker.name, f"{said}; here is {own_version()}", "crossfade restart")
    if told.get("flag_version") != version:
        return failed(
            worker.name, f"{said}; the flag table is at {version}", "crossfade restart", is_environment=False
        )
    return ok(worker.name, said)


def _elsewhere(worker: Worker, version: int) -> Finding:
    silent_s = time.time() - worker.seen_at.timestamp()
    said = f"on {worker.host}, flag version {worker.version}, seen {max(0.0, silent_s):.0f} s ago"
    if silent_s < -_SKEW_S:
        return warning(
            worker.name, f"{said}; its clock is {-silent_s:.0f} s ahead", "synchronize the clocks (NTP)"
        )
    if worker.version != version or silent_s > STALE_S:
        return warning(worker.name, f"{said}; the flag table is at {version}", f"look on {worker.host}")
    return ok(worker.name, said)


def _page(url: str, path: str) -> Mapping[str, Any]:
    try:
        found = json.loads(probe_page(url, path))
    except ValueError as error:
        raise UnavailableError(f"{path} is no JSON") from error
    return found if isinstance(found, dict) else {}
