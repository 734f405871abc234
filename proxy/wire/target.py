"""Where a backend is: a TCP port, with TLS or without, or a Unix socket. From configuration alone, never a request."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

UNIX = "unix:"


@dataclass(frozen=True, slots=True)
class Target:
    """An address; `path` is a Unix socket's, with which host and port mean nothing. `authority` is for `Host`."""

    host: str
    port: int
    path: str = ""
    tls: ssl.SSLContext | None = None
    authority: str = ""

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
    """The target of `http://host:port`, `https://host:port` or `unix:/path`; `ca` is who signs backends' certificates.

    Raises OSError or ssl.SSLError where the file is none.
    """
    if url.startswith(UNIX):
        return Target("", 0, url.removeprefix(UNIX), authority="localhost")
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    context = ssl.create_default_context(cafile=str(ca) if ca else None) if is_tls else None
    return Target(
        parts.hostname or "",
        parts.port or (443 if is_tls else 80),
        "",
        context,
        parts.netloc.rpartition("@")[2],
    )
