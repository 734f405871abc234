"""A client and its contact, as the API shows them together."""

from domains.shared.models import Resource
from domains.shared.people import clients, contacts

CLIENT = Resource(name="client", table=clients)

WITH_CONTACT = clients.join(contacts, contacts.c.id == clients.c.contact_id)
SHOWN = (
    *(clients.c[name] for name in ("id", "client_type", "status", "created_at", "updated_at")),
    *(
        contacts.c[name]
        for name in (
            *("first_name", "last_name", "email", "phone", "street_address", "city", "state", "zip_code"),
            *("notes", "tags"),
        )
    ),
)
"""The columns of one client, and of those in a list."""
