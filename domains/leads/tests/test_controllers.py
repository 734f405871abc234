"""The words of a lead's answers."""

from domains.leads.controllers import LeadController, build
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.pagination import Page


def controller() -> LeadController:
    return build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)


async def test_a_page_is_told_in_the_spelling_of_most_rooms() -> None:
    told = controller().pagination(Page([], total=57, number=12, limit=5))

    assert told == {"currentPage": 12, "totalPages": 12, "totalCount": 57, "limit": 5}


async def test_of_a_lead_that_was_archived_all_is_told_of_one_that_is_gone_nothing() -> None:
    archived, deleted = (said({"id": 5}) for said in (controller().archived, controller().deleted))

    assert archived == {"data": {"id": 5}, "message": "Lead archived successfully"}
    assert deleted == {"message": "Lead deleted successfully"}
