"""The words of a listing's answers."""

from domains.listings.controllers import build
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.pagination import Page

CONTROLLER = build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)


def test_a_page_is_told_in_the_listings_own_spelling() -> None:
    told = CONTROLLER.pagination(Page([], total=57, number=2, limit=0))

    assert told == {"total": 57, "page": 2, "limit": 0, "pages": None}


def test_several_that_are_gone_are_counted_and_named() -> None:
    told = CONTROLLER.many_deleted([{"id": "5", "property_address": "1 Road", "was_archived": True}])

    assert told["data"] == {
        "deletedCount": 1,
        "deletedListings": [{"id": "5", "property_address": "1 Road"}],
        "message": "Successfully deleted 1 listings",
    }
