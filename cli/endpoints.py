"""`crossfade endpoints learn`: endpoints that traffic gives reason to propose."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click
from msgspec.structs import asdict

from cli.context import Context, pass_context
from cli.endpoint_toml import rows_toml
from cli.listed import METHODS, Listed, domain_of
from cli.local_findings import has_store
from cli.output import json_option, message, print_json
from cli.proposals import Proposal, propose
from cli.spans import Span
from parity.exchange import Endpoint
from proxy.path_folding import PARAMETER, read, written
from proxy.routing import RoutingTable
from proxy.unlisted import OTHER, Seen, seen_paths

_NO_ENDPOINTS_OF = frozenset({"HEAD", "OPTIONS", "TRACE"})


@click.group()
def endpoints() -> None:
    """The endpoints: what traffic says of those that are not listed."""


@endpoints.command()
@click.option("--since", type=Span(), help="Only what was asked for in the last 90s, 15m, 2h, 7d.")
@json_option
@pass_context
def learn(context: Context, since: float | None, as_json: bool) -> None:
    """Propose endpoints, as rows for crossfade.toml, from what was answered and is at no endpoint of the list.

    Paths are kept folded: what could be an id or anybody's name is a parameter. Nothing is changed by it.
    """
    start = 0.0 if since is None else time.time() - since
    seen = seen_paths(context.engine, since=start) if has_store(context.settings) else []
    proposals = learned(seen, context.endpoints)
    other = sum(one.n for one in seen if one.path == OTHER)
    if as_json:
        print_json("crossfade.endpoints-learn/1", {"proposals": _values(proposals), "other": other})
        return
    if proposals:
        click.echo(rows_toml(proposals), nl=False)
        message("they take effect in crossfade.toml, by crossfade reload")
    else:
        message("nothing to propose: what was asked for and answered is listed, or nothing came yet")
    if other:
        message(f"{other:,} more requests were at paths of which there are too many, or that are too long")


def learned(seen: Iterable[Seen], listed: Sequence[Endpoint]) -> list[Proposal]:
    """One proposal for each method and path that is not listed by now, the most frequent domains first."""
    routing = RoutingTable(listed)
    wanted = [one for one in seen if _is_wanted(one, routing)]
    known = [_listed(one) for one in listed]
    new = [Listed(domain_of(path := template(one.path)), one.method, path) for one in wanted]
    proposals = propose([*known, *new])[len(known) :]
    return [
        Proposal(proposal.endpoint, (_evidence(one), *proposal.why))
        for one, proposal in zip(wanted, proposals, strict=True)
    ]


def template(path: str) -> str:
    """The folded path with names for its parameters: `/v1/orders/{order}/items/{id}`."""
    named: list[str] = []
    segments = read(path)
    last = max((at for at, part in enumerate(segments) if part == PARAMETER), default=-1)
    for at, part in enumerate(segments):
        if part != PARAMETER:
            named.append(part)
            continue
        before = segments[at - 1] if at else PARAMETER
        word = "id" if at == last or before == PARAMETER else _singular(before)
        used = {name for name in named if name.startswith("{")}
        named.append(
            next(name for number in range(1, len(segments) + 2) if (name := _name(word, number)) not in used)
        )
    return written(tuple(named))


def _name(word: str, number: int) -> str:
    return f"{{{word}}}" if number == 1 else f"{{{word}{number}}}"


def _singular(word: str) -> str:
    plain = word.replace("-", "_").replace(".", "_")
    if plain.endswith("ies"):
        return f"{plain[:-3]}y"
    return plain[:-1] if plain.endswith("s") and not plain.endswith("ss") else plain


def _is_wanted(one: Seen, routing: RoutingTable) -> bool:
    if one.path == OTHER or one.method not in METHODS - _NO_ENDPOINTS_OF:
        return False
    return routing.match(one.method, one.path) is None


def _listed(endpoint: Endpoint) -> Listed:
    given = asdict(endpoint)
    for name in ("domain", "method", "path"):
        del given[name]
    return Listed(endpoint.domain, endpoint.method, endpoint.path, given=given)


def _evidence(one: Seen) -> str:
    last = datetime.fromtimestamp(one.last_seen_at, UTC).strftime("%Y-%m-%d %H:%M")
    times = "once" if one.n == 1 else f"{one.n:,} times"
    return f"seen {times} (a sample), last {last} UTC"


def _values(proposals: Sequence[Proposal]) -> list[dict[str, object]]:
    return [
        {
            "domain": one.endpoint.domain,
            "method": one.endpoint.method,
            "path": one.endpoint.path,
            "mirrorable": one.endpoint.mirrorable,
            "read_back": one.endpoint.read_back,
            "why": list(one.why),
        }
        for one in proposals
    ]
