"""The domains of the legacy backend: which routers they mount, whom those let in, and their handlers.

None has `/stats` or `/export`: `{id}` takes them (Q-15).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from legacy_bridge import appointments, clients, contacts, escrows, leads, listings, users
from legacy_bridge.auth import Auth
from legacy_bridge.calls import Handlers


@dataclass(frozen=True, slots=True)
class Domain:
    """Endpoints that migrate together; `routers` are path prefixes and whom they let in, also to unknown routes."""

    name: str
    routers: Mapping[str, Auth]
    handlers: Handlers
    exceptions: Mapping[tuple[str, str], Auth] = field(default_factory=dict)
    """Endpoints that let in somebody else than their router."""

    def auth_of(self, endpoint: tuple[str, str]) -> Auth:
        """Whom an endpoint of this domain lets in."""
        if endpoint in self.exceptions:
            return self.exceptions[endpoint]
        _, path = endpoint
        return next(auth for prefix, auth in self.routers.items() if f"{path}/".startswith(f"{prefix}/"))


DOMAINS: tuple[Domain, ...] = (
    Domain("escrows", {"/v1/escrows": Auth.KEY_OR_TOKEN}, escrows.HANDLERS),
    Domain("listings", {"/v1/listings": Auth.KEY_OR_TOKEN}, listings.HANDLERS),
    Domain("clients", {"/v1/clients": Auth.KEY_OR_TOKEN}, clients.HANDLERS),
    Domain("leads", {"/v1/leads": Auth.KEY_OR_TOKEN}, leads.HANDLERS),
    Domain("contacts", {"/v1/contacts": Auth.TOKEN, "/v1/contact-roles": Auth.TOKEN}, contacts.HANDLERS),
    Domain("appointments", {"/v1/appointments": Auth.KEY_OR_TOKEN}, appointments.HANDLERS),
    Domain("users", users.ROUTERS, users.HANDLERS, users.EXCEPTIONS),
)
"""Every domain that is served."""

ENDPOINTS_OF: Mapping[str, tuple[tuple[str, str], ...]] = {
    domain.name: tuple(domain.handlers) for domain in DOMAINS
}
"""Domain → (method, path template) of its endpoints."""

ENDPOINTS: tuple[tuple[str, str], ...] = tuple(
    endpoint for endpoints in ENDPOINTS_OF.values() for endpoint in endpoints
)
"""All endpoints of all domains."""
