"""Every endpoint that modern serves, of all rooms: the list that server, proxy, parity and load tests read."""

from domains import appointments, clients, escrows, leads, listings
from domains.shared.routes import Route

ROUTES: tuple[Route, ...] = (
    *appointments.ROUTES,
    *clients.ROUTES,
    *escrows.ROUTES,
    *leads.ROUTES,
    *listings.ROUTES,
)
"""In the order in which the router tries them."""
