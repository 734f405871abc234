"""The listening socket of all proxy workers: bound once, inherited by each, so that none takes its queue along."""

import socket
from typing import Any

from cli.errors import UnavailableError
from cli.output import warn


def bind(host: str, port: int) -> socket.socket:
    """A socket on that address that takes connections as soon as the first worker listens on it.

    A newer `crossfade up` may have the same port beside it. Raises UnavailableError.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            is_taken = port and _is_taken(family, kind, protocol, address)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(address)
            if is_taken:
                warn(f"another process has {host}:{port} too; while it does, connections go to either")
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise UnavailableError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return bound


def _is_taken(family: int, kind: int, protocol: int, address: Any) -> bool:
    with socket.socket(family, kind, protocol) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            alone.bind(address)
        except OSError:
            return True
    return False
