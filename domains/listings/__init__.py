"""Listings: a house offered for sale, from the first draft to the sale or the withdrawal.

A listing has an MLS number, a price, a status and the agent of record, who alone may archive it. It belongs to one
user, may be shared by `data_access_control`, and is out of sight once it is archived.
"""

from domains.listings.routes import ROUTES
from domains.listings.services import ListingService

__all__ = ["ROUTES", "ListingService"]
