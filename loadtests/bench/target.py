"""What load is sent at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A server on loopback: the processes that serve, and those that work for it beside the live path."""

    name: str
    port: int
    pids: tuple[int, ...] = ()
    helpers: tuple[int, ...] = ()
