"""Where the legacy backend ends and other people's services begin: outgoing e-mail and Google sign-in.

Nothing is sent from here. A test, or whoever runs the backend, hands in what stands behind a port.
"""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Email:
    """One e-mail on its way out."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Takes outgoing e-mail; a failure is the mailer's own business."""

    async def send(self, email: Email) -> None:
        """Hand one e-mail over."""
        ...


@dataclass(frozen=True, slots=True)
class GoogleIdentity:
    """Whom a Google ID token names."""

    google_id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    picture_url: str | None = None


class GoogleSignIn(Protocol):
    """Says whom an ID token names, or None where Google would not vouch for it."""

    async def identify(self, id_token: str) -> GoogleIdentity | None:
        """Ask Google."""
        ...


class NoMailer:
    """Drops every e-mail."""

    async def send(self, email: Email) -> None:
        """Send nothing."""


class NoGoogle:
    """Knows nobody."""

    async def identify(self, id_token: str) -> GoogleIdentity | None:  # noqa: ARG002 - the port's signature
        """Nobody."""
        return None


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one backend."""

    mailer: Mailer = field(default_factory=NoMailer)
    google: GoogleSignIn = field(default_factory=NoGoogle)
