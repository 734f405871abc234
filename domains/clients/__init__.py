"""Clients: somebody who buys or sells with us, and the contact that says who they are.

A client has a type and a status; name, address, notes and tags are its contact's, and come and go with it. It
belongs to one user, may be shared by `data_access_control`, and counts its versions. Being archived is a status.
"""

from domains.clients.routes import ROUTES
from domains.clients.services import ClientService

__all__ = ["ROUTES", "ClientService"]
