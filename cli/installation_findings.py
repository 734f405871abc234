"""How this installation of Crossfade is: its version, Python, what is compiled, and what its configuration says."""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from cli.check import configuration_faults
from cli.context import Context
from cli.findings import Finding, failed, ok, warning
from proxy.plane import is_compiled


def own_version() -> str:
    """The version that is installed; `unknown` in a checkout that is not."""
    try:
        return version("crossfade")
    except PackageNotFoundError:
        return "unknown"


def installation_findings() -> Iterator[Finding]:
    """What is installed here, and whether it is what production wants."""
    python = f"Python {platform.python_version()}"
    yield ok("installation", f"crossfade {own_version()}, {python}, {platform.system()} {platform.machine()}")
    if is_compiled():
        yield ok("data plane", "compiled")
    else:
        yield warning(
            "data plane", "runs from its sources: right for a checkout", "in production: make compiled"
        )
    if find_spec("uvloop") is None:
        yield failed("event loop", "no uvloop", "install Crossfade's dependencies", is_environment=False)
    else:
        yield ok("event loop", f"uvloop {version('uvloop')}")


def configuration_findings(context: Context) -> Iterator[Finding]:
    """What is wrong in the configuration, or how much it names."""
    if faults := configuration_faults(context):
        for fault in faults:
            yield failed("configuration", fault, "crossfade config show --origins", is_environment=False)
        return
    domains = len(context.domain_names())
    said = f"{len(context.endpoints)} endpoints in {domains} domains, {len(context.rule_files)} rule files"
    if context.endpoints:
        yield ok("configuration", said)
    else:
        yield warning("configuration", "no endpoint is listed", "crossfade endpoints learn")
