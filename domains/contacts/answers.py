"""What the endpoints of contacts and their roles answer beside what every room does."""

from dataclasses import replace

from domains.contacts.controllers import ContactController
from domains.contacts.models import assignments, contact_roles
from domains.contacts.services import FOUND, LISTED, LISTED_ROLE, ContactService
from domains.shared.answers import Answer, crud, pages
from domains.shared.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from domains.shared.refusals import refusals
from domains.shared.shapes import INTEGER, Shape, each, row, some, whole

_EVERY = crud(ContactController, ContactService)
_PLAIN = {name: replace(_EVERY[name], has_message=False) for name in ("create", "archive", "restore")}
_ABSENT = refusals(ForbiddenError, NotFoundError)
_COUNT = {"count": INTEGER}
_ROLE = Shape("ContactRole", row(contact_roles.c))
_ASSIGNED = Shape(
    "AssignedRole",
    whole(
        some(assignments, "role_id")
        | some(contact_roles, "role_name", "display_name", "color", "icon")
        | some(assignments, "is_primary", "role_metadata", "assigned_at", "is_active")
    ),
)

ANSWERS = (
    _EVERY
    | _PLAIN
    | {
        "list_page": Answer(
            each(Shape("ListedContact", row(LISTED))),
            beside={"pagination": pages(ContactController)},
            refuses=refusals(InvalidInputError),
        ),
        "update": replace(_EVERY["update"], refuses=refusals(InvalidInputError, NotFoundError)),
        "delete": replace(_PLAIN["archive"], refuses=refusals(NotFoundError, ConflictError)),
        "export": replace(_EVERY["export"], refuses=refusals(InvalidInputError)),
        "search": Answer(
            each(Shape("FoundContact", row(FOUND))),
            beside=_COUNT,
            is_timestamped=True,
            refuses=refusals(InvalidInputError),
        ),
        "list_assignments": Answer(each(_ASSIGNED), beside=_COUNT, is_timestamped=True, refuses=_ABSENT),
        "add_assignment": Answer(
            _ASSIGNED, status=201, is_timestamped=True, refuses=_ABSENT | refusals((409, "DUPLICATE_ROLE"))
        ),
        "set_primary": Answer(_ASSIGNED, is_timestamped=True, refuses=_ABSENT),
        "remove_assignment": Answer(has_message=True, is_timestamped=True, refuses=_ABSENT),
        "list_roles": Answer(
            each(Shape("ListedContactRole", row(LISTED_ROLE))), beside=_COUNT, is_timestamped=True
        ),
        "get_role": Answer(_ROLE, is_timestamped=True, refuses=refusals(NotFoundError)),
        "create_role": Answer(
            _ROLE, status=201, is_timestamped=True, refuses=refusals((409, "DUPLICATE_ROLE"))
        ),
    }
)
"""By the controller's methods."""
