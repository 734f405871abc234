"""Appointments: where an agent will be, when, and with whom.

An appointment has a day and times, may be about a client, a listing or a lead, and is scheduled, confirmed,
completed or cancelled. It belongs to one user, may be shared by `data_access_control`, is archived (which cancels
it) before it can be deleted for good, and counts its versions.
"""

from domains.appointments.routes import ROUTES
from domains.appointments.services import AppointmentService

__all__ = ["ROUTES", "AppointmentService"]
