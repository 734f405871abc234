"""What the endpoints of appointments answer beside what every room does."""

from dataclasses import replace

from domains.appointments.controllers import AppointmentController
from domains.appointments.services import LISTED, AppointmentService
from domains.shared.answers import crud
from domains.shared.errors import BusinessRuleError
from domains.shared.refusals import refusals
from domains.shared.shapes import Shape, row

_EVERY = crud(AppointmentController, AppointmentService, listed=Shape("ListedAppointment", row(LISTED)))
_RULES = refusals(BusinessRuleError)

ANSWERS = _EVERY | {
    "create": replace(
        _EVERY["create"], refuses=_EVERY["create"].refuses | _RULES | refusals((400, "MISSING_FIELDS"))
    ),
    "update": replace(_EVERY["update"], refuses=_EVERY["update"].refuses | _RULES),
    "cancel": _EVERY["archive"],
    "complete": _EVERY["archive"],
}
"""By the controller's methods."""
