"""What the endpoints of leads answer beside what every room does."""

from dataclasses import replace

from domains.leads.controllers import LeadController
from domains.leads.services import LeadService
from domains.shared.answers import Answer, crud
from domains.shared.errors import BusinessRuleError
from domains.shared.people import clients
from domains.shared.refusals import refusals
from domains.shared.shapes import Shape, row, whole

_EVERY = crud(LeadController, LeadService)
_LEAD = _EVERY["update"].data or {}
_RULES = refusals(BusinessRuleError)

ANSWERS = _EVERY | {
    "create": replace(_EVERY["create"], refuses=_EVERY["create"].refuses | _RULES),
    "update": replace(_EVERY["update"], refuses=_EVERY["update"].refuses | _RULES),
    "record_activity": _EVERY["archive"],
    "convert": Answer(
        whole({"client": Shape("ConvertedClient", row(clients.c)), "lead": _LEAD}),
        has_message=True,
        is_timestamped=True,
        refuses=_EVERY["archive"].refuses,
    ),
}
"""By the controller's methods."""
