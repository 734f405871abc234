"""Every endpoint that modern serves, of all rooms: the list that server, proxy, parity and load tests read."""

from domains import escrows
from domains.shared.routes import Route

ROUTES: tuple[Route, ...] = (*escrows.ROUTES,)
"""In the order in which the router tries them."""
