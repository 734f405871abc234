"""Whose exchanges a group has, in bounded space: a sample of the exchanges, and the clients that sent most of them.

The exchanges are a bottom-k sketch (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007): the
smallest digests of all. The smallest digests of several groups together are a random sample of their exchanges, and
each of them is in a group exactly if that group's sketch has it. The clients are counted by Space-Saving (Metwally,
Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements in data streams", ICDT 2005): who sent
more than one exchange in `CLIENTS` is among them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

EXCHANGES = 64
"""How many digests of a group are kept."""

CLIENTS = 64
"""How many clients of a group are counted."""


@dataclass(frozen=True, slots=True)
class ClientCount:
    """A client's token with how many exchanges it sent: at most `n`, and not less than `n - error`."""

    client: str
    n: int
    error: int = 0


@dataclass(frozen=True, slots=True)
class Members:
    """The exchanges and clients of one group; `exchanges` are digests, ascending."""

    exchanges: tuple[str, ...] = ()
    clients: tuple[ClientCount, ...] = ()

    @property
    def is_every_exchange(self) -> bool:
        """Whether the sketch has all exchanges of the group, and not a sample of them."""
        return len(self.exchanges) < EXCHANGES

    @property
    def is_every_client(self) -> bool:
        """Whether all clients of the group are counted."""
        return len(self.clients) < CLIENTS

    def with_exchanges(self, added: Iterable[tuple[str, str]]) -> "Members":
        """Also these, as (digest, client's token)."""
        digests = set(self.exchanges)
        counted = {count.client: count for count in self.clients}
        for digest, client in added:
            digests.add(digest)
            if client:
                _count(counted, client)
        clients = sorted(counted.values(), key=lambda count: (-count.n, count.client))
        return Members(tuple(sorted(digests)[:EXCHANGES]), tuple(clients))

    def written(self) -> dict[str, str]:
        """The columns of `GROUP_MEMBERS`."""
        rows = [(count.client, count.n, count.error) for count in self.clients]
        return {
            "exchanges": msgspec.json.encode(self.exchanges).decode(),
            "clients": msgspec.json.encode(rows).decode(),
        }


def members_of(exchanges: str, clients: str) -> Members:
    """What `Members.written` wrote."""
    rows = msgspec.json.decode(clients, type=list[tuple[str, int, int]])
    return Members(
        msgspec.json.decode(exchanges, type=tuple[str, ...]), tuple(ClientCount(*row) for row in rows)
    )


def _count(counted: dict[str, ClientCount], client: str) -> None:
    known = counted.get(client)
    if known is None and len(counted) >= CLIENTS:
        least = min(counted.values(), key=lambda count: (count.n, count.client))
        del counted[least.client]
        known = ClientCount(client, least.n, least.n)
    known = known or ClientCount(client, 0)
    counted[client] = ClientCount(client, known.n + 1, known.error)
