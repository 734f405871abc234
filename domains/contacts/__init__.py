"""Contacts: the address book of one user, and the roles that a contact plays: a buyer, a lender, an inspector.

A contact is its user's alone, whoever else asks for it; only its roles are under the rules of the other rooms. It
can be archived and taken back, and is deleted for good with or without that, unless a client refers to it.
"""

from domains.contacts.routes import ROUTES
from domains.contacts.services import ContactService

__all__ = ["ROUTES", "ContactService"]
