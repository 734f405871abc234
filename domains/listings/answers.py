"""What the endpoints of listings answer beside what every room does."""

from dataclasses import replace

from domains.listings.controllers import ListingController
from domains.listings.models import AGENT, listings
from domains.listings.services import ListingService
from domains.shared.answers import Answer, crud
from domains.shared.errors import BusinessRuleError, ConflictError, ForbiddenError, NotFoundError
from domains.shared.refusals import refusals
from domains.shared.shapes import (
    ANYTHING,
    ID,
    INTEGER,
    MOMENT,
    NUMBER,
    TEXT,
    Shape,
    each,
    nothing_or,
    row,
    some,
    whole,
)

_COMMISSION = whole(dict.fromkeys(("listing", "buyer", "total"), NUMBER))
_ANALYTICS = whole(dict.fromkeys(("views", "favorites", "shares", "inquiries"), INTEGER))
_ROW = Shape("ListingRow", row(listings.c))
_EVERY = crud(
    ListingController,
    ListingService,
    one=Shape("Listing", row(listings.c, commission=_COMMISSION, analytics=_ANALYTICS)),
    listed=Shape("ListedListing", row((*listings.c, *AGENT))),
    written=_ROW,
)
_RULES = refusals(BusinessRuleError)
_ABSENT = refusals(ForbiddenError, NotFoundError)
_DELETED = whole(some(listings, "id", "property_address"))
_SHOWING = whole(
    {
        "listing_id": ID,
        "showing_date": ANYTHING,
        "showing_time": ANYTHING,
        "agent_name": ANYTHING,
        "feedback": ANYTHING,
        "interested": ANYTHING,
    },
    optional=("agent_name", "feedback"),
)
_CONNECTIONS = whole({"total_connections": TEXT, "active_queries": TEXT, "last_query": nothing_or(MOMENT)})

ANSWERS = _EVERY | {
    "create": replace(
        _EVERY["create"],
        has_message=False,
        refuses=_EVERY["create"].refuses | _RULES | refusals(ConflictError),
    ),
    "update": replace(_EVERY["update"], refuses=_EVERY["update"].refuses | _RULES),
    "archive": replace(
        _EVERY["archive"],
        data=whole(some(listings, "id", "property_address", "deleted_at", "listing_status")),
        has_message=False,
    ),
    "delete": replace(
        _EVERY["delete"], data=whole({**some(listings, "id"), "message": TEXT}), has_message=False
    ),
    "delete_many": replace(
        _EVERY["delete_many"],
        data=whole({"deletedCount": INTEGER, "deletedListings": each(_DELETED), "message": TEXT}),
        beside={},
        has_message=False,
        refuses=_EVERY["delete_many"].refuses | _EVERY["delete"].refuses,
    ),
    "reduce_price": Answer(_ROW, is_timestamped=True, refuses=_ABSENT),
    "log_showing": Answer(Shape("LoggedShowing", _SHOWING), is_timestamped=True, refuses=_ABSENT),
    "check_health": Answer(
        whole(
            {
                "status": TEXT,
                "database_time": MOMENT,
                "version": TEXT,
                "connections": _CONNECTIONS,
            }
        ),
        beside={"error": {"type": "null"}},
        is_timestamped=True,
    ),
}
"""By the controller's methods."""
