"""Proposals as the rows of `crossfade.toml`, with what was decided as comments above them."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec.structs import fields

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


def _values(endpoint: Endpoint) -> Iterator[str]:
    """The keys that identify an endpoint, and what is not as by default."""
    for field in fields(endpoint):
        value = getattr(endpoint, field.name)
        if value != field.default:
            shown = toml_text(value) if isinstance(value, str) else json.dumps(value)
            yield f"{field.name} = {shown}"
