"""Leads: people who may become clients, from the first contact until they are converted, lost or archived.

A lead has a score, a temperature and notes to which every activity adds a paragraph. It belongs to one user, may be
kept private, is archived before it can be deleted for good, and never comes back from the archive.
"""

from domains.leads.routes import ROUTES
from domains.leads.services import LeadService

__all__ = ["ROUTES", "LeadService"]
