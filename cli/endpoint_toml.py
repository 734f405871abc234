"""Proposals as the rows of `crossfade.toml`, with what was decided as comments above them."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from cli.proposals import Proposal
from parity.exchange import Endpoint
from parity.suggest_toml import toml_comment, toml_text


def rows_toml(proposals: Sequence[Proposal]) -> str:
    """A `[[endpoints]]` table for each, the domains one after the other in the order in which they come first."""
    parts = []
    for domain, rows in by_domain(proposals):
        count = f"{len(rows)} {'endpoint' if len(rows) == 1 else 'endpoints'}"
        parts.append(toml_comment(f"---- {domain}: {count} ----"))
        parts += [_row(one) for one in rows]
    return "\n\n".join(parts) + "\n"


def by_domain(proposals: Sequence[Proposal]) -> list[tuple[str, list[Proposal]]]:
    """The proposals of each domain, in the order in which the domains come first."""
    place: dict[str, int] = {}
    for one in proposals:
        place.setdefault(one.endpoint.domain, len(place))
    ordered = sorted(proposals, key=lambda one: place[one.endpoint.domain])
    return [(domain, list(rows)) for domain, rows in groupby(ordered, key=lambda one: one.endpoint.domain)]


def _row(proposal: Proposal) -> str:
    lines = [toml_comment(why) for why in proposal.why]
    return "\n".join([*lines, "[[endpoints]]", *_values(proposal.endpoint)])


def _values(endpoint: Endpoint) -> Iterable[str]:
    yield f"domain = {toml_text(endpoint.domain)}"
    yield f"method = {toml_text(endpoint.method)}"
    yield f"path = {toml_text(endpoint.path)}"
    if not endpoint.mirrorable:
        yield "mirrorable = false"
    if endpoint.read_back:
        yield f"read_back = {toml_text(endpoint.read_back)}"
    if endpoint.read_back_id:
        yield f"read_back_id = {toml_text(endpoint.read_back_id)}"
