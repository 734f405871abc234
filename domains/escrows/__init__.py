"""Escrows: a house being bought or sold, from the accepted offer to the closing.

An escrow has a display id (`ESC-2026-0007`), money, dates, people, checklists, a timeline and documents. It
belongs to one user, may be shared by `data_access_control`, is archived before it can be deleted for good, and
counts its versions, so that two people who edit it at once do not overwrite each other.
"""

from domains.escrows.routes import ROUTES
from domains.escrows.services import EscrowService

__all__ = ["ROUTES", "EscrowService"]
