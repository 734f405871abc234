"""Every endpoint that modern serves, of all rooms: the list that server, proxy, parity and load tests read."""

from importlib import import_module

from domains.rooms import ROOMS
from domains.shared.routes import Route

ROUTES: tuple[Route, ...] = tuple(
    route for room in ROOMS for route in import_module(f"domains.{room}").ROUTES
)
"""In the order in which the router tries them."""
