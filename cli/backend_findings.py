"""How the two backends are: do they answer, by which HTTP, what do they tell, and is their clock right."""

from collections.abc import Sequence

from cli.backend_probe import Probed, probe_backend
from cli.context import Context
from cli.errors import UnavailableError
from cli.findings import Finding, failed, ok, warning
from parity.exchange import Endpoint

SKEW_S = 5.0
"""More than this and times in reports mislead."""
SIGNED_S = 300.0
"""More than this and a backend that checks signatures takes no copy for one (docs/adopting.md)."""


def backend_findings(context: Context) -> list[Finding]:
    """Both backends, each asked once for the same read."""
    settings = context.settings
    target = probe_target(context.endpoints)
    # looking makes nothing: without a key of this installation the probe is a copy that nobody signed
    secret = settings.key("shadow") if (settings.state_dir / "shadow.key").exists() else b""
    findings = []
    for name, url in (("legacy", settings.backends.legacy), ("modern", settings.backends.modern)):
        try:
            probed = probe_backend(url or "", target, secret=secret, ca=settings.backends.ca)
        except UnavailableError as error:
            remedy = f"start it, or give another address as [backends] {name}"
            findings.append(failed(name, f"{url}: {error}", remedy))
        else:
            findings += _findings(name, url or "", target, probed)
    return findings


def probe_target(endpoints: Sequence[Endpoint]) -> str:
    """A path that can be asked for without knowing any id: that of a read without parameters, else `/`."""
    paths = (one.path for one in endpoints if one.method == "GET" and one.mirrorable and "{" not in one.path)
    return next(paths, "/")


def _findings(name: str, url: str, target: str, probed: Probed) -> list[Finding]:
    said = f"{url}: GET {target} is {probed.status} by {probed.version} in {probed.ms:.0f} ms"
    found = [_answer(name, said, probed)]
    if "x-query-count" in probed.headers:
        found.append(ok(f"{name} queries", f"says X-Query-Count: {probed.headers['x-query-count']}"))
    else:
        found.append(
            ok(f"{name} queries", "sends no X-Query-Count (optional): reports will have no query counts")
        )
    skew_s = probed.skew_s
    if skew_s is not None and abs(skew_s) > SKEW_S:
        found.append(_skewed(name, skew_s))
    return found


def _answer(name: str, said: str, probed: Probed) -> Finding:
    if probed.status >= 500:
        return warning(name, said, "its log says why; Crossfade compares errors, too")
    if probed.version == "HTTP/1.0":
        return warning(name, said, "let it speak HTTP/1.1: each request takes a connection of its own")
    return ok(name, said)


def _skewed(name: str, skew_s: float) -> Finding:
    where = f"its clock is {abs(skew_s):.0f} s {'ahead' if skew_s > 0 else 'behind'} of this machine's"
    remedy = "synchronize both clocks (NTP)"
    if abs(skew_s) > SIGNED_S:
        return failed(f"{name} clock", f"{where}: it cannot believe the signature of a copy", remedy)
    return warning(f"{name} clock", where, remedy)
