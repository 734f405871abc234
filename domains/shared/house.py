"""What endpoints need of the house that they are in, and where other people's services begin.

Google is asked, and e-mail handed over, at a port: whoever runs the backend, or a test, hands in what stands behind
it. Nothing is sent from here.
"""

import secrets
from dataclasses import dataclass, field
from typing import Protocol

COOKIE_DOMAIN = ".crm.example.test"
"""The domain of the recorded cookies."""


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


class NoGoogle:
    """Knows nobody."""

    async def identify(self, id_token: str) -> GoogleIdentity | None:
        """Nobody."""
        del id_token
        return None


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """One e-mail on its way out."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Takes outgoing e-mail."""

    async def send(self, email: OutgoingEmail) -> None:
        """Hand one over; no answer waits for it, and a failure is logged."""
        ...


class NoMailer:
    """Drops every e-mail."""

    async def send(self, email: OutgoingEmail) -> None:
        """Send nothing."""


@dataclass(frozen=True, slots=True)
class House:
    """The secret that signs access tokens, the domain of cookies, and the ports to Google and to a mailer."""

    jwt_secret: str = field(default_factory=secrets.token_hex, repr=False)
    cookie_domain: str = COOKIE_DOMAIN
    google: GoogleSignIn = field(default_factory=NoGoogle)
    mailer: Mailer = field(default_factory=NoMailer)
