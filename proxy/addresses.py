"""Where a backend is: `http://host:port`, `https://host:port` or `unix:/path/to.sock`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Host and port, or the path of a Unix socket; `host` is without brackets."""

    host: str
    port: int
    tls: bool = False
    path: Path | None = None

    @classmethod
    def of(cls, url: str) -> Self:
        """Raises ValueError that says what was expected."""
        if url.startswith("unix:"):
            path = url.removeprefix("unix:")
            if not path.startswith("/") or path.startswith("//"):
                raise ValueError("expected the absolute path of a socket like unix:/run/backend.sock")
            return cls("localhost", 0, path=Path(path))
        parts = urlsplit(url)
        extras = parts.query or parts.fragment or parts.username is not None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or extras:
            raise ValueError(
                "expected the address of a backend like http://127.0.0.1:9001, https://crm.example or "
                "unix:/run/backend.sock, without a path"
            )
        return cls(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "https")
