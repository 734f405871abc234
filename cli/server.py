"""Which console an operator works by, and who says so: an option, a variable or the configuration; and with which token."""

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cli.errors import UsageError
from cli.sections import RemoteSection
from proxy.console.settings import is_loopback

_TOKEN = re.compile(r"cf_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Server:
    """A console by its address, without a slash at the end; `ca` is a PEM file to trust beside what the system trusts."""

    url: str
    token: str = field(repr=False)
    ca: Path | None = None
    timeout_s: float = 30.0

    def trusting(self) -> ssl.SSLContext:
        """By whom the server's certificate may be signed; raises UsageError."""
        context = ssl.create_default_context()
        if self.ca is not None:
            try:
                context.load_verify_locations(self.ca)
            except (OSError, ssl.SSLError) as error:
                reason = getattr(error, "strerror", None) or error
                raise UsageError(
                    f"remote.ca: {str(self.ca)!r}: expected a PEM file with certificates: {reason}"
                ) from error
        return context


def server_of(section: RemoteSection, given: str | None, token: str | None) -> Server | None:
    """The server that was given, or that is configured; None: the store is here. Raises UsageError.

    `token` is what the environment says; it wins over the file.
    """
    name, url = ("remote.url", section.url) if given is None else ("--server", given)
    if not url:
        return None
    return Server(_address(name, url), _token(section, token), section.ca, section.timeout_s)


def _address(name: str, url: str) -> str:
    shown = f"{name} {url[:200]!r}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(
            f"{shown}: expected an address like https://console.example:8400 ({error})"
        ) from None
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not host or not is_plain:
        raise UsageError(f"{shown}: expected an address like https://console.example:8400")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"{shown}: expected https://, without which others on the way could read the access token"
            " (http:// is for loopback, through a tunnel say)"
        )
    return url.rstrip("/")


def _token(section: RemoteSection, given: str | None) -> str:
    if given is not None:
        return _checked("CROSSFADE_TOKEN", given)
    if section.token_file is None:
        raise UsageError(
            "a server wants an access token: set CROSSFADE_TOKEN, or remote.token_file to a file with it"
            " (crossfade token create NAME makes one)"
        )
    try:
        return _checked("remote.token_file", section.token_file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(
            f"remote.token_file: {str(section.token_file)!r}: expected a file with an access token: {reason}"
        ) from error


def _checked(name: str, text: str) -> str:
    """The token; what was given instead is not shown, for it may be another secret."""
    token = text.strip()
    if not _TOKEN.match(token):
        raise UsageError(
            f"{name}: (hidden, {len(token)} characters): expected an access token like cf_ID_SECRET,"
            " as crossfade token create prints it"
        )
    return token
