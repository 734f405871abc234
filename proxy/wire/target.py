"""Where a backend is: a TCP port, with TLS or without, or a Unix socket. From configuration alone, never a request."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proxy.addresses import Address


@dataclass(frozen=True, slots=True)
class Target:
    """An address; `path` is a Unix socket's, with which host and port mean nothing."""

    host: str
    port: int
    path: str = ""
    tls: ssl.SSLContext | None = None

    async def connect(
        self, factory: Callable[[], asyncio.Protocol], timeout_s: float
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """A new connection; a name is looked up anew each time. Raises OSError, TimeoutError or ssl.SSLError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout_s):
            if self.path:
                return await loop.create_unix_connection(factory, self.path)
            return await loop.create_connection(factory, self.host, self.port, ssl=self.tls)


def target_of(url: str, ca: Path | None = None) -> Target:
    """The target of a backend's address; `ca` is who signs backends' certificates.

    Raises OSError or ssl.SSLError where the file is none, ValueError for what is no address.
    """
    address = Address.of(url)
    context = ssl.create_default_context(cafile=str(ca) if ca else None) if address.tls else None
    return Target(address.host, address.port, "" if address.path is None else str(address.path), context)
