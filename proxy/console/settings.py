"""Where the console listens, whom it believes, and for how long; `cli/` fills it in."""

import ipaddress
from dataclasses import dataclass

from proxy.settings import TlsSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Everything that the console is told. `hosts` are names in `Host` that are ours besides those of loopback.

    A session ends `session_idle_s` after its last request, and `session_s` after its sign-in in any case. A connection
    without a request under way is closed after `quiet_s`. A
    stream asks again who reads it after `proven_s`. `failures_per_address` and `failures` wrong tokens within
    `failure_window_s` are the most that are looked at, of one address and of all.
    """

    host: str = "127.0.0.1"
    port: int = 8400
    tls: TlsSettings | None = None
    hosts: frozenset[str] = frozenset()
    session_idle_s: float = 1_800.0
    session_s: float = 43_200.0
    max_acceptance_days: int = 180
    max_connections: int = 256
    max_streams: int = 64
    quiet_s: float = 15.0
    body_s: float = 10.0
    store_s: float = 30.0
    failures_per_address: int = 10
    failures: int = 200
    failure_window_s: float = 900.0
    proven_s: float = 30.0


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there; a name other than `localhost` may be anybody's."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
