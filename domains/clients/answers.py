"""What the endpoints of clients answer beside what every room does."""

from dataclasses import replace

from domains.clients.controllers import ClientController
from domains.clients.services import ClientService
from domains.shared.answers import Answer, crud
from domains.shared.errors import ForbiddenError, NotFoundError
from domains.shared.people import clients, contacts
from domains.shared.refusals import refusals
from domains.shared.shapes import ANYTHING, Shape, some, whole

_EVERY = crud(ClientController, ClientService)
_ABSENT = refusals(ForbiddenError, NotFoundError)
_SENT = ("first_name", "last_name", "email", "phone")
_NEW = whole(
    some(clients, "id", "contact_id", "client_type", "status") | dict.fromkeys(_SENT, ANYTHING),
    optional=_SENT,
)
"""What is sent is told as it was sent."""

ANSWERS = _EVERY | {
    "create": Answer(
        Shape("NewClient", _NEW),
        status=201,
        refuses=_EVERY["create"].refuses | refusals((409, "DUPLICATE_EMAIL")),
    ),
    "archive": replace(_EVERY["archive"], data=whole(some(clients, "id"))),
    "add_note": Answer(
        whole(some(contacts, "notes")), status=201, refuses=_ABSENT | refusals((400, "MISSING_CONTENT"))
    ),
    "set_tags": Answer(whole(some(contacts, "tags")), refuses=_ABSENT | refusals((400, "INVALID_TAGS"))),
}
"""By the controller's methods."""
